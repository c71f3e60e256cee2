"""Which residues of each mobile chain match which of each reference chain, for whole complexes.

Copies of one protein are aligned once: their residues are matched by sequence, so that a
complex of 24 equal chains takes one structural alignment instead of 576.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from foldsight.analysis.alignment import pool as pools
from foldsight.analysis.alignment.many import Progress, run
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.trace import Trace
from foldsight.typing import Ints

#: Share of equal letters from which on two chains are copies of one protein.
COPIES = 0.9
#: Chains below this TM-score by the shorter one have nothing in common.
LEAST_TM = 0.25

#: Positions in the mobile and in the reference chain, by the numbers of the two chains.
Correspondence: TypeAlias = dict[tuple[int, int], tuple[Ints, Ints]]


def correspond(
    mobile: list[Trace],
    reference: list[Trace],
    progress: Progress | None = None,
    pool: pools.Pool | None = None,
    stop: pools.Stop | None = None,
) -> Correspondence:
    """Return the matching residues of all pairs of chains that have something in common.

    Raises
    ------
    Failed
        When an alignment broke.
    """
    ours, theirs = _copies(mobile), _copies(reference)
    index = [(i, j) for i in sorted(set(ours)) for j in sorted(set(theirs))]
    results = run([(mobile[i], reference[j]) for i, j in index], progress, pool, stop)
    heads = {}
    for pair, found in zip(index, results, strict=True):
        if not isinstance(found, Alignment):
            raise found
        if max(found.tm_by_reference, found.tm_by_mobile) >= LEAST_TM and found.n_aligned >= 3:
            heads[pair] = found.pairs
    matched = {
        (i, j): _through(mobile, reference, (i, j), (a, b), heads[a, b])
        for i, a in enumerate(ours)
        for j, b in enumerate(theirs)
        if (a, b) in heads
    }
    return {pair: rows for pair, rows in matched.items() if len(rows[0]) >= 3}


def _copies(traces: list[Trace]) -> list[int]:
    """Return for each chain the number of the chain that it is a copy of: the longest of them."""
    heads: dict[int, int] = {}
    for i in sorted(range(len(traces)), key=lambda i: -len(traces[i])):
        known = (j for j, head in heads.items() if j == head and _is_copy(traces[i], traces[j]))
        heads[i] = next(known, i)
    return [heads[i] for i in range(len(traces))]


def _is_copy(one: Trace, two: Trace) -> bool:
    if min(len(one), len(two)) < COPIES * max(len(one), len(two)):
        return False
    a, b = by_sequence(one.sequence, two.sequence)
    same = sum(one.sequence[i] == two.sequence[j] for i, j in zip(a, b, strict=True))
    return same >= COPIES * max(len(one), len(two))


def _through(
    mobile: list[Trace],
    reference: list[Trace],
    pair: tuple[int, int],
    heads: tuple[int, int],
    aligned: Ints,
) -> tuple[Ints, Ints]:
    """Carry the alignment of two heads (reference, mobile) over to their copies."""
    ours = _carried(mobile[heads[0]], mobile[pair[0]])[aligned[:, 1]]
    theirs = _carried(reference[heads[1]], reference[pair[1]])[aligned[:, 0]]
    both = (ours >= 0) & (theirs >= 0)
    return ours[both], theirs[both]


def _carried(head: Trace, copy: Trace) -> Ints:
    """Return the position in ``copy`` of each residue of ``head``; -1 without one."""
    if head.sequence == copy.sequence:
        return np.arange(len(head))
    found = np.full(len(head), -1, dtype=np.int64)
    a, b = by_sequence(head.sequence, copy.sequence)
    found[a] = b
    return found


def by_sequence(one: str, two: str) -> tuple[Ints, Ints]:
    """Return the positions of two sequences that a global alignment with free ends matches."""
    import parasail

    found = parasail.sg_trace_striped_sat(one, two, 11, 1, parasail.blosum62).traceback
    above, below = (np.frombuffer(row.encode("ascii"), dtype=np.uint8) for row in (found.query, found.ref))
    first, second = above != ord("-"), below != ord("-")
    both = first & second
    return (np.cumsum(first) - 1)[both], (np.cumsum(second) - 1)[both]
