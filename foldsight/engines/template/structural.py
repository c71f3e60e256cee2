"""Alignment of a query to a template whose structure is known.

Global with free ends and affine gaps (Gotoh 1982), with two things that only a structure
tells: a gap costs more inside helices and strands and in the core than in exposed loops,
and substitutions count more in the core, where they are less free. Gap costs and weights
were chosen on one half of the benchmark's families (docs/benchmarks/template.md).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from foldsight.engines.template.draft import TemplateChain
from foldsight.library.align import Alignment
from foldsight.typing import Bools, Doubles, Ints

#: BLOSUM45 and the cost of opening and extending a gap.
GAP_OPEN, GAP_EXTEND = 16.0, 2.0
#: How much a gap costs more in helices and strands, and in the core.
IN_HELIX_OR_STRAND, IN_CORE = 0.7, 0.5
#: How much more a substitution counts in the core.
CORE_WEIGHT = 0.8
#: Neighbours (CA within 10 Å) of a half-buried residue.
HALF_BURIED = 15.0
_NEVER = -1e9
#: Rows of parasail's matrices.
_LETTERS = "ARNDCQEGHILKMFPSTWYVBZX*"


def align(query: str, template: TemplateChain) -> Alignment:
    """Align a query chain to the observed residues of a template.

    Parameters
    ----------
    query : str
    template : TemplateChain
    """
    ca = template.coord[:, 1]
    buried = neighbours(ca)
    weight = 1 + CORE_WEIGHT * (np.clip(buried, 7, 27) - HALF_BURIED) / HALF_BURIED
    scores = _matrix()[_codes(query)][:, _codes(template.sequence)] * weight
    rows, columns = _best_path(scores, GAP_OPEN * _gap_factor(ca, buried))
    letters = np.array(list(query)), np.array(list(template.sequence))
    return Alignment(rows, columns, letters[0][rows] == letters[1][columns], len(query))


def similarity(query: str, template: str, alignment: Alignment) -> Doubles:
    """Return the BLOSUM45 score of each aligned pair over the query residue's own; about 0-1."""
    rows, columns = _codes(query)[alignment.query], _codes(template)[alignment.template]
    score: Doubles = np.clip(_matrix()[rows, columns] / _matrix()[rows, rows], 0.0, 1.0)
    return score


def neighbours(ca: Doubles, radius: float = 10.0) -> Doubles:
    """Return how many CA atoms lie within ``radius`` of each; NaN positions have none."""
    with np.errstate(invalid="ignore"):
        near = np.linalg.norm(ca[:, None] - ca[None], axis=-1) < radius
    count: Doubles = near.sum(axis=1).astype(np.float64) - np.isfinite(ca[:, 0])
    return count


def helix_and_strand(ca: Doubles) -> tuple[Bools, Bools]:
    """Return which residues lie in helices and in strands, by CA distances (Å)."""
    helix, strand = np.zeros(len(ca), dtype=bool), np.zeros(len(ca), dtype=bool)
    if len(ca) < 4:
        return helix, strand
    with np.errstate(invalid="ignore"):
        two = np.linalg.norm(ca[2:] - ca[:-2], axis=1)
        three = np.linalg.norm(ca[3:] - ca[:-3], axis=1)
        turn = (three < 6.3) & (two[:-1] < 6.1) & (two[1:] < 6.1)
        stretched = (three > 8.8) & (three < 11.2) & (two[:-1] > 6.0) & (two[1:] > 6.0)
    for shift in range(4):
        helix[shift : len(ca) - 3 + shift] |= turn
        strand[shift : len(ca) - 3 + shift] |= stretched
    return helix, strand & ~helix


def _gap_factor(ca: Doubles, buried: Doubles) -> Doubles:
    """Return the factor on a gap opened after each of 0..M template residues; shape (M + 1,)."""
    helix, strand = helix_and_strand(ca)
    inside = (helix[:-1] & helix[1:]) | (strand[:-1] & strand[1:])
    core = ((buried[:-1] + buried[1:]) / 2 - HALF_BURIED + 1) / HALF_BURIED
    factor = np.ones(len(ca) + 1)
    factor[1:-1] += IN_HELIX_OR_STRAND * inside + IN_CORE * core
    return np.clip(factor, 0.5, 3.0)


@cache
def _matrix() -> Doubles:
    import parasail

    return np.array(parasail.blosum45.matrix, dtype=np.float64)


def _codes(sequence: str) -> Ints:
    return np.array([_LETTERS.index(letter) for letter in sequence], dtype=np.int32)


def _best_path(scores: Doubles, opening: Doubles) -> tuple[Ints, Ints]:
    """Return aligned rows and columns of the best path.

    Parameters
    ----------
    scores : ndarray, shape=(n, m)
    opening : ndarray, shape=(m + 1,)
        Cost of a gap opened after so many columns.
    """
    n, m = scores.shape
    match = np.zeros((n + 1, m + 1))
    came_from = np.zeros((n + 1, m + 1), dtype=np.int8)
    down_opened = np.zeros((n + 1, m + 1), dtype=bool)
    across_opened = np.zeros((n + 1, m + 1), dtype=bool)
    down, across = np.full(m + 1, _NEVER), np.full(m + 1, _NEVER)
    ramp = GAP_EXTEND * np.arange(m + 1)
    for i in range(1, n + 1):
        before = np.stack([match[i - 1, :-1], down[:-1], across[:-1]])
        came_from[i, 1:] = before.argmax(axis=0)
        match[i, 1:] = scores[i - 1] + before.max(axis=0)
        opened = match[i - 1] - opening
        down_opened[i] = opened >= down - GAP_EXTEND
        down = np.maximum(opened, down - GAP_EXTEND)
        start = match[i] - opening
        across = np.full(m + 1, _NEVER)
        across[1:] = np.maximum.accumulate(start[:-1] + ramp[:-1]) - ramp[1:] + GAP_EXTEND
        across_opened[i, 1:] = start[:-1] >= across[:-1] - GAP_EXTEND
    return _trace(match, came_from, down_opened, across_opened)


def _trace(match: Doubles, came_from: NDArray[np.int8], down: Bools, across: Bools) -> tuple[Ints, Ints]:
    n, m = match.shape[0] - 1, match.shape[1] - 1
    i, j = int(match[:, m].argmax()), int(match[n].argmax())
    i, j = (i, m) if match[i, m] >= match[n, j] else (n, j)
    rows, columns, state = [], [], 0
    while i > 0 and j > 0:
        if state == 0:
            state = int(came_from[i, j])
            i, j = i - 1, j - 1
            rows.append(i)
            columns.append(j)
        elif state == 1:
            state = 0 if down[i, j] else 1
            i -= 1
        else:
            state = 0 if across[i, j] else 2
            j -= 1
    return np.array(rows[::-1], dtype=np.int32), np.array(columns[::-1], dtype=np.int32)
