"""Atom rows as a file gives them, before they are grouped into residues and chains."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from foldsight.typing import Bools, Doubles, Floats, Ints, Strings

#: No coordinate, occupancy or B-factor is larger.
LARGEST = 1e7


@dataclass(frozen=True, eq=False)
class AtomRows:
    """Columns over the N atoms of the first MODEL, in file order.

    Attributes
    ----------
    coord : ndarray, shape=(N, 3), dtype=float64
    name, element, altloc, comp, label_chain, auth_chain, ins_code : ndarray, shape=(N,), dtype=str
        ``label_chain`` is empty where the format has none (PDB).
    occupancy, b_factor : ndarray, shape=(N,), dtype=float32
    charge, auth_seq : ndarray, shape=(N,), dtype=int32
    label_seq, uniprot : ndarray, shape=(N,), dtype=int32
        -1 where there is none.
    het : ndarray, shape=(N,), dtype=bool
    part : ndarray, shape=(N,), dtype=int32
        Counts the TER records passed (PDB), else 0: a chain's polymer ends there.
    anisou : ndarray, shape=(N, 6), dtype=float32, optional
        U11 U22 U33 U12 U13 U23 in Å²; NaN for atoms without.
    """

    coord: Doubles
    name: Strings
    element: Strings
    altloc: Strings
    comp: Strings
    label_chain: Strings
    auth_chain: Strings
    ins_code: Strings
    occupancy: Floats
    b_factor: Floats
    charge: Ints
    auth_seq: Ints
    label_seq: Ints
    uniprot: Ints
    het: Bools
    part: Ints
    anisou: Floats | None = None

    def __len__(self) -> int:
        return len(self.coord)

    def take(self, order: Ints) -> AtomRows:
        """Return the rows in another order."""
        columns: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{k: v[order] for k, v in columns.items() if v is not None})


def changes(*columns: Strings | Ints) -> Bools:
    """Return True at each row that differs from the row before in any column; shape (N,)."""
    n = len(columns[0])
    found = np.zeros(n, dtype=bool)
    found[:1] = True
    for column in columns:
        np.logical_or(found[1:], column[1:] != column[:-1], out=found[1:])
    return found
