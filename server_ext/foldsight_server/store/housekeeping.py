"""What is done now and then: the trash is emptied, and files that nothing refers to are removed."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping

from foldsight_server.store.access import one
from foldsight_server.store.database import Database
from foldsight_server.store.objects import ObjectStore
from foldsight_server.store.queries import sql

_log = logging.getLogger(__name__)
#: Days in the trash.
TRASH_DAYS = 30
#: Seconds that a new file has until something must refer to it.
GRACE = 24 * 3600.0
#: Seconds that answers to idempotency keys are kept.
KEY_AGE = 24 * 3600.0
#: Days that deliveries to webhooks are kept.
DELIVERY_DAYS = 30
_PAUSE = 3600.0


class ObjectRows:
    """The rows of the objects, and secrets that all replicas share.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, sizes: Mapping[str, int]) -> None:
        """Take note of objects that are about to be written, always in the same order."""
        digests = sorted(sizes)
        values = {"digests": digests, "sizes": [sizes[digest] for digest in digests]}
        async with self._database.connection() as connection:
            await connection.execute(sql("note_objects"), values)

    async def secret(self, name: str) -> bytes:
        """Return a secret, made by whoever needs it first."""
        row = None
        while row is None:  # who loses the race to make it sees it a moment later
            async with self._database.connection() as connection:
                row = await one(connection, "secret", {"name": name, "value": secrets.token_bytes(32)})
        return bytes(row["value"])


class Housekeeping:
    """Cleans up once an hour, in one server at a time.

    Parameters
    ----------
    database : Database
    objects : ObjectStore
    forget : callable
        Deletes the accounts whose grace is over; returns how many.
    """

    def __init__(
        self, database: Database, objects: ObjectStore, forget: Callable[[], Awaitable[int]]
    ) -> None:
        self._database, self._objects, self._forget = database, objects, forget

    async def run(self) -> None:
        """Sweep for ever; a fresh server first does what it was started for."""
        while True:
            await asyncio.sleep(_PAUSE)
            await self.sweep()

    async def sweep(self, grace: float = GRACE) -> dict[str, int]:
        """Empty the trash, forget old keys, remove unreferenced files; return how many of each."""
        async with self._database.connection() as connection, connection.transaction():
            lock = await one(connection, "try_sweep", {})
            if lock is None or not lock["mine"]:
                return {}
            gone = await one(connection, "empty_trash", {"days": TRASH_DAYS})
            await connection.execute(sql("forget_keys"), {"age": KEY_AGE})
            await connection.execute(sql("forget_deliveries"), {"days": DELIVERY_DAYS})
            await connection.execute(sql("forget_billing_events"))
        accounts = await self._forget()
        removed = await self.collect(grace)
        found = {**(gone or {}), "accounts": accounts, "objects": removed}
        _log.info("swept: %s", found)
        return found

    async def collect(self, grace: float = GRACE) -> int:
        """Remove files that nothing refers to; return how many.

        A file is removed while its row is locked. Whoever stores the same bytes meanwhile
        waits for that and then writes them anew.
        """
        removed = 0
        while True:
            values = {"grace": grace, "limit": 500}
            async with self._database.connection() as connection:
                rows = await (await connection.execute(sql("unreferenced"), values)).fetchall()
            done = [await self._drop(row["digest"], grace) for row in rows]
            removed += sum(done)
            if not any(done):
                return removed

    async def _drop(self, digest: str, grace: float) -> bool:
        async with self._database.connection() as connection, connection.transaction():
            row = await one(connection, "drop_object", {"digest": digest, "grace": grace})
            if row is not None:
                await self._objects.remove(digest)
        return row is not None
