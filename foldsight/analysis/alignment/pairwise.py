"""One pair: now, or awaited."""

from __future__ import annotations

import asyncio

import numpy as np

from foldsight.analysis.alignment import pool as pools
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.trace import Trace, check


def align(
    mobile: Trace, reference: Trace, pool: pools.Pool | None = None, stop: pools.Stop | None = None
) -> Alignment:
    """Superpose ``mobile`` on ``reference`` with TM-align.

    Parameters
    ----------
    mobile, reference : Trace
    pool : Pool, optional
        This process's pool by default.
    stop : Stop, optional
        With it another thread can stop the pair.

    Raises
    ------
    BadRequest
        Before a worker sees it, on coordinates that are not finite or fewer than 10 residues.
    Failed
        When the pair took longer than its limit or was stopped.
    """
    for trace in (mobile, reference):
        check(trace.coord, trace.name)
    found = (pool or pools.shared()).align(mobile, reference, stop)
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


async def align_async(mobile: Trace, reference: Trace, pool: pools.Pool | None = None) -> Alignment:
    """Superpose as :func:`align` does, without holding the event loop.

    A task that is cancelled kills its worker; the pool goes on with a fresh one.

    Raises
    ------
    BadRequest, Failed
    """
    stop = pools.Stop()
    try:
        return await asyncio.to_thread(align, mobile, reference, pool, stop)
    except asyncio.CancelledError:
        stop.ask()
        raise
