"""The Dask cluster as the dispatcher sees it: it executes runs, reports progress, and may be lost."""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from importlib import import_module
from typing import Any

from foldsight.errors import ServiceUnavailable
from foldsight_server.dispatch import task
from foldsight_server.dispatch.child import Child
from foldsight_server.dispatch.clusters import RESOURCE, address
from foldsight_server.dispatch.places import Places, RunLost, Worker, WorkerDied
from foldsight_server.store.queue import Claim, Run

_log = logging.getLogger(__name__)
#: Seconds that the cluster may take to come up on a busy machine.
START_LIMIT = 120.0
#: Seconds between two looks at which workers live, lest the scheduler's word of a change was lost.
TRUST = 5.0
#: Seconds in which the scheduler tells of a worker's end after a connection to it broke.
GRACE = 3.0

Report = Callable[[dict[str, Any]], None]


class Cluster:
    """A cluster of a child process, or one that is named by address, and the client to it.

    Each worker that lives has an actor (:class:`foldsight_server.dispatch.task.Runner`) and one run at
    a time, so that no run waits behind a busy worker while another is idle, and a dying worker takes no
    other run with it.

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
        self._watches: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._places = Places()
        #: Where each run is, until the worker has answered.
        self._runs: dict[Run, Worker] = {}

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
        else:
            self._child = Child()
            distributed, told = await asyncio.gather(loading, self._child.first_line(START_LIMIT))
            # Workers of this machine are called without a way through the scheduler.
            self._client = await _connect(
                distributed, told["address"], told["tls"], direct=_of_this_machine()
            )
        self._client.subscribe_topic(task.TOPIC, lambda event: self._report(event[1]))
        self._client.subscribe_topic("all", lambda event: self._hear(event[1]))
        await self._look()
        self._watches = [asyncio.create_task(watch()) for watch in (self._watch_health, self._watch_workers)]

    @property
    def healthy(self) -> bool:
        """Whether work can be sent: connected, and the child process lives."""
        alive = self._child is None or self._child.alive
        return alive and self._client is not None and self._client.status == "running"

    @property
    def workers(self) -> int:
        """How many workers live; one at least, which the next run waits for."""
        return max(len(self._places), 1)

    async def _watch_health(self) -> None:
        while self.healthy:
            await asyncio.sleep(0.25)
        _log.warning("the Dask cluster is gone")
        self._places.close(RunLost("the cluster is gone"))

    async def _watch_workers(self) -> None:
        while self.healthy:
            try:
                async with asyncio.timeout(TRUST):
                    await self._changed.wait()
            except TimeoutError:
                if not self._places.wanted:
                    continue
            self._changed.clear()
            try:
                await self._look()
            except (OSError, CancelledError) as fault:
                _log.info("the Dask scheduler does not say which workers live: %s", type(fault).__name__)

    async def _look(self) -> None:
        """Ask the scheduler which workers live that take runs."""
        known = await self._client.scheduler.identity(n_workers=-1)
        marks = {place: frozenset(worker["resources"]) for place, worker in known["workers"].items()}
        self._places.renew({place: held - {RESOURCE} for place, held in marks.items() if RESOURCE in held})

    def _hear(self, said: Any) -> None:
        """Take note that a worker came or went, as the scheduler says of itself."""
        action = said.get("action") if isinstance(said, dict) else None
        if action == "add-worker":
            self._changed.set()
        elif action == "remove-worker":
            place = str(said["worker"])
            # One that was told to go was not brought down by its run.
            self._places.lose(place, (RunLost if said.get("expected") else WorkerDied)(f"{place} is gone"))

    async def execute(self, claim: Claim, inputs: list[dict[str, bytes]]) -> dict[str, Any]:
        """Run a claim on a worker, once one is free, and return its outcome, ``files`` or ``error``.

        ``inputs`` are the files of the structures that an analysis takes; workers have no
        way to the store.

        Raises
        ------
        NoPlace, WorkerDied, RunLost
        """
        run, marked = Run(claim.id, claim.attempt), claim.region not in (None, self._region)
        worker = await self._places.take(frozenset({f"REGION_{claim.region}"} if marked else ()))
        self._runs[run] = worker
        sent = asyncio.create_task(self._send(run, worker, claim.request, inputs))
        sent.add_done_callback(lambda _: self._over(run, worker))
        # Who gives the run up does not free the worker: that does its answer.
        found: dict[str, Any] = await asyncio.shield(sent)
        return found

    def _over(self, run: Run, worker: Worker) -> None:
        self._runs.pop(run, None)
        self._places.leave(worker)

    async def _send(
        self, run: Run, worker: Worker, request: Mapping[str, Any], inputs: list[dict[str, bytes]]
    ) -> dict[str, Any]:
        words = {word: value for word, value in request.items() if word != "region"}
        answer = asyncio.create_task(self._call(run, worker, words, inputs))
        try:
            await asyncio.wait((answer, worker.lost), return_when=asyncio.FIRST_COMPLETED)
            if answer.done() and (answer.exception() is None or isinstance(answer.exception(), RunLost)):
                return answer.result()
            # A connection breaks a moment before the scheduler tells that, and how, its worker went.
            await asyncio.wait((worker.lost,), timeout=GRACE)
        finally:
            answer.cancel()
        if worker.lost.done():
            raise worker.lost.result()
        _log.warning("the worker of job %s does not answer", run.id, exc_info=answer.exception())
        # It lives but cannot be heard. Without its actor it stops what it does.
        worker.runner = None
        raise RunLost("the connection to the worker broke")

    async def _call(
        self, run: Run, worker: Worker, request: dict[str, Any], inputs: list[dict[str, bytes]]
    ) -> dict[str, Any]:
        if worker.runner is None:
            worker.runner = await self._actor(worker)
        if run not in self._runs:
            raise RunLost("the run was cancelled")
        order = task.packed(task.Order(run.id, run.attempt, request, inputs))
        return task.outcome(await worker.runner.run(order))

    async def _actor(self, worker: Worker) -> Any:
        """Put an actor on a worker."""
        distributed: Any = import_module("distributed")
        key = f"runner-{uuid.uuid4().hex}"
        future = self._client.submit(
            task.Runner, actor=True, workers=[worker.address], key=key, pure=False, retries=0
        )
        fault = await future.exception()
        if fault is not None:
            raise fault
        # An actor finds its client by itself; there can be several, one for each region.
        with self._client.as_current():
            return distributed.Actor(task.Runner, worker.address, key)

    async def cancel(self, claim: Claim) -> None:
        """Ask the worker to stop a run; the worker is free again when it has."""
        worker = self._runs.pop(Run(claim.id, claim.attempt), None)
        if worker is not None and worker.runner is not None:
            try:
                await worker.runner.stop(claim.id, claim.attempt)
            except (OSError, RuntimeError) as fault:  # the worker is gone, and the run with it
                _log.info("job %s could not be stopped: %s", claim.id, type(fault).__name__)

    async def close(self) -> None:
        """Disconnect and end the child process with its workers."""
        for watch in self._watches:
            watch.cancel()
        self._places.close(RunLost("the cluster is closed"))
        client, self._client = self._client, None
        try:
            if client is not None:
                # In a task of its own: Dask swallows a cancellation that comes while it waits for a scheduler
                # that is gone, and whoever was to end with this would go on for ever.
                await asyncio.shield(_leave(client))
        finally:
            child, self._child = self._child, None
            if child is not None:
                await asyncio.to_thread(child.end)


async def _leave(client: Any) -> None:
    try:
        await client.close(timeout=5)
    except (TimeoutError, OSError, CancelledError) as fault:
        _log.info("closing the Dask client: %s", type(fault).__name__)


def _of_this_machine() -> bool:
    return (os.environ.get("FOLDSIGHT_CLUSTER") or "local") in ("local", "cuda")


async def _connect(distributed: Any, address: str, tls: Mapping[str, str], *, direct: bool = False) -> Any:
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
            address,
            asynchronous=True,
            name="foldsight",
            security=security,
            timeout=START_LIMIT,
            direct_to_workers=direct,
            set_as_default=False,
        )
    except OSError as fault:
        raise ServiceUnavailable(f"The Dask scheduler does not answer: {fault}.") from fault
