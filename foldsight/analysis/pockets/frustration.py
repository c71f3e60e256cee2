"""How well each residue suits its place in the fold: those that bind seldom hold it best.

Sites of function are frustrated: another residue type would often make the fold more stable
there (Ferreiro et al. 2007, doi:10.1073/pnas.0709915104). The energy of each of the twenty types
at a place comes from a small network that was taught those of the built-in ddG
(:mod:`foldsight.analysis.variants.energies`), which take more time than a search for pockets has.
It sees the backbone and the residue types around a place, neither the side chains nor the type
that stands there.

``data/frustration.npz`` is written by ``bench/train_pocket_frustration.py``, whose twin of the
network in torch has the same names of arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np

from foldsight.analysis.backbone import Backbone
from foldsight.analysis.variants.geometry import (
    backbone_torsions,
    ideal_cb,
    local_frames,
    nearest_sites,
    torsion_features,
)
from foldsight.analysis.variants.network import linear, relu
from foldsight.analysis.variants.sites import AMINO_ACIDS, LEAST_SITES, UNKNOWN, Sites
from foldsight.structure import Structure
from foldsight.typing import Bools, Floats, Ints

#: Residues around a place that the network sees.
NEIGHBOURS = 16
#: Centres, Å, of the Gaussians that spread a distance out; they are 2 Å wide.
CENTRES = np.linspace(3.0, 17.0, 8, dtype=np.float32)
#: Sequence separations told apart; beyond it, and in another chain, "far".
REACH = 8
STEPS = 2 * REACH + 2
#: Numbers that describe a neighbour, beside its sequence separation, type and torsions.
EDGE_WIDTH = 4 * len(CENTRES) + 12
#: Places handled at once: bounds the memory that a large complex takes.
CHUNK = 2048
#: Groups of residue types whose mean energy is told.
GROUPS = ("AVILMC", "FWY", "KR", "DE", "STNQH", "G", "P")

#: kcal/mol, as much more stable: the best type than the one that stands there; that one than the mean of all;
#: how far the types differ (standard deviation); and each group than the mean of all.
NAMES: tuple[str, ...] = ("frustration", "fit", "choosiness", *(f"place for {group}" for group in GROUPS))

_OF_GROUPS = np.array([[letter in group for letter in AMINO_ACIDS] for group in GROUPS], dtype=np.float32)
_OF_GROUPS /= _OF_GROUPS.sum(axis=1, keepdims=True)


def frustration(structure: Structure, leave_out: Bools | None = None) -> Floats:
    """Return the numbers :data:`NAMES` of every residue; shape (R, len(NAMES)), float32, kcal/mol.

    NaN where they are not known: for residues without a whole backbone, and the first two for those that are
    none of the twenty.

    Parameters
    ----------
    structure : Structure
    leave_out : ndarray, shape=(R,), dtype=bool, optional
        Residues that make no surroundings.
    """
    found = np.full((len(structure.residues), len(NAMES)), np.nan, dtype=np.float32)
    whole = Backbone.of(structure)
    keep = structure.protein_mask[whole.rows]
    if leave_out is not None:
        keep &= ~leave_out[whole.rows]
    rows = whole.rows[keep]
    if len(rows) < LEAST_SITES:
        return found
    backbone = np.stack([whole.n, whole.ca, whole.c, whole.o], axis=1)[keep]
    sites = Sites.from_backbone(backbone, "".join(structure.one_letters[rows]))
    found[rows] = summary(network().energies(Places.of(sites)), sites.letters)
    return found


def summary(energies: Floats, letters: Ints) -> Floats:
    """Return the numbers :data:`NAMES`; shape (L, len(NAMES)).

    Parameters
    ----------
    energies : ndarray, shape=(L, 20), dtype=float32
        kcal/mol, higher for types that make the fold more stable, in the order of
        :data:`~foldsight.analysis.variants.sites.AMINO_ACIDS`.
    letters : ndarray, shape=(L,)
        The types that stand there.
    """
    energies = energies - energies.mean(axis=1, keepdims=True)
    own = energies[np.arange(len(letters)), np.minimum(letters, UNKNOWN - 1)]
    own = np.where(letters < UNKNOWN, own, np.float32(np.nan))
    columns = np.stack([energies.max(axis=1) - own, own, energies.std(axis=1)], axis=1)
    return np.concatenate([columns, energies @ _OF_GROUPS.T], axis=1)


@dataclass(frozen=True, eq=False)
class Places:
    """What the network sees of residues with a whole backbone.

    Attributes
    ----------
    ca, cb : ndarray, shape=(L, 3), dtype=float32
        CA and an ideal CB; Å, from their middle.
    frames : ndarray, shape=(L, 3, 3), dtype=float32
        Local axes as columns.
    torsions : ndarray, shape=(L, T), dtype=float32
        Sines and cosines of the backbone's torsions.
    neighbours : ndarray, shape=(L, NEIGHBOURS), dtype=int32
        Nearest residues by CB; in a short chain the farthest is repeated.
    letters, position : ndarray, shape=(L,)
        Residue types, and places along the chain with a jump at each break.
    """

    ca: Floats
    cb: Floats
    frames: Floats
    torsions: Floats
    neighbours: Ints
    letters: Ints
    position: Ints

    def __len__(self) -> int:
        return len(self.ca)

    @classmethod
    def of(cls, sites: Sites) -> Places:
        """Describe sites."""
        n, ca, c, _ = sites.backbone.transpose(1, 0, 2)
        cb = ideal_cb(sites.backbone)
        middle = ca.mean(axis=0)
        return cls(
            (ca - middle).astype(np.float32),
            (cb - middle).astype(np.float32),
            local_frames(n, ca, c).astype(np.float32),
            torsion_features(backbone_torsions(sites)).astype(np.float32),
            nearest_sites(cb, NEIGHBOURS),
            sites.letters,
            sites.position,
        )

    def edges(self, rows: Ints) -> tuple[Floats, Ints]:
        """Describe the neighbours of ``rows`` by distances, directions and orientation, and by separation.

        Returns
        -------
        ndarray, shape=(len(rows), NEIGHBOURS, EDGE_WIDTH), dtype=float32
        ndarray, shape=(len(rows), NEIGHBOURS)
            Number of the sequence separation, below :data:`STEPS`.
        """
        others = self.neighbours[rows]
        here = np.stack([self.ca[rows], self.cb[rows]], axis=1)
        there = np.stack([self.ca[others], self.cb[others]], axis=2)
        offset = there[:, :, None] - here[:, None, :, None]
        apart = np.sqrt((offset**2).sum(axis=-1) + np.float32(1e-6))
        spread = np.exp(-(((apart[..., None] - CENTRES) * np.float32(0.5)) ** 2))
        own = self.frames[rows][:, None]
        towards = np.stack([offset[:, :, 1, 1], offset[:, :, 0, 0]], axis=2)
        towards /= np.stack([apart[:, :, 1, 1], apart[:, :, 0, 0]], axis=2)[..., None]
        # Two axes tell the third.
        turned = (np.swapaxes(own, -1, -2) @ self.frames[others])[..., :2]
        parts = [part.reshape(*others.shape, -1) for part in (spread, towards @ own, turned)]
        steps = self.position[others] - self.position[rows][:, None]
        separation = np.where(np.abs(steps) <= REACH, steps + REACH, STEPS - 1)
        return np.concatenate(parts, axis=-1, dtype=np.float32), separation


@dataclass(frozen=True, eq=False)
class Network:
    """Energies of the residue types from what is around a place; forward pass only.

    Attributes
    ----------
    parameters : dict of ndarray, dtype=float32
    """

    parameters: Mapping[str, Floats]

    def energies(self, places: Places) -> Floats:
        """Return the energies of the twenty types at each place, kcal/mol; shape (L, 20)."""
        around = self.parameters["letter.weight"][places.letters]
        around = around + places.torsions @ self.parameters["torsions.weight"].T
        rows = np.arange(len(places))
        parts = [
            self._chunk(places, rows[start : start + CHUNK], around) for start in range(0, len(rows), CHUNK)
        ]
        return np.concatenate(parts)

    def _chunk(self, places: Places, rows: Ints, around: Floats) -> Floats:
        edges, separation = places.edges(rows)
        seen = linear(self.parameters, "edge1", edges) + self.parameters["separation.weight"][separation]
        seen = relu(linear(self.parameters, "edge2", relu(seen + around[places.neighbours[rows]])))
        hidden = relu(
            linear(self.parameters, "up", np.concatenate([seen.mean(axis=1), places.torsions[rows]], axis=1))
        )
        return linear(self.parameters, "out", hidden + relu(linear(self.parameters, "middle", hidden)))


@cache
def network() -> Network:
    """Load the network that ships with FoldSight."""
    content = files("foldsight.analysis.pockets").joinpath("data", "frustration.npz").read_bytes()
    with np.load(BytesIO(content), allow_pickle=False) as stored:
        return Network({key: stored[key].astype(np.float32) for key in stored.files})
