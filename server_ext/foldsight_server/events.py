"""News of jobs: one listening connection, many waiters."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator

from foldsight_server.store.database import Database


class Events:
    """Wakes whoever waits for a job to change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiters: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        """Pass notifications on until the connection is lost."""
        async for notice in self._database.listen("foldsight_job"):
            for waiter in self._waiters.get(notice.payload, ()):
                waiter.set()
        raise OSError("the listening connection was lost")

    @contextlib.contextmanager
    def watch(self, job_id: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the job changes; clear it before looking."""
        waiter = asyncio.Event()
        self._waiters[job_id].add(waiter)
        try:
            yield waiter
        finally:
            self._waiters[job_id].discard(waiter)
            if not self._waiters[job_id]:
                del self._waiters[job_id]


async def changed(waiter: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set or the time is up."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(waiter.wait(), seconds)
