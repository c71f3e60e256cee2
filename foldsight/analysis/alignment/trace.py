"""The CA trace of one chain, checked before an aligner sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from foldsight.analysis.alignment import alphabet
from foldsight.errors import BadRequest
from foldsight.structure import Structure
from foldsight.typing import Doubles, Ints

#: TM-align's score has no meaning below this many residues.
MIN_RESIDUES = 10
#: More residues than this in one chain take minutes; align domains instead.
MAX_RESIDUES = 5000
#: Traces whose 3Di letters are worked out in one go.
TOGETHER = 64


@dataclass(frozen=True, eq=False)
class Trace:
    """CA atoms and letters of the residues that are aligned.

    Attributes
    ----------
    name : str
    coord : ndarray, shape=(L, 3), dtype=float64
        CA positions in Å.
    sequence : str
        L letters.
    rows : ndarray, shape=(L,)
        Index into the structure's residue table.
    backbone : ndarray, shape=(L, 3, 3), optional
        N, C and CB in Å, NaN where an atom is missing; None for a bare CA trace.
    """

    name: str
    coord: Doubles = field(repr=False)
    sequence: str
    rows: Ints = field(repr=False)
    backbone: Doubles | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.sequence)

    @cached_property
    def states(self) -> str:
        """3Di letters, one per residue; empty for a trace whose N and C are mostly missing."""
        atoms = self._encodable()
        return alphabet.states([atoms])[0] if atoms else ""

    def _encodable(self) -> tuple[Doubles, Doubles] | None:
        if self.backbone is None or np.isfinite(self.backbone[:, :2]).all(axis=(1, 2)).mean() < 0.8:
            return None
        return self.coord, self.backbone

    @staticmethod
    def encode(traces: Iterable[Trace]) -> None:
        """Work out the ``states`` of many traces, several times faster than one by one."""
        fresh = (trace for trace in traces if "states" not in vars(trace))
        missing = [(trace, atoms) for trace in fresh if (atoms := trace._encodable())]
        for first in range(0, len(missing), TOGETHER):
            part = missing[first : first + TOGETHER]
            words = alphabet.states([atoms for _, atoms in part])
            for (trace, _), word in zip(part, words, strict=True):
                vars(trace)["states"] = word  # where the cached property looks first

    @classmethod
    def of(cls, structure: Structure, chain: str | None = None) -> Trace:
        """Take the trace of a chain, or of the first protein chain.

        As in TM-align, residues written as HETATM are left out, and of alternate
        locations the blank or ``A`` one counts.

        Raises
        ------
        BadRequest
            On fewer than 10 or more than 5,000 residues, or coordinates that are not
            finite numbers.
        """
        auth = chain or _first_protein(structure)
        name = f"{structure.name}:{auth}"
        table = structure.residues
        chains = np.array([c.auth == auth for c in structure.chains], dtype=bool)
        ca = _atoms(structure, "CA", "C")
        rows = np.flatnonzero(chains[table.chain] & structure.protein_mask & ~table.het & (ca >= 0))
        coord = structure.atoms.coord[ca[rows]]
        check(coord, name)
        others = [_atoms(structure, *atom)[rows] for atom in (("N", "N"), ("C", "C"), ("CB", "C"))]
        found = [np.where(at[:, None] >= 0, structure.atoms.coord[at], np.nan) for at in others]
        return cls(name, coord, "".join(structure.one_letters[rows]), rows, np.stack(found, axis=1))


def check(coord: Doubles, name: str) -> None:
    """Refuse what an aligner would hang on or answer with nonsense.

    Raises
    ------
    BadRequest
    """
    if not np.isfinite(coord).all():
        bad = int(np.flatnonzero(~np.isfinite(coord).all(axis=1))[0]) + 1
        raise BadRequest(
            f"{name}: CA number {bad} has a coordinate that is not a finite number.", hint="Mend the file."
        )
    if len(coord) < MIN_RESIDUES:
        raise BadRequest(
            f"{name} has {len(coord)} residues with a CA; a structural alignment needs {MIN_RESIDUES}.",
            hint="Choose a longer chain.",
        )
    if len(coord) > MAX_RESIDUES:
        raise BadRequest(
            f"{name} has {len(coord):,} residues; at most {MAX_RESIDUES:,} are aligned.",
            hint="Align one domain at a time.",
        )


def _first_protein(structure: Structure) -> str:
    for chain in structure.chains:
        if chain.kind == "protein":
            return chain.auth
    raise BadRequest(f"{structure.name} has no protein chain to align.")


def _atoms(structure: Structure, name: str, element: str) -> Ints:
    """Atom of that name in each residue, with a blank or ``A`` location, else its first; -1 without."""
    atoms = structure.atoms
    hits = np.flatnonzero((atoms.name == name) & (atoms.element == element))
    preferred = np.isin(atoms.altloc[hits], ["", "A"])
    order = np.lexsort((-hits, preferred))
    found = np.full(len(structure.residues), -1, dtype=np.int64)
    found[atoms.residue[hits[order]]] = hits[order]
    return found
