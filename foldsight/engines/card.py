"""The sequence card: what can be said of a sequence without any structure."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from foldsight.sequence import Query

#: Hydropathy of Kyte & Doolittle (1982), J. Mol. Biol. 157:105.
HYDROPATHY = {
    "A": 1.8, "R": -4.5, "N": -3.5, "D": -3.5, "C": 2.5, "Q": -3.5, "E": -3.5, "G": -0.4, "H": -3.2,
    "I": 4.5, "L": 3.8, "K": -3.9, "M": 1.9, "F": 2.8, "P": -1.6, "S": -0.8, "T": -0.7, "W": -0.9,
    "Y": -1.3, "V": 4.2,
}  # fmt: skip
#: pK of side chains and termini (Lehninger, Principles of Biochemistry).
_POSITIVE = {"K": 10.53, "R": 12.48, "H": 6.00}
_NEGATIVE = {"D": 3.65, "E": 4.25, "C": 8.18, "Y": 10.07}
_N_TERMINUS, _C_TERMINUS = 9.69, 2.34

#: Window and entropy (bits) of low complexity: SEG's trigger (Wootton & Federhen 1993).
_WINDOW, _ENTROPY = 12, 2.2


def sequence_card(query: Query) -> dict[str, Any]:
    """Return length, composition, low complexity, hydropathy and charge per chain.

    Returns
    -------
    dict
        ``chains``: one dict per chain, in order; ``residues``: their total.
    """
    return {"name": query.name, "residues": len(query), "chains": [_chain_card(c) for c in query.chains]}


def _chain_card(chain: str) -> dict[str, Any]:
    low = low_complexity(chain)
    return {
        "length": len(chain),
        "composition": {letter: count / len(chain) for letter, count in sorted(Counter(chain).items())},
        "low_complexity": {"fraction": sum(low) / len(chain), "ranges": _ranges(low)},
        "hydropathy": round(sum(map(HYDROPATHY.__getitem__, chain)) / len(chain), 3),
        "charge_ph7": round(charge(chain), 2),
    }


def charge(chain: str, ph: float = 7.0) -> float:
    """Return the net charge of a free chain in elementary charges (Henderson-Hasselbalch)."""
    counts = Counter(chain)
    positive = sum(counts[aa] / (1 + 10 ** (ph - pk)) for aa, pk in _POSITIVE.items())
    negative = sum(counts[aa] / (1 + 10 ** (pk - ph)) for aa, pk in _NEGATIVE.items())
    ends = 1 / (1 + 10 ** (ph - _N_TERMINUS)) - 1 / (1 + 10 ** (_C_TERMINUS - ph))
    return positive - negative + ends


def low_complexity(chain: str) -> list[bool]:
    """Say of each residue whether a window of 12 around it has an entropy of 2.2 bits or less."""
    low = [False] * len(chain)
    for start in range(max(len(chain) - _WINDOW + 1, 0)):
        window = chain[start : start + _WINDOW]
        if _entropy(window) <= _ENTROPY:
            low[start : start + _WINDOW] = [True] * _WINDOW
    return low


def _entropy(window: str) -> float:
    shares = [count / len(window) for count in Counter(window).values()]
    return -sum(share * math.log2(share) for share in shares)


def _ranges(flags: list[bool]) -> list[list[int]]:
    """Return runs of true flags as [first, last], counted from 1."""
    ranges: list[list[int]] = []
    for position, flag in enumerate(flags, start=1):
        if flag and ranges and ranges[-1][1] == position - 1:
            ranges[-1][1] = position
        elif flag:
            ranges.append([position, position])
    return ranges
