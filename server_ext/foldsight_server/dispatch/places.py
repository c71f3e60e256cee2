"""Which workers live, and which of them has a run: one at a time for each, in the order of asking."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class RunLost(Exception):
    """The run ended without an outcome: the cluster is gone, or the run was cancelled."""


class NoPlace(RunLost):
    """There is no worker that may do this run, for now."""


class WorkerDied(RunLost):
    """The worker died while it ran this very run."""


@dataclass(eq=False)
class Worker:
    """A living worker.

    Parameters
    ----------
    address : str
    marks : frozenset of str
        The names of what it has besides the place for a run, such as ``REGION_eu``.
    lost : asyncio.Future
        Has what a run there ends with, once the worker lives no more.
    taken : bool
        Whether it has a run.
    runner : distributed.Actor, optional
        What runs there, once it was asked for.
    """

    address: str
    marks: frozenset[str]
    lost: asyncio.Future[RunLost]
    taken: bool = False
    runner: Any = field(default=None, repr=False)


class Places:
    """The workers of a cluster as places for runs.

    Of those that fit a run takes the worker with the fewest marks, the first of equals: what it has
    loaded serves again, and those that only it may serve are left to whom nobody else serves.
    """

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}
        self._waiting: list[tuple[frozenset[str], asyncio.Future[Worker]]] = []

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def wanted(self) -> bool:
        """Whether a run has a worker or waits for one."""
        return bool(self._waiting) or any(worker.taken for worker in self._workers.values())

    def renew(self, living: Mapping[str, Iterable[str]]) -> None:
        """Take note of the addresses and marks of all workers that live now."""
        for address in self._workers.keys() - living.keys():
            self.lose(address, WorkerDied(f"{address} is gone"))
        loop = asyncio.get_running_loop()
        for address in living.keys() - self._workers.keys():
            self._workers[address] = Worker(address, frozenset(living[address]), loop.create_future())
        self._serve()

    def lose(self, address: str, fault: RunLost) -> None:
        """Take note that a worker is gone; its run ends with this fault."""
        worker = self._workers.pop(address, None)
        if worker is not None:
            worker.lost.set_result(fault)
            worker.runner = None

    def close(self, fault: RunLost) -> None:
        """End what runs and what waits with this fault."""
        for address in list(self._workers):
            self.lose(address, fault)
        waiting, self._waiting = self._waiting, []
        for _, seat in waiting:
            if not seat.done():
                seat.set_exception(fault)

    async def take(self, wants: frozenset[str]) -> Worker:
        """Wait for a free worker, one with all these marks; whoever asked first is served first.

        Raises
        ------
        NoPlace
            When workers live and none has them.
        """
        seat: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append((wants, seat))
        self._serve()
        try:
            return await seat
        except asyncio.CancelledError:
            if seat.done() and not seat.cancelled() and seat.exception() is None:
                self.leave(seat.result())
            raise

    def leave(self, worker: Worker) -> None:
        """Give a worker back."""
        worker.taken = False
        self._serve()

    def _serve(self) -> None:
        waiting, self._waiting = self._waiting, []
        for wants, seat in waiting:
            if seat.done():
                continue
            fit = [worker for worker in self._workers.values() if wants <= worker.marks]
            free = [worker for worker in fit if not worker.taken]
            if free:
                worker = min(free, key=lambda one: len(one.marks))
                worker.taken = True
                seat.set_result(worker)
            elif wants and self._workers and not fit:
                seat.set_exception(NoPlace(f"No worker with {', '.join(sorted(wants))} is connected."))
            else:
                self._waiting.append((wants, seat))
