"""Query-template pairs for the template benchmarks, built and scored.

A pair is built exactly as the engine does, without side chains (they do not move the
backbone), and compared with the query's own structure: lDDT-CA per residue (missing
residues count as lost), and TM-score over the query's length.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from template_pool import PoolChain

from foldsight.analysis.lddt import lddt
from foldsight.analysis.rotamers import WIDTH
from foldsight.analysis.vectors import superpose
from foldsight.engines.template.choose import MIN_COVERAGE, MIN_IDENTITY
from foldsight.engines.template.draft import TemplateChain
from foldsight.engines.template.features import features
from foldsight.engines.template.loops import build_loops
from foldsight.engines.template.structural import align
from foldsight.engines.template.thread import thread, trim_ends
from foldsight.typing import Doubles

#: Identity bins of the table, and how many pairs of one family each may hold.
BINS = (0.30, 0.35, 0.40, 0.50, 0.70, 0.95, 1.001)
PER_FAMILY = 5


@dataclass(frozen=True, eq=False)
class Built:
    """One pair: its place in the table, and per-residue facts of what was built."""

    query: str
    template: str
    family: int
    identity: float
    coverage: float
    tm_score: float
    mean_lddt: float
    loops: int
    features: Doubles
    lddt: Doubles


def as_template(chain: PoolChain) -> TemplateChain:
    coord = np.full((len(chain.sequence), WIDTH, 3), np.nan)
    coord[:, :4] = chain.coord
    return TemplateChain(chain.sequence, coord)


def build(query: PoolChain, template: PoolChain, family: int) -> Built | None:
    """Build one pair; None when the engine would not offer it."""
    known = as_template(template)
    sequence = query.sequence.replace("X", "A")
    alignment = align(sequence, known)
    if alignment.identity < MIN_IDENTITY or alignment.coverage < MIN_COVERAGE:
        return None
    draft = thread(sequence, known, alignment)
    trim_ends(draft)
    loops = build_loops(draft, np.empty((0, 3)))
    found, wanted = draft.coord[:, 1], query.coord[:, 1]
    score = lddt(found, wanted)
    rows = draft.built & np.isfinite(score)
    return Built(
        query.id, template.id, family, alignment.identity, alignment.coverage, tm_score(found, wanted),
        float(np.nanmean(score)), loops, features(draft, alignment, template.sequence)[rows], score[rows],
    )  # fmt: skip


def sample(
    chains: list[PoolChain], pairs: list[tuple[int, int]], family: list[int]
) -> Iterator[tuple[int, int, int]]:
    """Yield (query, template, family), in an order drawn once, a few per family and identity bin."""
    from foldsight.library.align import align as quick

    taken: dict[tuple[int, int], int] = defaultdict(int)
    order = np.random.default_rng(0).permutation(len(pairs))
    for i, j in (pairs[k] for k in order):
        first = quick(chains[i].sequence, chains[j].sequence)
        if first.identity < 0.8 * MIN_IDENTITY or first.coverage < 0.8 * MIN_COVERAGE:
            continue
        key = (family[i], int(np.searchsorted(BINS, first.identity, side="right")))
        if taken[key] < PER_FAMILY:
            taken[key] += 1
            yield i, j, family[i]


def tm_score(found: Doubles, wanted: Doubles) -> float:
    """Return the TM-score of residue-by-residue positions over the length of ``wanted``.

    Zhang & Skolnick (2004): the best over superpositions begun on stretches of the chain.
    """
    length = len(wanted)
    both = np.isfinite(found[:, 0]) & np.isfinite(wanted[:, 0])
    mobile, fixed = found[both], wanted[both]
    d0 = max(0.5, 1.24 * np.cbrt(max(length, 19) - 15) - 1.8)
    n, best = len(mobile), 0.0
    for size in sorted({n, max(4, n // 2), max(4, n // 4), max(4, n // 8)}, reverse=True):
        for start in range(0, n - size + 1, max(1, size // 2)):
            best = max(best, _refined(mobile, fixed, np.arange(start, start + size), d0))
    return best / length


def _refined(mobile: Doubles, fixed: Doubles, rows: np.ndarray, d0: float) -> float:  # type: ignore[type-arg]
    best = 0.0
    for _ in range(12):
        rotation, shift = superpose(mobile[rows], fixed[rows])
        distance = np.linalg.norm(mobile @ rotation.T + shift - fixed, axis=1)
        best = max(best, float((1 / (1 + (distance / d0) ** 2)).sum()))
        near = np.flatnonzero(distance < max(d0, 4.0))
        if len(near) < 4:
            near = np.argsort(distance)[: max(4, len(mobile) // 4)]
        if np.array_equal(near, rows):
            break
        rows = near
    return best
