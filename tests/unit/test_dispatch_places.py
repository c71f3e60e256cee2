"""Who gets which worker, and what a run ends with when its worker is lost; workers are stand-ins."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import pytest
from foldsight_server.dispatch import cluster as module
from foldsight_server.dispatch.cluster import Cluster
from foldsight_server.dispatch.places import NoPlace, Places, RunLost, Worker, WorkerDied
from foldsight_server.dispatch.task import packed
from foldsight_server.store.queue import Claim

NONE: frozenset[str] = frozenset()
EU = frozenset({"REGION_eu"})


def places(*marks: frozenset[str]) -> Places:
    found = Places()
    found.renew({str(number): held for number, held in enumerate(marks)})
    return found


async def soon(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Start a task and let it come to where it waits."""
    task = asyncio.create_task(work)
    for _ in range(5):
        await asyncio.sleep(0)
    return task


def test_who_asks_first_is_served_first_and_marked_workers_are_spared() -> None:
    async def go() -> None:
        held = places(EU, NONE)
        assert (await held.take(NONE)).address == "1"
        assert (await held.take(NONE)).address == "0"
        bound, free = await soon(held.take(EU)), await soon(held.take(NONE))
        held.leave(held._workers["1"])
        assert (await free).address == "1"
        assert not bound.done()
        held.leave(held._workers["0"])
        assert (await bound).address == "0"

    asyncio.run(go())


def test_a_run_waits_for_workers_to_come_but_not_for_a_region_that_has_none() -> None:
    async def go() -> None:
        held = Places()
        waiting, bound = await soon(held.take(NONE)), await soon(held.take(EU))
        assert held.wanted
        held.renew({"a": NONE})
        assert (await waiting).address == "a"
        with pytest.raises(NoPlace, match="REGION_eu"):
            await bound

    asyncio.run(go())


def test_who_gives_up_waiting_keeps_no_worker() -> None:
    async def go() -> None:
        held = places(NONE)
        worker = await held.take(NONE)
        early, late = await soon(held.take(NONE)), await soon(held.take(NONE))
        held.leave(worker)  # given to the first, which is cancelled before it hears of it
        early.cancel()
        assert await late is worker
        assert early.cancelled()
        late = await soon(held.take(NONE))
        held.close(RunLost("closed"))
        with pytest.raises(RunLost, match="closed"):
            await late
        assert (await worker.lost).args == ("closed",)

    asyncio.run(go())


class Runner:
    """Answers when told to, or with a broken connection."""

    def __init__(self) -> None:
        self.stopped: list[tuple[str, int]] = []
        self.answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    async def run(self, _: bytes) -> bytes:
        return packed(await self.answer)

    async def stop(self, job: str, attempt: int) -> None:
        self.stopped.append((job, attempt))


class Site(Cluster):
    """A cluster of one worker."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)
        self._places.renew({"a": NONE})
        self.runner = Runner()

    async def _actor(self, worker: Worker) -> Any:
        return self.runner

    @property
    def worker(self) -> Worker:
        return self._places._workers["a"]


CLAIM = Claim("j", 1, {"kind": "fold"}, "key")


@pytest.mark.parametrize(("expected", "fault"), [(True, RunLost), (False, WorkerDied)])
def test_a_worker_that_was_told_to_go_was_not_brought_down_by_its_run(
    expected: bool, fault: type[RunLost]
) -> None:
    async def go() -> None:
        site = Site()
        run = await soon(site.execute(CLAIM, []))
        site.runner.answer.set_exception(OSError("closed"))
        await asyncio.sleep(0.01)
        assert not run.done()  # until the scheduler has said how the worker went
        site._hear({"action": "remove-worker", "worker": "a", "expected": expected})
        with pytest.raises(RunLost) as caught:
            await run
        assert caught.type is fault

    asyncio.run(go())


def test_a_worker_that_lives_but_cannot_be_heard_is_given_another_actor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.01)

    async def go() -> None:
        site = Site()
        run = await soon(site.execute(CLAIM, []))
        site.runner.answer.set_exception(OSError("closed"))
        with pytest.raises(RunLost, match="the connection to the worker broke"):
            await run
        assert (site.worker.runner, site.worker.taken) == (None, False)

    asyncio.run(go())


def test_a_worker_is_free_when_its_run_has_stopped_not_when_it_was_told_to() -> None:
    async def go() -> None:
        site = Site()
        run = await soon(site.execute(CLAIM, []))
        await site.cancel(CLAIM)
        run.cancel()
        await asyncio.wait((run,))
        assert site.runner.stopped == [("j", 1)]
        assert site.worker.taken
        site.runner.answer.set_result({"files": {}})
        await asyncio.sleep(0.01)
        assert not site.worker.taken

    asyncio.run(go())


class Absent:
    """A client whose scheduler is gone: as Dask's it takes its time to close, and swallows a cancellation."""

    def __init__(self) -> None:
        self.closed = False

    async def close(self, timeout: float) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(timeout / 50)
        self.closed = True


def test_who_is_cancelled_while_a_lost_cluster_closes_ends() -> None:
    async def go() -> None:
        site, client = Site(), Absent()
        site._client = client
        closing = await soon(site.close())
        closing.cancel()
        await asyncio.wait((closing,))
        assert closing.cancelled()
        await asyncio.sleep(0.2)
        assert client.closed  # by itself, undisturbed

    asyncio.run(go())
