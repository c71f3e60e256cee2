"""The protein backbone as arrays: what secondary structure and hydrogen bonds start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Ints, Strings

#: Longest C-N distance, Å, that still is a peptide bond (Kabsch & Sander 1983).
PEPTIDE_MAX = 2.5


@dataclass(frozen=True, eq=False)
class Backbone:
    """Residues of a structure that have N, CA, C and O, in file order.

    Attributes
    ----------
    rows : ndarray, shape=(B,), dtype=int32
        Index into the structure's residue table.
    n, ca, c, o : ndarray, shape=(B, 3), dtype=float64
        Positions in Å.
    name : ndarray, shape=(B,), dtype=str
        Chemical component.
    joined : ndarray, shape=(B,), dtype=bool
        True where a peptide bond leads from the residue before.
    """

    rows: Ints
    n: Doubles
    ca: Doubles
    c: Doubles
    o: Doubles
    name: Strings
    joined: Bools

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(cls, structure: Structure) -> Backbone:
        """Take the backbone of every residue that is whole."""
        index = np.stack([structure.atom_index(name) for name in ("N", "CA", "C", "O")])
        placed = np.isfinite(structure.atoms.coord[index]).all(axis=(0, 2))
        rows = np.flatnonzero((index >= 0).all(axis=0) & placed).astype(np.int32)
        n, ca, c, o = structure.atoms.coord[index[:, rows]]
        chain = structure.residues.chain[rows]
        joined = np.zeros(len(rows), dtype=bool)
        joined[1:] = (np.linalg.norm(n[1:] - c[:-1], axis=1) <= PEPTIDE_MAX) & (chain[1:] == chain[:-1])
        return cls(rows, n, ca, c, o, structure.residues.name[rows], joined)

    def segments(self) -> Ints:
        """Number the unbroken stretches; shape (B,)."""
        found: Ints = np.cumsum(~self.joined, dtype=np.int32)
        return found

    def amide_hydrogens(self) -> Doubles:
        """Return amide hydrogens, 1 Å from N along the C=O before it; shape (B, 3).

        NaN for prolines and at the start of a stretch, which have none or none that can
        be placed.
        """
        towards = np.full_like(self.n, np.nan)
        bond = self.c[:-1] - self.o[:-1]
        towards[1:] = bond / np.linalg.norm(bond, axis=1, keepdims=True)
        towards[~self.joined | (self.name == "PRO")] = np.nan
        return self.n + towards
