"""Empties the outbox: tries each delivery until it is taken, or given up.

Every replica may have one; a delivery is claimed by one of them at a time. A server that dies
with a delivery in hand may have sent it: receivers know repeats by the event's id.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

from foldsight_server.store.database import Database, whenever
from foldsight_server.store.queries import sql
from foldsight_server.webhooks.post import PATIENCE, Outcome, Post

_log = logging.getLogger(__name__)
#: Deliveries under way at a time.
AT_ONCE = 8
#: Of these, to one webhook.
EACH = 2
#: Deliveries to one webhook in a minute; the rest waits.
RATE = 60
#: Tries of one delivery: half a minute after the first, then four times as long each time, a day in all.
TRIES = 8
#: Days of failures after which a webhook is disabled.
DAYS = 3
_IDLE = 5.0


def delay(attempts: int) -> float | None:
    """Return the seconds until the next try after so many, None when it is given up.

    Examples
    --------
    >>> [delay(n) for n in (1, 2, 3, 8)]
    [30.0, 120.0, 480.0, None]
    """
    return None if attempts >= TRIES else min(30.0 * 4 ** (attempts - 1), 6 * 3600.0)


class Courier:
    """Delivers.

    Parameters
    ----------
    database : Database
    post : Post
    told : callable, optional
        Hears of each try: ``delivered``, ``failed`` or ``refused``.
    """

    def __init__(self, database: Database, post: Post, told: Callable[[str], None] = lambda _: None) -> None:
        self._database, self._post, self._told = database, post, told

    async def run(self) -> None:
        """Deliver what is due, for ever, or until the listening connection is lost."""
        await whenever(self._database, "foldsight_webhook", _IDLE, self._empty)

    async def _empty(self) -> None:
        while await self.deliver():
            pass

    async def deliver(self) -> int:
        """Try what is due, at most so many as may be under way; return how many were tried."""
        values = {"rate": RATE, "limit": AT_ONCE, "each": EACH, "lease": 6 * PATIENCE}
        async with self._database.connection() as connection, connection.transaction():
            rows = await (await connection.execute(sql("claim_deliveries"), values)).fetchall()
        await asyncio.gather(*(self._try(row) for row in rows))
        return len(rows)

    async def _try(self, row: dict[str, Any]) -> None:
        outcome = await self._post.send(row)
        values: dict[str, Any] = {"id": row["id"], "attempts": row["attempts"], "status": outcome.status}
        if outcome.delivered:
            async with self._database.connection() as connection:
                await connection.execute(sql("delivered"), values)
            self._told("delivered")
            return
        await self._again(row, outcome, values)

    async def _again(self, row: dict[str, Any], outcome: Outcome, values: dict[str, Any]) -> None:
        pause = delay(row["attempts"])
        # Receivers that went down together do not come back to all of it at once.
        spread = None if pause is None else pause * random.uniform(0.9, 1.1)
        values |= {"error": outcome.error, "delay": spread, "gone": outcome.status == 410, "days": DAYS}
        async with self._database.connection() as connection:
            found = await (await connection.execute(sql("not_delivered"), values)).fetchone()
        self._told("failed" if outcome.status is not None else "refused")
        if found is not None and found["disabled"] is not None:
            _log.warning("webhook %s is disabled: %s", found["id"], outcome.error)
