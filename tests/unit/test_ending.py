"""A task that is cancelled ends, also in the moment it is woken, and also when it lost its cancellation."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from foldsight_server import ending
from foldsight_server.dispatch.cluster import Cluster
from foldsight_server.dispatch.dispatcher import Dispatcher
from foldsight_server.ending import end
from foldsight_server.events import changed
from foldsight_server.store.database import whenever

Waiting = Callable[[], tuple[Coroutine[Any, Any, Any], asyncio.Event]]


class Quiet(Dispatcher):
    """A dispatcher without work."""

    def __init__(self) -> None:
        super().__init__(*[None] * 3)  # type: ignore[arg-type]

    async def _fill(self) -> float | None:
        return None


class Alive(Cluster):
    """A cluster that is up."""

    healthy = True  # type: ignore[assignment]


def waits_for_change() -> tuple[Coroutine[Any, Any, Any], asyncio.Event]:
    event = asyncio.Event()

    async def go() -> None:
        while True:
            await changed(event, 60)
            event.clear()

    return go(), event


def waits_for_jobs() -> tuple[Coroutine[Any, Any, Any], asyncio.Event]:
    dispatcher = Quiet()
    return dispatcher._dispatch(), dispatcher._wake


def waits_for_workers() -> tuple[Coroutine[Any, Any, Any], asyncio.Event]:
    cluster = Alive(lambda _: None)

    async def look() -> None:
        return

    cluster._look = look  # type: ignore[method-assign]
    return cluster._watch_workers(), cluster._changed


@pytest.mark.parametrize("waiting", [waits_for_change, waits_for_jobs, waits_for_workers])
def test_who_is_cancelled_in_the_moment_it_is_woken_ends(waiting: Waiting) -> None:
    async def go() -> None:
        work, event = waiting()
        task = asyncio.create_task(work)
        await asyncio.sleep(0.01)
        event.set()
        task.cancel()
        done, _ = await asyncio.wait((task,), timeout=2)
        task.cancel()
        assert done == {task}
        assert task.cancelled()

    asyncio.run(go())


def test_work_done_whenever_is_over_when_cancelled_as_it_is_told() -> None:
    """The channel's word and the end come in one moment."""

    async def go() -> None:
        word, worked = asyncio.Event(), 0

        class Telling:
            async def listen(self, _: str) -> AsyncIterator[None]:
                while True:
                    await word.wait()
                    word.clear()
                    yield

        async def work() -> None:
            nonlocal worked
            worked += 1

        for ticks in range(5):
            task = asyncio.create_task(whenever(Telling(), "news", 60, work))  # type: ignore[arg-type]
            await asyncio.sleep(0.01)
            word.set()
            for _ in range(ticks):
                await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait((task,), timeout=2)
            assert done == {task}
        assert worked >= 5

    asyncio.run(go())


def test_a_task_that_loses_its_cancellation_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "AGAIN", 0.01)

    async def go() -> None:
        lost = 0

        async def deaf() -> None:
            nonlocal lost
            for _ in range(2):
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(60)
                lost += 1
            await asyncio.sleep(60)

        async def broken() -> None:
            raise OSError("gone")

        tasks = [asyncio.create_task(work()) for work in (deaf, broken)]
        await asyncio.sleep(0)
        await end(tasks)
        assert lost == 2
        assert tasks[0].cancelled()
        assert isinstance(tasks[1].exception(), OSError)
        await end(())

    asyncio.run(go())
