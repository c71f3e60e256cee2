"""Which pairs need no alignment because they cannot, or hardly will, be similar enough.

The exact test: a TM-score by N residues is at most the aligned ones over N. The likely
one, in two steps: chains of the same fold resemble each other in 3Di (van Kempen et al. 2023), and
superposed on the residues that their 3Di alignment matches they already lie near each other.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from foldsight.analysis.alignment import alphabet, tm_score
from foldsight.analysis.alignment.trace import Trace
from foldsight.analysis.vectors import superpose
from foldsight.errors import BadRequest
from foldsight.typing import Doubles, Ints

#: Whose length a TM-score is normalised by.
By: TypeAlias = Literal["shorter", "longer", "reference", "mobile"]

#: TM-score by the shorter chain; the 3Di similarity and the likeness that pairs with that
#: score reach, all but one in 200 of each before a margin was taken off
#: (``bench/alignment_search.py --fit``). Below the first TM-score nothing is left out.
CUTOFFS = ((0.5, 7.3, 0.346), (0.6, 8.8, 0.528))
#: What a unit of 3Di similarity counts beside the TM-score of the first superposition.
WEIGHT = 0.03
#: Pairs of residues that a superposition needs, and the TM-score term of residues that are near.
FEWEST, NEAR = 6, 0.25


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
    levels, first, second = np.array(CUTOFFS).T
    if min_tm < levels[0] or not (reference.states and mobile.states):
        return True
    if similarity(reference, mobile) < np.interp(min_tm, levels, first):
        return False
    return likeness(reference, mobile) >= float(np.interp(min_tm, levels, second))


def similarity(one: Trace, two: Trace) -> float:
    """Return the local 3Di alignment's score over the root of the shorter length.

    Unlike chains score more the longer they are, but less than in proportion; the root keeps
    one cutoff fair to short and long ones.
    """
    import parasail

    costs = alphabet.GAP_OPEN, alphabet.GAP_EXTEND
    score = parasail.sw_striped_sat(one.states, two.states, *costs, alphabet.matrix()).score
    return float(score / np.sqrt(min(len(one), len(two))))


def likeness(one: Trace, two: Trace) -> float:
    """Return a rough TM-score by the shorter chain plus the 3Di similarity, weighted.

    The superpositions begin with the residues that a 3Di alignment matches, all of them and
    each half; once with the usual gaps and once with cheap ones, which finds relatives whose
    loops differ.
    """
    score, *usual = alphabet.matched(one.states, two.states)
    _, *cheap = alphabet.matched(one.states, two.states, alphabet.CHEAP_OPEN)
    shorter = min(len(one), len(two))
    rough = max(_started(one, two, rows, columns, shorter) for rows, columns in (usual, cheap))
    return rough + WEIGHT * float(score / np.sqrt(shorter))


def _started(one: Trace, two: Trace, rows: Ints, columns: Ints, length: int) -> float:
    if len(rows) < FEWEST:
        return 0.0
    x, y = one.coord[rows], two.coord[columns]
    half = len(rows) // 2
    return max(_rough(x, y, part, length) for part in (slice(None), slice(None, half), slice(half, None)))


def _rough(x: Doubles, y: Doubles, part: slice, length: int) -> float:
    """Superpose on a part, then once more on what came near."""
    scale = max(tm_score.d0(length), 4.0)
    rotation, translation = superpose(x[part], y[part])
    terms = tm_score.terms(x @ rotation.T + translation, y, scale)
    near = terms > NEAR
    if near.sum() >= FEWEST:
        rotation, translation = superpose(x[near], y[near])
        again = tm_score.terms(x @ rotation.T + translation, y, scale)
        return float(max(terms.sum(), again.sum())) / length
    return float(terms.sum()) / length
