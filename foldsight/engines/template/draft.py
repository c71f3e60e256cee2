"""A chain in the making: coordinates by residue and atom slot, NaN where not built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.analysis.rotamers import SLOT, WIDTH
from foldsight.residues import one_letter
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles

#: Where the backbone of a residue comes from.
LEFT_OUT, TEMPLATE, LOOP = 0, 1, 2


@dataclass(eq=False)
class Draft:
    """One chain being built.

    Attributes
    ----------
    sequence : str
    coord : ndarray, shape=(L, 14, 3), dtype=float64
        In Å, in the slots of :data:`~foldsight.analysis.rotamers.ATOMS`; NaN where there is no atom.
    origin : ndarray, shape=(L,), dtype=int8
        :data:`LEFT_OUT`, :data:`TEMPLATE` or :data:`LOOP`.
    """

    sequence: str
    coord: Doubles
    origin: np.ndarray[tuple[int], np.dtype[np.int8]]

    @classmethod
    def empty(cls, sequence: str) -> Draft:
        """Return a chain of which nothing is built."""
        n = len(sequence)
        return cls(sequence, np.full((n, WIDTH, 3), np.nan), np.zeros(n, dtype=np.int8))

    @property
    def built(self) -> Bools:
        """Which residues have a backbone; shape (L,)."""
        found: Bools = self.origin != LEFT_OUT
        return found

    def leave_out(self, first: int, last: int) -> None:
        """Take residues ``first`` to ``last`` (inclusive, from 0) out again."""
        self.coord[first : last + 1] = np.nan
        self.origin[first : last + 1] = LEFT_OUT


@dataclass(frozen=True, eq=False)
class TemplateChain:
    """The observed residues of one template chain in the slots of their own kinds.

    Attributes
    ----------
    sequence : str
    coord : ndarray, shape=(M, 14, 3), dtype=float64
    """

    sequence: str
    coord: Doubles


def template_chain(structure: Structure, chain: str) -> TemplateChain:
    """Put a chain of a library structure into slots."""
    part = structure.chain(chain)
    letters = [one_letter(str(name)) for name in part.residues.name]
    coord = np.full((len(letters), WIDTH, 3), np.nan)
    names = [_standard(str(name)) for name in part.atoms.name]
    for name, residue, position in zip(names, part.atoms.residue, part.atoms.coord, strict=True):
        slot = SLOT[letters[residue]].get(name)
        if slot is not None:
            coord[residue, slot] = position
    return TemplateChain("".join(letters), coord)


def _standard(name: str) -> str:
    """Return the atom's name in the standard residue: selenium becomes sulphur."""
    return "SD" if name == "SE" else name
