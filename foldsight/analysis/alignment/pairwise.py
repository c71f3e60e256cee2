"""One pair, one against many, all against all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from foldsight.analysis.alignment import pool as pools
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.trace import Trace
from foldsight.typing import Doubles

Progress = Callable[[int, int], None]


def align(mobile: Trace, reference: Trace, pool: pools.Pool | None = None) -> Alignment:
    """Superpose ``mobile`` on ``reference`` with TM-align.

    Raises
    ------
    Failed
        When the pair took longer than its limit.
    """
    found = (pool or pools.shared()).align(mobile, reference)
    return Alignment(
        reference,
        mobile,
        tm_by_reference=float(found["tm_y"]),
        tm_by_mobile=float(found["tm_x"]),
        rmsd=float(found["rmsd"]),
        rotation=np.array(found["rotation"], dtype=np.float64),
        translation=np.array(found["translation"], dtype=np.float64),
        aligned_reference=str(found["y"]),
        aligned_mobile=str(found["x"]),
    )


def align_many(query: Trace, others: Sequence[Trace], *, progress: Progress | None = None) -> list[Alignment]:
    """Superpose each of ``others`` on ``query``; same order as ``others``."""
    return _run([(other, query) for other in others], progress)


def align_all(traces: Sequence[Trace], *, progress: Progress | None = None) -> Doubles:
    """Align all against all.

    Returns
    -------
    ndarray, shape=(N, N), dtype=float64
        ``[i, j]`` is the TM-score of i and j normalised by the length of j.
    """
    index = [(i, j) for i in range(len(traces)) for j in range(i + 1, len(traces))]
    found = _run([(traces[i], traces[j]) for i, j in index], progress)
    matrix = np.eye(len(traces))
    for (i, j), result in zip(index, found, strict=True):
        matrix[i, j], matrix[j, i] = result.tm_by_reference, result.tm_by_mobile
    return matrix


def _run(pairs: Iterable[tuple[Trace, Trace]], progress: Progress | None) -> list[Alignment]:
    tasks, pool = list(pairs), pools.shared()
    done = 0
    with ThreadPoolExecutor(pool.size) as threads:
        futures = [threads.submit(align, mobile, reference, pool) for mobile, reference in tasks]
        for future in as_completed(futures):
            future.result()
            done += 1
            if progress is not None:
                progress(done, len(tasks))
    return [future.result() for future in futures]
