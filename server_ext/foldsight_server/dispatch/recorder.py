"""Records how a run ended: exactly once, and through an absence of the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from foldsight.errors import EngineFailed, Failed, FoldSightError, ServiceUnavailable, error_from_dict
from foldsight.jobs import Fault
from foldsight_server.dispatch.places import NoPlace, RunLost, WorkerDied
from foldsight_server.store.queue import Claim, Queue, Run
from foldsight_server.store.results import Results

T = TypeVar("T")
_log = logging.getLogger(__name__)
#: Seconds that the database may be away while a result waits to be recorded.
PATIENCE = 120.0


class Recorder:
    """Carries runs to their end.

    Parameters
    ----------
    queue : Queue
    results : Results
    """

    def __init__(self, queue: Queue, results: Results) -> None:
        self._queue, self._results = queue, results

    async def record(self, claim: Claim, execute: Callable[[], Awaitable[dict[str, Any]]]) -> bool:
        """Answer a claim from the cache, or execute it, and record what came of it.

        Returns
        -------
        bool
            Whether it ended with a result; else it may wait again.
        """
        name = str(claim.request.get("name", ""))
        if claim.known:
            found = await _insist(lambda: self._results.known(claim.cache_key, name, claim.region))
            if found is not None:
                return await _insist(lambda: self._queue.finish(claim, found, cached=True))
        try:
            outcome = await execute()
        except WorkerDied:
            await self._fault(claim, "worker_died", _died())
        except NoPlace as fault:
            error = ServiceUnavailable(str(fault), hint="Ask whoever runs this service for its workers.")
            await self._fault(claim, "lost", error)
        except RunLost:
            await self.lost(claim)
        except EngineFailed as error:
            await self._fault(claim, "broke", error)
        else:
            return await self._end(claim, outcome)
        return False

    async def lost(self, run: Run) -> None:
        """Record that a run went down with its cluster, server or lease."""
        await self._fault(run, "lost", _lost())

    async def _end(self, claim: Claim, outcome: dict[str, Any]) -> bool:
        if "error" in outcome:
            error = error_from_dict(outcome["error"])
            await self._fault(claim, "refused" if error.refused else "broke", error)
            return False
        try:
            result = await self._results.store(outcome["files"], claim.region)
        except Exception as fault:  # a full disk, or a bundle that cannot be read again
            _log.exception("the result of job %s could not be stored", claim.id)
            error = Failed("The result could not be stored.", hint=f"{type(fault).__name__}: {fault}"[:200])
            await self._fault(claim, "broke", error)
            return False
        return await _insist(lambda: self._queue.finish(claim, result))

    async def _fault(self, run: Run, kind: Fault, error: FoldSightError) -> None:
        await _insist(lambda: self._queue.fault(run, kind, error))


def _died() -> EngineFailed:
    return EngineFailed(
        "The worker was lost each time that it ran this job; it may need more memory than there is.",
        hint="Fold a shorter sequence, or use another engine.",
    )


def _lost() -> ServiceUnavailable:
    return ServiceUnavailable("The service was lost under this job too many times.", hint="Submit it again.")


async def _insist(work: Callable[[], Awaitable[T]]) -> T:
    """Try until it works or the patience is over; then the lease runs out and mends the rest."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await work()
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.5)
