"""Idempotency keys and the answers that were given under them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from foldsight_server.store.access import Row
from foldsight_server.store.database import Database
from foldsight_server.store.queries import sql

#: Seconds after which a request that never got its answer may be made again.
STALE = 120


@dataclass(frozen=True)
class Key:
    """A user's key, and the fingerprint of the request that it came with."""

    user_id: str
    key: str
    fingerprint: str


class Keys:
    """Keys in PostgreSQL.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, key: Key) -> bool:
        """Take a key; False when it was taken before."""
        return await self._one("claim_key", key, stale=STALE) is not None

    async def answered(self, key: Key) -> Row | None:
        """Return fingerprint, status and answer of a taken key; the status is None until there is one."""
        return await self._one("answered", key)

    async def keep(self, key: Key, status: int, answer: bytes) -> None:
        """Keep the answer for whoever asks again."""
        await self._one("keep_answer", key, status=status, answer=answer)

    async def drop(self, key: Key) -> None:
        """Give a key back that has no answer."""
        await self._one("drop_key", key)

    async def _one(self, statement: str, key: Key, **values: object) -> Row | None:
        async with self._database.connection() as connection:
            cursor = await connection.execute(sql(statement), {**asdict(key), **values})
            return await cursor.fetchone() if cursor.description else None
