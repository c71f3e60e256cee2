"""Chains as ESMFold sees them: one sequence with linkers and gaps in the numbering.

ESMFold was trained on single chains. A complex is given as one: glycine linkers hold the
places and a jump in the residue index tells the trunk that they are no neighbours. The
linkers are taken out of everything that is returned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.typing import Ints

LINKER = "G" * 25
#: Jump of the residue index between chains, beyond the 32 that the trunk tells apart.
GAP = 512


@dataclass(frozen=True, eq=False)
class Layout:
    """One query as one sequence.

    Attributes
    ----------
    chains : tuple of str
    sequence : str
        With linkers.
    index : ndarray, shape=(T,), dtype=int32
        Residue index of each position.
    chain : ndarray, shape=(T,), dtype=int32
        Chain of each position, -1 in linkers.
    """

    chains: tuple[str, ...]
    sequence: str
    index: Ints
    chain: Ints

    @property
    def real(self) -> Ints:
        """Positions that are not linkers, in order."""
        return np.flatnonzero(self.chain >= 0).astype(np.int32)


def lay_out(chains: tuple[str, ...]) -> Layout:
    """Join chains by linkers.

    >>> lay_out(("MK", "AC")).index[-2:]
    array([514, 515], dtype=int32)
    """
    pieces: list[str] = []
    chain: list[int] = []
    index: list[int] = []
    for number, text in enumerate(chains):
        if number:
            pieces.append(LINKER)
            chain += [-1] * len(LINKER)
            index += range(index[-1] + 1, index[-1] + 1 + len(LINKER))
        start = index[-1] + GAP - len(LINKER) + 1 if number else 0
        pieces.append(text)
        chain += [number] * len(text)
        index += range(start, start + len(text))
    return Layout(chains, "".join(pieces), np.array(index, dtype=np.int32), np.array(chain, dtype=np.int32))
