"""The Dask cluster as the dispatcher sees it: it executes runs, reports progress, and may be lost."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError
from importlib import import_module
from typing import Any

from foldsight.errors import EngineFailed, ServiceUnavailable
from foldsight_server.dispatch import task
from foldsight_server.dispatch.child import Child
from foldsight_server.dispatch.clusters import RESOURCE, address
from foldsight_server.store.queue import Claim

_log = logging.getLogger(__name__)
#: Seconds that the cluster may take to come up on a busy machine.
START_LIMIT = 120.0
#: Seconds that what the scheduler said of its workers holds, unless it tells of a change.
TRUST = 5.0

Report = Callable[[dict[str, Any]], None]


class RunLost(Exception):
    """The run ended without an outcome: the cluster is gone, or the run was cancelled."""


class NoPlace(RunLost):
    """There is no worker that may do this run, for now."""


class WorkerDied(RunLost):
    """The worker died while it ran this very run."""


class Cluster:
    """A cluster of a child process, or one that is named by address, and the client to it.

    Parameters
    ----------
    report : callable
        Takes the progress events of :mod:`foldsight_server.dispatch.task`.
    place : Address, optional
        A scheduler to use; by default what the environment names
        (:mod:`foldsight_server.dispatch.clusters.address`), else a cluster of our own.
    region : str, optional
        The region that all workers there are in.
    """

    def __init__(
        self, report: Report, place: address.Address | None = None, region: str | None = None
    ) -> None:
        self._report, self._place, self._region = report, place, region
        self._child: Child | None = None
        self._client: Any = None
        self._turn = asyncio.Lock()
        self._gone = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._futures: dict[str, Any] = {}
        #: What each living worker has, and when we were told; None when it must be asked.
        self._held: list[Mapping[str, Any]] | None = None
        self._told = 0.0
        self.workers = 1

    async def start(self) -> None:
        """Start the child process and connect.

        Raises
        ------
        ServiceUnavailable
        """
        place = self._place or address.read(os.environ)
        # Importing distributed takes seconds; the child does the same meanwhile.
        loading = asyncio.to_thread(import_module, "distributed")
        if place:
            self._client = await _connect(await loading, place.url, place.tls)
            self.workers = await self._living()
        else:
            self._child = Child()
            distributed, told = await asyncio.gather(loading, self._child.first_line(START_LIMIT))
            self.workers = int(told["workers"])
            self._client = await _connect(distributed, told["address"], told["tls"])
        self._client.subscribe_topic(task.TOPIC, lambda event: self._report(event[1]))
        self._client.subscribe_topic("all", lambda event: self._hear(event[1]))
        self._watch = asyncio.create_task(self._watch_health())

    @property
    def healthy(self) -> bool:
        """Whether work can be sent: connected, and the child process lives."""
        alive = self._child is None or self._child.alive
        return alive and self._client is not None and self._client.status == "running"

    @property
    def _grows(self) -> bool:
        """Whether somebody else adds and removes workers; ours of this machine are as many as were asked."""
        return self._child is None or os.environ.get("FOLDSIGHT_CLUSTER", "local") not in ("local", "cuda")

    def _hear(self, said: Any) -> None:
        """Take note that a worker came or went, as the scheduler says of itself."""
        if isinstance(said, dict) and said.get("action") in ("add-worker", "remove-worker"):
            self._held = None

    async def _living(self) -> int:
        known = await self._client.scheduler.identity(n_workers=-1)
        return max(len(known["workers"]), 1)

    async def _watch_health(self) -> None:
        while self.healthy:
            await asyncio.sleep(0.25)
            if self._grows and self._client is not None:
                known = self._client.scheduler_info(n_workers=-1)["workers"]
                self.workers = max(len(known), 1)
        _log.warning("the Dask cluster is gone")
        self._gone.set()

    async def execute(self, claim: Claim, inputs: list[dict[str, bytes]]) -> dict[str, Any]:
        """Run a claim on a worker, once one is free, and return what the task returns.

        ``inputs`` are the files of the structures that an analysis takes; workers have no
        way to the store.

        Not more runs than there are living workers are handed to Dask, so that none waits
        behind a busy worker while another is idle, and a dying worker takes no other run
        with it.

        Raises
        ------
        NoPlace, WorkerDied, RunLost
        EngineFailed
            When the worker sent back what is no outcome.
        """
        async with self._turn:
            wants = self._wants(claim)
            request = {word: value for word, value in claim.request.items() if word != "region"}
            await self._until_room(wants)
            future = self._client.submit(
                task.run, claim.id, claim.attempt, request, inputs,
                key=_key(claim), resources=wants, pure=False, retries=0,
            )  # fmt: skip
            self._futures[_key(claim)] = future
        try:
            return await self._outcome(future)
        finally:
            self._futures.pop(_key(claim), None)

    def _wants(self, claim: Claim) -> dict[str, int]:
        """What a worker must have: a free place, and the region's mark unless all here are in it."""
        marked = claim.region is not None and claim.region != self._region
        return {RESOURCE: 1, **({f"REGION_{claim.region}": 1} if marked else {})}

    async def _until_room(self, wants: Mapping[str, int]) -> None:
        """Wait until a living worker has no run: one that died is started again, which takes a moment."""
        while True:
            now = asyncio.get_running_loop().time()
            if self._held is None or now - self._told > TRUST:
                self._told = now
                known = await self._while_up(self._client.scheduler.identity(n_workers=-1))
                self._held = [worker["resources"] for worker in known["workers"].values()]
            held = self._held
            if len(wants) > 1 and not any(wants.keys() <= one.keys() for one in held):
                raise NoPlace(f"No worker with {', '.join(sorted(wants))} is connected.")
            if len(held) > len(self._futures):
                return
            await asyncio.sleep(0.1)

    async def _outcome(self, future: Any) -> dict[str, Any]:
        from distributed import KilledWorker

        try:
            found: dict[str, Any] = await self._while_up(_result(future))
        except KilledWorker as fault:
            self._held = None
            raise WorkerDied(str(fault)) from None
        except RunLost:
            raise
        except Exception as fault:  # whatever else a worker raises is the job's fault
            _log.exception("a run broke")
            raise EngineFailed(f"The engine stopped: {type(fault).__name__}: {fault}.") from fault
        return found

    async def _while_up(self, answer: Coroutine[Any, Any, Any]) -> Any:
        """Wait for an answer, but not longer than the cluster lives: Dask would wait for its return."""
        waiting, gone = asyncio.create_task(answer), asyncio.create_task(self._gone.wait())
        try:
            await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                raise RunLost("the cluster is gone")
            return waiting.result()
        except (CancelledError, OSError) as fault:
            raise RunLost(str(fault)) from None
        finally:
            waiting.cancel()
            gone.cancel()

    async def cancel(self, claim: Claim) -> None:
        """Ask the worker to stop a run; the run then ends as lost."""
        future = self._futures.get(_key(claim))
        if future is not None:
            await future.cancel(force=True)

    async def close(self) -> None:
        """Disconnect and end the child process with its workers."""
        self._gone.set()
        if self._watch is not None:
            self._watch.cancel()
        client, self._client = self._client, None
        if client is not None:
            try:
                await client.close(timeout=5)
            except (TimeoutError, OSError, CancelledError) as fault:
                _log.info("closing the Dask client: %s", type(fault).__name__)
        child, self._child = self._child, None
        if child is not None:
            await asyncio.to_thread(child.end)


def _key(claim: Claim) -> str:
    return f"job-{claim.id}-{claim.attempt}"


async def _result(future: Any) -> dict[str, Any]:
    found: dict[str, Any] = await future
    return found


async def _connect(distributed: Any, address: str, tls: Mapping[str, str]) -> Any:
    """Connect a client; credentials are files' paths, or PEM texts that touch no disk."""
    security = (
        None
        if not tls
        else distributed.Security(
            require_encryption=True,
            tls_ca_file=tls["ca_file"],
            tls_client_cert=tls["cert"],
            tls_client_key=tls["key"],
        )
    )
    try:
        return await distributed.Client(
            address, asynchronous=True, name="foldsight", security=security, timeout=START_LIMIT
        )
    except OSError as fault:
        raise ServiceUnavailable(f"The Dask scheduler does not answer: {fault}.") from fault
