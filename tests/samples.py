"""Small structures made from nothing, for tests that need coordinates but no science."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from foldsight.confidence import Confidence
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.residues import ONE_TO_THREE
from foldsight.structure import Atoms, Chain, Residues, Structure
from foldsight.typing import ConfidenceKind

#: Cylinder coordinates of a residue of an ideal alpha helix: radius (Å), angle (°), height (Å).
_HELIX = {
    "N": (1.55, -27.0, -0.87),
    "CA": (2.28, 0.0, 0.0),
    "C": (1.66, 26.9, 1.12),
    "O": (2.01, 24.5, 2.31),
    "CB": (3.30, -19.6, 0.55),
}


def helices(chains: Mapping[str, str], *, first: int = 1, name: str = "helices") -> Structure:
    """Return ideal helices side by side: author chain id -> one-letter sequence.

    Author numbers begin at ``first`` in each chain; sequence positions begin at 1.
    """
    coord: list[tuple[float, float, float]] = []
    names: list[str] = []
    owner: list[int] = []
    rows: list[tuple[int, int, str]] = []
    for number, sequence in enumerate(chains.values()):
        for position, letter in enumerate(sequence):
            for atom, (radius, angle, height) in _HELIX.items():
                if atom == "CB" and letter == "G":
                    continue
                turn = math.radians(angle + 100.0 * position)
                x, y = radius * math.cos(turn) + 11.0 * number, radius * math.sin(turn)
                coord.append((x, y, height + 1.5 * position))
                names.append(atom)
                owner.append(len(rows))
            rows.append((number, position + 1, ONE_TO_THREE[letter]))
    return Structure(
        name=name,
        atoms=_atoms(coord, names, owner),
        residues=_residues(rows, first),
        chains=tuple(Chain(auth, auth, "protein", sequence) for auth, sequence in chains.items()),
        title="Ideal helices",
    )


def _atoms(coord: Sequence[tuple[float, float, float]], names: Sequence[str], owner: Sequence[int]) -> Atoms:
    count = len(names)
    return Atoms(
        coord=np.array(coord),
        name=np.array(names),
        element=np.array([name[0] for name in names]),
        altloc=np.full(count, "", dtype="U1"),
        occupancy=np.ones(count, dtype=np.float32),
        b_factor=np.zeros(count, dtype=np.float32),
        residue=np.array(owner, dtype=np.int32),
        charge=np.zeros(count, dtype=np.int32),
    )


def _residues(rows: Sequence[tuple[int, int, str]], first: int) -> Residues:
    chain, position, name = zip(*rows, strict=True)
    label = np.array(position, dtype=np.int32)
    return Residues(
        chain=np.array(chain, dtype=np.int32),
        label_seq=label,
        auth_seq=label + np.int32(first - 1),
        ins_code=np.full(len(rows), "", dtype="U1"),
        name=np.array(name),
        het=np.zeros(len(rows), dtype=bool),
        uniprot=np.full(len(rows), -1, dtype=np.int32),
    )


def prediction(
    chains: Mapping[str, str] | None = None, *, kind: ConfidenceKind = "plddt", first: int = 1
) -> Prediction:
    """Return a prediction of helices whose confidence runs from 98 down to 30 along the residues."""
    structure = helices(
        chains or {"A": "ACDEFGHIKLMNPQRSTVWYACDEFGHIKL", "B": "KLMNPQRSTVWYACDEF"}, first=first
    )
    values = np.linspace(98, 30, len(structure.residues), dtype=np.float32)
    manifest = FoldManifest(
        engine="test", engine_version="1", origin="predicted", sequence_key="0" * 64, name="Sample"
    )
    return Prediction(structure, Confidence(kind, values), manifest)
