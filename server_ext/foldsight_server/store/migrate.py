"""Numbered plain-SQL migrations, each in a transaction, with checksums.

Racing servers take turns by an advisory lock that is *tried* in a loop: waiting inside
PostgreSQL would deadlock with statements that wait for all transactions to end.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, LiteralString

import psycopg

from foldsight.errors import ServiceUnavailable

#: Any fixed number, the same in every server.
LOCK = 7_046_029_254
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version   integer PRIMARY KEY,
    name      text NOT NULL,
    checksum  text NOT NULL,
    applied   timestamptz NOT NULL DEFAULT now()
)
"""


def migrations() -> Iterator[tuple[int, str, LiteralString]]:
    """Yield version, name and SQL of every migration in order."""
    folder = files("foldsight_server.store") / "migrations"
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(".sql"):
            number, _, _ = item.name.partition("_")
            yield int(number), item.name, item.read_text(encoding="utf-8")


async def migrate(dsn: str) -> list[str]:
    """Bring the database up to date and return the names of what was applied.

    Raises
    ------
    ServiceUnavailable
        When an applied migration differs from the file, or the database is newer than
        this program.
    """
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        while not await _locked(connection):
            await asyncio.sleep(0.05)
        try:
            return await _apply(connection)
        finally:
            await connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


async def _locked(connection: psycopg.AsyncConnection[Any]) -> bool:
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def _apply(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    await connection.execute(_LEDGER)
    cursor = await connection.execute("SELECT version, checksum FROM schema_migrations")
    applied = dict(await cursor.fetchall())
    known, done = list(migrations()), []
    if applied and max(applied) > max(version for version, _, _ in known):
        raise ServiceUnavailable("The database is newer than this FoldSight.", hint="Upgrade FoldSight.")
    for version, name, sql in known:
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        if version not in applied:
            await _run(connection, version, name, checksum, sql)
            done.append(name)
        elif applied[version] != checksum:
            raise ServiceUnavailable(
                f"Migration {name} was changed after it was applied.", hint="Restore the file; add a new one."
            )
    return done


async def _run(
    connection: psycopg.AsyncConnection[Any], version: int, name: str, checksum: str, sql: LiteralString
) -> None:
    async with connection.transaction():
        await connection.execute(sql)
        await connection.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
            (version, name, checksum),
        )
