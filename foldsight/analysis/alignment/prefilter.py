"""Which pairs need no alignment because they cannot, or hardly will, be similar enough.

Two tests. The exact one: a TM-score by N residues is at most the aligned ones over N. The
likely one: chains of the same fold resemble each other in 3Di (van Kempen et al. 2023).
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from foldsight.analysis.alignment import alphabet
from foldsight.analysis.alignment.trace import Trace
from foldsight.errors import BadRequest

#: Whose length a TM-score is normalised by.
By: TypeAlias = Literal["shorter", "longer", "reference", "mobile"]

#: TM-score by the shorter chain, and the similarity that 99.5 % of such pairs reach
#: (``bench/alignment_search.py --fit``). Below the first TM-score nothing is left out.
CUTOFFS = ((0.5, 7.3), (0.6, 8.8))


def check(min_tm: float | None, by: str) -> None:
    """Refuse thresholds that mean nothing.

    Raises
    ------
    BadRequest
    """
    if by not in get_args(By):
        raise BadRequest(f"A TM-score is not normalised by {by!r}.", hint=f"Use {', '.join(get_args(By))}.")
    if min_tm is not None and not 0 <= min_tm <= 1:
        raise BadRequest(f"A TM-score of {min_tm:g} is not within 0-1.", hint="0.5 means the same fold.")


def length_bound(reference: Trace, mobile: Trace, by: By) -> float:
    """Return the highest TM-score that two chains of these lengths can reach."""
    shorter, longer = sorted((len(reference), len(mobile)))
    whole = {"shorter": shorter, "longer": longer, "reference": len(reference), "mobile": len(mobile)}
    return shorter / whole[by]


def promising(reference: Trace, mobile: Trace, min_tm: float) -> bool:
    """Return whether the pair resembles pairs that reach ``min_tm`` by the shorter chain.

    Always true for traces without 3Di states (bare CA), and below the lowest TM-score for
    which there is a cutoff.
    """
    levels, cutoffs = np.array(CUTOFFS).T
    if min_tm < levels[0] or not (reference.states and mobile.states):
        return True
    return similarity(reference.states, mobile.states) >= float(np.interp(min_tm, levels, cutoffs))


def similarity(one: str, two: str) -> float:
    """Return the local 3Di alignment's score over the root of the shorter length.

    Unlike chains score more the longer they are, but less than in proportion; the root keeps
    one cutoff fair to short and long ones.
    """
    import parasail

    score = parasail.sw_striped_sat(one, two, alphabet.GAP_OPEN, alphabet.GAP_EXTEND, alphabet.matrix()).score
    return float(score / np.sqrt(min(len(one), len(two))))
