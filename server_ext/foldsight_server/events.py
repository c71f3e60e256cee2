"""News of jobs: one listening connection, many waiters."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator

from foldsight.jobs import FINAL
from foldsight_server.store.database import Database

Waiters = defaultdict[str, set[asyncio.Event]]


class Events:
    """Wakes whoever waits for a job to change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: Waiters = defaultdict(set)
        self._end_waiters: Waiters = defaultdict(set)

    async def run(self) -> None:
        """Pass notifications on until the connection is lost."""
        async for notice in self._database.listen("foldsight_job"):
            job_id, _, state = notice.payload.partition(" ")
            for waiter in self._waiters.get(job_id, ()):
                waiter.set()
            if state in FINAL:
                for waiter in self._end_waiters.get(job_id, ()):
                    waiter.set()
        raise OSError("the listening connection was lost")

    @contextlib.contextmanager
    def watch(self, job_id: str, *, end: bool = False) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the job changes, or once it ends; clear it before looking."""
        waiter, table = asyncio.Event(), self._end_waiters if end else self._waiters
        table[job_id].add(waiter)
        try:
            yield waiter
        finally:
            table[job_id].discard(waiter)
            if not table[job_id]:
                del table[job_id]


async def changed(waiter: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set or the time is up."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await waiter.wait()
