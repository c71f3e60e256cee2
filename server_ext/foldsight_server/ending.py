"""Ends tasks for sure, also those that lose a cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

#: Seconds after which a task that goes on is cancelled again: longer than any of ours takes to clean up.
AGAIN = 10.0


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until every one has ended, whatever with.

    A library may swallow a cancellation: Dask does while it waits for a scheduler that is gone, and so does
    ``asyncio.wait_for`` of Python 3.11 in the moment in which what it waits for comes
    (https://github.com/python/cpython/issues/86296). Tasks that go on are told again.
    """
    told = list(tasks)
    left = {task for task in told if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN)
    await asyncio.gather(*told, return_exceptions=True)  # which also takes note of what they broke with
