"""Moves jobs from PostgreSQL to Dask and their results back.

Of all servers on one database exactly one dispatches: the one whose connection holds an
advisory lock. When it dies the lock falls, and the next one takes its runs back.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import Callable
from typing import Any

import psycopg

from foldsight_server.dispatch.cluster import Cluster, Report
from foldsight_server.dispatch.pools import Pools
from foldsight_server.dispatch.recorder import Recorder
from foldsight_server.ending import end
from foldsight_server.operations import logs, tracing
from foldsight_server.store.database import Database
from foldsight_server.store.queue import Claim, Queue, Run
from foldsight_server.store.regions import read_regions
from foldsight_server.store.results import Results

_log = logging.getLogger(__name__)

#: Advisory lock of the dispatching server.
LOCK = 7_046_029_255
#: Seconds a run is safe without a sign of life from its dispatcher.
LEASE = 15.0
#: Seconds between two looks at the queue when nothing wakes us.
IDLE = 2.0
#: Seconds without a job after which the cluster is stopped, and its memory given back.
CLUSTER_IDLE = 900.0


class Dispatcher:
    """Dispatches while it holds the lock; waits for the lock while another does.

    Parameters
    ----------
    database, queue, results
        Where jobs and results live.
    cluster_factory : callable, optional
        Gives the cluster; by default what the environment says.
    """

    def __init__(
        self,
        database: Database,
        queue: Queue,
        results: Results,
        cluster_factory: Callable[[Report], Cluster] | None = None,
    ) -> None:
        self._database, self._queue = database, queue
        self._results, self._recorder = results, Recorder(queue, results)
        self._factory = cluster_factory or (lambda report: Pools(report, read_regions()))
        self._cluster: Cluster | None = None
        self._starting: asyncio.Task[None] | None = None
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._wake = asyncio.Event()
        self._claims: dict[str, Claim] = {}
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._progress: dict[str, tuple[Claim, float, str]] = {}
        self._last_busy = 0.0
        #: Whether a job may wait that can be claimed once there is room.
        self._waiting = True
        self.leads = False

    @property
    def workers(self) -> int:
        """Workers of this server; none while no cluster runs."""
        return 0 if self._cluster is None or not self._cluster.healthy else self._cluster.workers

    @property
    def well(self) -> bool:
        """Whether the cluster is up, comes up, or sleeps until the next job."""
        return self._cluster is None or self._cluster.healthy

    async def run(self) -> None:
        """Wait for the lock, then dispatch until the database connection is lost.

        Runs go on without the connection: if no other server has taken them when it is
        back, they end as if nothing had happened.
        """
        await self._database.ensure()
        async with await psycopg.AsyncConnection.connect(self._database.dsn, autocommit=True) as connection:
            while not await _try_lock(connection):
                if not self._runs:
                    await self._close_cluster()
                await asyncio.sleep(IDLE / 2)
            self.leads = True
            try:
                await self._take_over()
                await self._lead(connection)
            finally:
                self.leads = False

    def warm_up(self) -> None:
        """Start the cluster ahead of the first job."""
        if self._cluster is None and self._starting is None:
            self._starting = asyncio.create_task(self._start_cluster())

    async def close(self) -> None:
        """Stop runs and the cluster; their jobs are taken back by the next dispatcher."""
        await end(self._runs.values())
        await self._close_cluster()

    async def _take_over(self) -> None:
        for run in await self._queue.orphans(self._owner, all_others=True):
            _log.warning("taking back job %s from a server that is gone", run.id)
            await self._recorder.lost(run)
        self._waiting = True

    async def _lead(self, connection: psycopg.AsyncConnection[Any]) -> None:
        works = (self._dispatch, self._keep_leases, self._listen, self._write_progress)
        tasks = [asyncio.create_task(work()) for work in works]
        tasks.append(asyncio.create_task(_heartbeat(connection)))
        try:
            # None of them ends by itself; the first to break tells why.
            await asyncio.gather(*tasks)
        finally:
            await end(tasks)

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            pause = await self._fill()
            try:
                async with asyncio.timeout(IDLE if pause is None else min(pause + 0.05, IDLE)):
                    await self._wake.wait()
            except TimeoutError:
                self._waiting = True  # news can be lost; look again

    async def _fill(self) -> float | None:
        """Claim as many jobs as there are workers and one more, so that none is ever idle.

        Returns the seconds until another may be claimed; None when only news can change that.
        """
        now = asyncio.get_running_loop().time()
        if self._runs:
            self._last_busy = now
        elif self._cluster is not None and not (
            self._cluster.healthy and now - self._last_busy < CLUSTER_IDLE
        ):
            await self._close_cluster()
        if self._cluster is None and await self._queue.next_in() is None:
            return None  # nothing to start a cluster for
        cluster = await self._ready_cluster()
        while self._waiting and len(self._runs) <= cluster.workers and cluster.healthy:
            self._waiting = False  # before we ask: what is submitted meanwhile tells of itself
            claim, outlook = await self._queue.claim(self._owner, LEASE)
            self._waiting |= outlook.waiting
            if claim is not None:
                self._claims[claim.id] = claim
                self._runs[claim.id] = asyncio.create_task(self._run(claim, cluster))
            if claim is None or not outlook.due:
                return outlook.due_in
        return None

    async def _ready_cluster(self) -> Cluster:
        self.warm_up()
        if self._starting is not None:
            await asyncio.shield(self._starting)
        assert self._cluster is not None
        return self._cluster

    async def _start_cluster(self) -> None:
        cluster = self._factory(self._on_progress)
        try:
            await cluster.start()
            self._cluster, self._last_busy = cluster, asyncio.get_running_loop().time()
        except BaseException:
            await cluster.close()
            raise
        finally:
            self._starting = None

    async def _close_cluster(self) -> None:
        if self._starting is not None:
            await end((self._starting,))
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            await cluster.close()

    async def _run(self, claim: Claim, cluster: Cluster) -> None:
        try:
            with logs.about(job=claim.id), tracing.span(f"job {claim.request['kind']}", {}) as span:
                span.note(job=claim.id, attempt=claim.attempt)
                if not await self._recorder.record(claim, lambda: self._execute(claim, cluster)):
                    self._waiting = True
        except Exception:  # whatever it is, the other runs go on and the lease of this one ends
            _log.exception("how job %s ended could not be recorded; its lease will run out", claim.id)
        finally:
            for table in (self._runs, self._progress, self._claims):
                table.pop(claim.id, None)
            self._wake.set()

    async def _execute(self, claim: Claim, cluster: Cluster) -> dict[str, Any]:
        return await cluster.execute(claim, await self._results.inputs(claim.request))

    async def _keep_leases(self) -> None:
        strays: set[Run] = set()
        while True:
            await asyncio.sleep(LEASE / 3)
            held = {Run(claim.id, claim.attempt) for claim in self._claims.values()}
            ours = await self._queue.renew(self._owner, LEASE)
            for run in held - ours:  # cancelled, or taken, while we could not hear of it
                await self._stop_run(run)
            # Ours by the database alone, twice in a row: its end could not be recorded.
            unknown = ours - held
            gone = await self._queue.orphans(self._owner, all_others=False)
            for run in [*gone, *(strays & unknown)]:
                await self._recorder.lost(run)
                self._waiting = True
                self._wake.set()
            strays = unknown

    async def _listen(self) -> None:
        async for notice in self._database.listen("foldsight_work", "foldsight_cancel"):
            if notice.channel == "foldsight_cancel":
                claim = self._claims.get(notice.payload)
                if claim is not None:
                    await self._stop_run(Run(claim.id, claim.attempt))
            self._waiting = True
            self._wake.set()
        raise OSError("the listening connection was lost")

    async def _stop_run(self, run: Run) -> None:
        claim, task = self._claims.get(run.id), self._runs.get(run.id)
        if claim is None or task is None or claim.attempt != run.attempt:
            return
        if self._cluster is not None:
            await self._cluster.cancel(claim)
        task.cancel()

    def _on_progress(self, told: dict[str, Any]) -> None:
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
