"""One against many with the 3Di pre-filter: how much faster, and how many relatives are lost.

Data: ``backbones.npz`` (PDB chains of 40-450 residues, none alike), or a folder of structure
files (first protein chain of each) named on the command line. A permutation drawn once sets
a quarter of the chains aside for fitting; up to 1,000 of the others are searched, each query
against all of them, once without and once with the filter. The peer is TM-align of every pair.

    python bench/alignment_search.py [FOLDER or FILE.npz] [--queries 8] [--min-tm 0.6]
    python bench/alignment_search.py --recall   # relatives kept, over a sample of all pairs
    python bench/alignment_search.py --fit      # prints the cutoffs that prefilter.py holds
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path

import data
import numpy as np
import psutil

from foldsight.analysis.alignment import Matches, Trace, align_many
from foldsight.analysis.alignment.many import Refusal, run, traced
from foldsight.analysis.alignment.pool import Pool
from foldsight.analysis.alignment.prefilter import likeness, promising, similarity
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.search import score
from foldsight.errors import FoldSightError
from foldsight.typing import Doubles

#: Share of chains set aside for fitting, and chains searched.
FITTED, SEARCHED = 0.2625, 1000
#: TM-scores (by the shorter chain) with a cutoff, and the share of such pairs that it keeps.
LEVELS, KEPT = (0.5, 0.6), 0.995
#: What is taken off the cutoffs of similarity and likeness, because few pairs decide them.
MARGINS = 0.1, 0.28
#: Pairs aligned for the fit: this many of a list of the tenth of all pairs that is most alike
#: and of ``OTHERS`` of the rest.
SAMPLE, OTHERS = 5000, 2500


def chains(source: Path) -> list[Trace]:
    """Read the chains; those that cannot be aligned are named and left out."""
    return _packed(source) if source.suffix == ".npz" else _files(source)


def _packed(path: Path) -> list[Trace]:
    with np.load(path, allow_pickle=False) as file:
        parts = np.split(file["xyz"].astype(np.float64) / 100, np.cumsum(file["lengths"])[:-1])
        rows = zip(file["ids"], file["sequences"], parts, strict=True)
        return [_trace(str(name), str(sequence), xyz) for name, sequence, xyz in rows]


def _trace(name: str, sequence: str, xyz: Doubles) -> Trace:
    backbone = np.stack([xyz[:, 0], xyz[:, 2], np.full_like(xyz[:, 0], np.nan)], axis=1)
    return Trace(name, xyz[:, 1], sequence, np.arange(len(xyz)), backbone)


def _files(folder: Path) -> list[Trace]:
    import foldsight as fs

    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            item = fs.read(path)
            trace = traced(getattr(item, "structure", item))
        except FoldSightError as fault:
            trace = Refusal(path.name, fault)
        if isinstance(trace, Trace):
            found.append(trace)
        else:
            print(f"left out {path.name}: {trace.fault.message}")
    return found


def parts(found: Sequence[Trace]) -> tuple[list[Trace], list[Trace]]:
    """Return the chains to fit on and the chains to report on."""
    order = np.random.default_rng(7).permutation(len(found))
    cut = int(FITTED * len(found))
    return [found[i] for i in order[:cut]], [found[i] for i in order[cut : cut + SEARCHED]]


def fit(found: Sequence[Trace]) -> None:
    """Print the cutoffs per TM-score from pairs of the fitting part."""
    pairs, weight = drawn(found)
    print_cutoffs(pairs, scores(pairs), weight)


def drawn(
    found: Sequence[Trace], seed: int = 1, without: Collection[frozenset[str]] = ()
) -> tuple[list[tuple[Trace, Trace]], Doubles]:
    """Return a sample of the pairs, and how many pairs each stands for (relative to the others)."""
    rng = np.random.default_rng(seed)
    Trace.encode(found)
    index = [(one, two) for i, one in enumerate(found) for two in found[i + 1 :]]
    order = np.argsort([-similarity(*pair) for pair in index])
    tenth = int(0.1 * len(order))
    others = rng.choice(order[tenth:], min(OTHERS, len(order) - tenth), replace=False)
    rest = (len(order) - tenth) / len(others)
    rows = [*((k, 1.0) for k in order[:tenth]), *((k, rest) for k in others)]
    rng.shuffle(rows)
    fresh = ((index[k], weight) for k, weight in rows)
    kept = [(p, w) for p, w in fresh if frozenset((p[0].name, p[1].name)) not in without][:SAMPLE]
    return [pair for pair, _ in kept], np.array([weight for _, weight in kept])


def recall(found: Sequence[Trace], min_tm: float) -> None:
    """Print the share of relatives that the filter keeps, over a sample of all pairs of the chains.

    The pairs of the first draw are left out: the margin of the likeness was widened after them.
    """
    seen = {frozenset((one.name, two.name)) for one, two in drawn(found)[0]}
    pairs, weight = drawn(found, seed=2, without=seen)
    tm = scores(pairs)
    wanted = tm >= min_tm
    kept = np.array([promising(*pair, min_tm) for pair in pairs])
    share = weight[wanted & kept].sum() / weight[wanted].sum()
    print(f"{len(pairs)} of {len(found) * (len(found) - 1) // 2} pairs of {len(found)} chains aligned: "
          f"{(wanted & kept).sum()} of {wanted.sum()} with TM-score >= {min_tm} kept, {share:.2%} weighted; "
          f"the filter aligns {weight[kept].sum() / weight.sum():.1%}")  # fmt: skip


def scores(pairs: Sequence[tuple[Trace, Trace]]) -> Doubles:
    """Return the TM-scores by the shorter chain."""
    pool = Pool()
    results = run(pairs, pool=pool)
    pool.close()
    return np.array([score(r, "shorter") if isinstance(r, Alignment) else np.nan for r in results])


def print_cutoffs(pairs: Sequence[tuple[Trace, Trace]], tm: Doubles, weight: Doubles) -> None:
    """Print the cutoffs for pairs with a known TM-score, each standing for ``weight`` pairs."""
    values = [np.array([measure(*pair) for pair in pairs]) for measure in (similarity, likeness)]
    for level in LEVELS:
        wanted = tm >= level
        cuts = [cutoff(v[wanted], weight[wanted]) * (1 - m) for v, m in zip(values, MARGINS, strict=True)]
        kept = (values[0] >= cuts[0]) & (values[1] >= cuts[1])
        print(f"TM-score {level}: {int(wanted.sum())} pairs; similarity {cuts[0]:.1f}, "
              f"likeness {cuts[1]:.3f}; aligns {weight[kept].sum() / weight.sum():.1%} of all")  # fmt: skip


def cutoff(values: Doubles, weight: Doubles) -> float:
    """Return the value that all but a few of the pairs reach."""
    order = np.argsort(values)
    lost = np.cumsum(weight[order]) / weight.sum()
    return float(values[order][np.searchsorted(lost, 1 - KEPT)])


class Clock:
    """CPU seconds of this process and its workers."""

    def __init__(self) -> None:
        self._start = self._now()

    def _now(self) -> float:
        children = sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children())
        return time.process_time() + children

    def lap(self) -> float:
        """Return the CPU seconds since the start or the last lap."""
        before, self._start = self._start, self._now()
        return self._start - before


def report(found: Sequence[Trace], queries: int, min_tm: float) -> None:
    """Print speed and losses over some queries, the sums so far after each."""
    pool = Pool(1)
    align_many(found[0], found[1:2], pool=pool)  # the worker's own start is no part of either side
    print(f"{len(found) - 1} chains, TM-score >= {min_tm} by the shorter chain; CPU seconds, one worker")
    plain = quick = known = 0.0
    wanted = lost = aligned = total = 0
    for n, query in enumerate(found[:queries], start=1):
        others = [Trace(t.name, t.coord, t.sequence, t.rows, t.backbone) for t in found if t is not query]
        clock = Clock()
        filtered = align_many(query, others, min_tm=min_tm, pool=pool)
        quick += clock.lap()
        align_many(query, others, min_tm=min_tm, pool=pool)
        known += clock.lap()
        everything = align_many(query, others, pool=pool)
        plain += clock.lap()
        counts = losses(everything, filtered, min_tm)
        wanted, lost = wanted + counts[0], lost + counts[1]
        aligned, total = aligned + sum(row.alignment is not None for row in filtered), total + len(others)
        print(f"{n} queries (last: {query.name}, {len(query)} residues): "
              f"{plain / n:.1f} s a query without filter, {quick / n:.2f} s with ({plain / quick:.1f}x), "
              f"{known / n:.2f} s when 3Di is known ({plain / known:.1f}x); "
              f"aligned {aligned / total:.1%}; kept {wanted - lost} of {wanted}", flush=True)  # fmt: skip
    pool.close()


def losses(everything: Matches, filtered: Matches, min_tm: float) -> tuple[int, int]:
    """Return the pairs that reach ``min_tm``, and how many of them the filter left out."""
    wanted = lost = 0
    for row, other in zip(everything, filtered, strict=True):
        if row.alignment is not None and score(row.alignment, "shorter") >= min_tm:
            wanted, lost = wanted + 1, lost + (other.alignment is None)
    return wanted, lost


def main(arguments: list[str]) -> int:
    """Fit or report."""
    parser = argparse.ArgumentParser(description="3Di pre-filter of structural alignment")
    parser.add_argument("source", nargs="?", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--recall", action="store_true")
    parser.add_argument("--queries", type=int, default=8)
    parser.add_argument("--min-tm", type=float, default=0.6)
    args = parser.parse_args(arguments)
    source = args.source or data.find("backbones.npz")
    if source is None:
        print("skipped: needs backbones.npz")
        return 0
    first, second = parts(chains(source))
    if args.fit:
        fit(first)
    elif args.recall:
        recall(second, args.min_tm)
    else:
        report(second, args.queries, args.min_tm)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
