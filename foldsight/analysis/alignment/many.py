"""Many pairs: what may go in, and running them on all workers without one fault ending the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TypeAlias

from foldsight.analysis.alignment import pool as pools
from foldsight.analysis.alignment.pairwise import align
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.trace import Trace, check
from foldsight.errors import FoldSightError
from foldsight.structure import Structure

#: Called with the number of pairs done and of all pairs.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Refusal:
    """Something that cannot be aligned, and why; its row says so and the others go on.

    Attributes
    ----------
    name : str
    fault : FoldSightError
    """

    name: str
    fault: FoldSightError


#: What one-against-many and all-against-all take: of a structure, its first protein chain.
Item: TypeAlias = Trace | Structure | Refusal


def traced(item: Item) -> Trace | Refusal:
    """Return the trace of an item, or why there is none."""
    if isinstance(item, Refusal):
        return item
    try:
        trace = Trace.of(item) if isinstance(item, Structure) else item
        check(trace.coord, trace.name)
    except FoldSightError as fault:
        return Refusal(item.name, fault)
    return trace


def run(
    pairs: Iterable[tuple[Trace, Trace]],
    progress: Progress | None = None,
    pool: pools.Pool | None = None,
    stop: pools.Stop | None = None,
) -> list[Alignment | FoldSightError]:
    """Align (mobile, reference) pairs; same order, a fault in place of a pair that broke.

    Whatever ends this call early, Ctrl-C too, kills the pairs that are under way.
    """
    tasks, pool, stop = list(pairs), pool or pools.shared(), stop or pools.Stop()
    threads = ThreadPoolExecutor(pool.size, "align")
    try:
        futures = [threads.submit(_one, pair, pool, stop) for pair in tasks]
        _follow(futures, progress)
        return [future.result() for future in futures]
    except BaseException:
        stop.ask()
        raise
    finally:
        threads.shutdown(cancel_futures=True)


def _follow(futures: Sequence[Future[Alignment | FoldSightError]], progress: Progress | None) -> None:
    for done, _ in enumerate(as_completed(futures), start=1):
        if progress is not None:
            progress(done, len(futures))


def _one(pair: tuple[Trace, Trace], pool: pools.Pool, stop: pools.Stop) -> Alignment | FoldSightError:
    try:
        return align(*pair, pool, stop)
    except FoldSightError as fault:
        return fault
