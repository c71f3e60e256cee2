"""Moves jobs from PostgreSQL to Dask and their results back.

Of all servers on one database exactly one dispatches: the one whose connection holds an
advisory lock. When it dies the lock falls, and the next one takes its runs back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

from foldsight.errors import EngineFailed, Failed, FoldSightError, ServiceUnavailable, error_from_dict
from foldsight_server.dispatch import task
from foldsight_server.dispatch.cluster import Cluster
from foldsight_server.store.database import Database
from foldsight_server.store.objects import ObjectStore
from foldsight_server.store.queue import Claim, Queue, Result

_log = logging.getLogger(__name__)

#: Advisory lock of the dispatching server.
LOCK = 7_046_029_255
#: Seconds a run is safe without a sign of life from its dispatcher.
LEASE = 15.0
#: Seconds between two looks at the queue when nothing wakes us.
IDLE = 2.0


class Dispatcher:
    """Dispatches while it holds the lock; waits for the lock while another does.

    Parameters
    ----------
    database, queue, objects
        Where jobs and results live.
    cluster_factory : callable, optional
        Gives the cluster; by default the local one.
    """

    def __init__(
        self,
        database: Database,
        queue: Queue,
        objects: ObjectStore,
        cluster_factory: Callable[[], Cluster] = Cluster,
    ) -> None:
        self._database, self._queue, self._objects = database, queue, objects
        self._factory = cluster_factory
        self._cluster: Cluster | None = None
        self._owner = ""
        self._wake = asyncio.Event()
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._futures: dict[str, Any] = {}
        self._cancelled: set[str] = set()
        self._progress: dict[str, tuple[Claim, float, str]] = {}
        self._claims: dict[str, Claim] = {}

    async def run(self) -> None:
        """Wait for the lock, then dispatch until the database connection is lost."""
        await self._database.ensure()
        connection = await psycopg.AsyncConnection.connect(self._database.dsn, autocommit=True)
        async with connection:
            while not await _try_lock(connection):
                await asyncio.sleep(IDLE)
            self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
            lost = ServiceUnavailable("The service was lost under this job too many times.")
            taken = await self._queue.reap(self._owner, lost, all_others=True)
            if taken:
                _log.warning("took back %d runs of a server that is gone", taken)
            await self._lead(connection)

    async def close(self) -> None:
        """Stop runs and the cluster; their jobs are taken back by the next dispatcher."""
        for run in list(self._runs.values()):
            run.cancel()
        await asyncio.gather(*self._runs.values(), return_exceptions=True)
        if self._cluster is not None:
            await self._cluster.close()
            self._cluster = None

    async def _lead(self, connection: psycopg.AsyncConnection[Any]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._dispatch, self._keep_leases, self._listen, self._write_progress):
                    group.create_task(work())
                group.create_task(_heartbeat(connection))
        except* (psycopg.Error, OSError) as faults:
            raise faults.exceptions[0] from None

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            await self._fill()
            pause = await self._queue.next_in()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), IDLE if pause is None else min(pause + 0.05, IDLE))

    async def _fill(self) -> None:
        """Claim as many jobs as there are workers and one more, so that none is ever idle."""
        if self._cluster is not None and not self._cluster.healthy() and not self._runs:
            await self._cluster.close()
            self._cluster = None
        while await self._queue.next_in() is not None:
            cluster = await self._ready_cluster()
            if len(self._runs) > cluster.workers:
                return
            claim = await self._queue.claim(self._owner, LEASE)
            if claim is None:
                return
            self._claims[claim.id] = claim
            self._runs[claim.id] = asyncio.create_task(self._run(claim))

    async def _ready_cluster(self) -> Cluster:
        if self._cluster is None:
            cluster = self._factory()
            await cluster.start()
            cluster.client.subscribe_topic(task.TOPIC, self._on_progress)
            self._cluster = cluster
        return self._cluster

    async def _run(self, claim: Claim) -> None:
        try:
            known = await self._queue.result_of(claim.cache_key)
            if known is not None:
                await self._queue.finish(claim, known, cached=True)
            else:
                await self._settle(claim, await self._execute(claim))
        finally:
            for table in (self._runs, self._futures, self._progress, self._claims):
                table.pop(claim.id, None)
            self._cancelled.discard(claim.id)
            self._wake.set()

    async def _execute(self, claim: Claim) -> dict[str, Any] | FoldSightError | None:
        """Return the task's outcome, an error for a broken task, or None for a lost worker."""
        from distributed import KilledWorker

        assert self._cluster is not None
        future = self._cluster.client.submit(
            task.run, claim.id, claim.attempt, claim.request,
            key=f"job-{claim.id}-{claim.attempt}", resources={"FOLD": 1}, pure=False, retries=0,
        )  # fmt: skip
        self._futures[claim.id] = future
        if claim.id in self._cancelled:
            await future.cancel(force=True)
        try:
            outcome: dict[str, Any] = await future
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            return None
        except KilledWorker:
            return None
        except OSError as fault:
            _log.warning("the cluster was lost under job %s: %s", claim.id, fault)
            return None
        except Exception as fault:  # whatever else a worker raises is the job's fault
            _log.exception("job %s broke", claim.id)
            return EngineFailed(f"The engine stopped: {type(fault).__name__}: {fault}.")
        return outcome

    async def _settle(self, claim: Claim, outcome: dict[str, Any] | FoldSightError | None) -> None:
        """Record how a run ended; tried again while the database is away."""
        if outcome is None:
            if claim.id not in self._cancelled:
                lost = Failed(
                    "The worker was lost under this job too many times.", hint="Fold a shorter sequence."
                )
                await _insist(lambda: self._queue.lost(claim, lost))
            return
        error = outcome if isinstance(outcome, FoldSightError) else None
        if error is None and "error" in outcome:  # type: ignore[operator]
            error = error_from_dict(outcome["error"])  # type: ignore[index]
        if error is not None:
            fault = error
            await _insist(lambda: self._queue.fault(claim, fault, final=fault.refused))
            return
        result = await self._store(outcome["files"])  # type: ignore[index]
        await _insist(lambda: self._queue.finish(claim, result))

    async def _store(self, files: dict[str, bytes]) -> Result:
        stored = [
            {"name": name, "bytes": len(data), "digest": await self._objects.put(data)}
            for name, data in sorted(files.items())
        ]
        return Result(stored, await asyncio.to_thread(_summary, files))

    async def _keep_leases(self) -> None:
        expired = ServiceUnavailable("The service was lost under this job too many times.")
        while True:
            await asyncio.sleep(LEASE / 3)
            await self._queue.renew(self._owner, LEASE)
            if await self._queue.reap(self._owner, expired, all_others=False):
                self._wake.set()

    async def _listen(self) -> None:
        async for notice in self._database.listen("foldsight_work", "foldsight_cancel"):
            if notice.channel == "foldsight_cancel":
                await self._cancel(notice.payload)
            self._wake.set()
        raise OSError("the listening connection was lost")

    async def _cancel(self, job_id: str) -> None:
        if job_id not in self._runs:
            return
        self._cancelled.add(job_id)
        future = self._futures.get(job_id)
        if future is not None:
            await future.cancel(force=True)

    def _on_progress(self, event: tuple[float, dict[str, Any]]) -> None:
        _, told = event
        claim = self._claims.get(str(told.get("job")))
        if claim is not None and told.get("attempt") == claim.attempt:
            self._progress[claim.id] = (claim, float(told["progress"]), str(told["message"]))

    async def _write_progress(self) -> None:
        """Write what is new a few times a second, however often workers report."""
        while True:
            await asyncio.sleep(0.2)
            news, self._progress = self._progress, {}
            for claim, fraction, message in news.values():
                await self._queue.progress(claim, fraction, message)


async def _try_lock(connection: psycopg.AsyncConnection[Any]) -> bool:
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def _heartbeat(connection: psycopg.AsyncConnection[Any]) -> None:
    """Raise as soon as the connection that holds the lock is gone."""
    while True:
        await asyncio.sleep(1.0)
        await connection.execute("SELECT 1")


async def _insist(work: Callable[[], Awaitable[Any]], seconds: float = 60.0) -> None:
    """Try until it works or ``seconds`` have passed; a lease that runs out mends the rest."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            await work()
            return
        except (psycopg.Error, OSError):
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.5)


def _summary(files: dict[str, bytes]) -> dict[str, Any]:
    from foldsight.io.bundle import from_bundle

    return from_bundle(files).summary()
