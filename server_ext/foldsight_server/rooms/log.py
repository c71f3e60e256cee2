"""The log of rooms in PostgreSQL: what is in it is kept, and nothing else is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foldsight_server.rooms.document import merge, new_document, seed
from foldsight_server.store.database import Database
from foldsight_server.store.queries import sql

CHANNEL = "foldsight_room"
#: Parts that one row of the log names; an update that touches more is an import.
MOST_TOUCHED = 200


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted update and who made it."""

    author: str
    update: bytes
    touched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """A room as the log has it: a snapshot (or nothing) and the updates since, up to number ``head``."""

    head: int
    squashed: int
    snapshot: bytes
    updates: tuple[bytes, ...]


class Log:
    """The logs of all rooms.

    Parameters
    ----------
    database : Database
        An open one by the time that a method is called.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, room: str) -> State:
        """Return a room; one that is not there is made."""
        found = await self.since(room, -1)
        if found is None:
            fresh = new_document()
            seed(fresh)
            async with self._database.connection() as connection:
                await connection.execute(sql("make_room"), {"room": room, "snapshot": fresh.get_update()})
            found = await self.since(room, -1)
        assert found is not None, "a room is never removed while it is open"
        return found

    async def since(self, room: str, seq: int) -> State | None:
        """Return what came after an update, with the snapshot where that update is squashed already."""
        async with self._database.connection() as connection, connection.transaction():
            # Snapshot and updates must be of one moment, or a squash between them loses what it squashed.
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor = await connection.execute(sql("room_state"), {"room": room})
            row = await cursor.fetchone()
            if row is None:
                return None
            behind = row["squashed"] > seq
            values = {"room": room, "seq": row["squashed"] if behind else seq}
            cursor = await connection.execute(sql("room_updates_after"), values)
            updates = tuple(bytes(found["update"]) for found in await cursor.fetchall())
        return State(row["head"], row["squashed"], bytes(row["snapshot"]) if behind else b"", updates)

    async def append(self, room: str, records: Sequence[Record]) -> int:
        """Append updates in one transaction and return the number of the last."""
        values = {
            "room": room,
            "authors": [record.author for record in records],
            "updates": [record.update for record in records],
            "touched": ["\n".join(record.touched[:MOST_TOUCHED]) for record in records],
        }
        async with self._database.connection() as connection:
            row = await (await connection.execute(sql("room_append"), values)).fetchone()
        assert row is not None, "a room is made before it is written to"
        head: int = row["head"]
        return head

    async def squash(self, room: str, keep: int) -> int | None:
        """Make one snapshot of a room's log when it has more than ``keep`` updates.

        Returns
        -------
        int or None
            The number of the last update that is in the snapshot; None when the log was short, or
            another server was first.
        """
        # What is squashed is the log itself, not what this server happens to hold; it is put
        # together before the room is locked, so that writers wait for three statements only.
        state = await self.since(room, -1)
        if state is None or len(state.updates) <= keep:
            return None
        snapshot = await asyncio.to_thread(merged, state.snapshot, state.updates)
        async with self._database.connection() as connection, connection.transaction():
            row = await (await connection.execute(sql("lock_room"), {"room": room})).fetchone()
            if row is None or row["squashed"] != state.squashed:
                return None
            values = {"room": room, "head": state.head, "snapshot": snapshot}
            for statement in ("room_condense", "room_squash", "room_trim"):
                await connection.execute(sql(statement), values)
        return state.head

    async def history(self, room: str, limit: int) -> list[dict[str, Any]]:
        """Return who did what in a room, newest first."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(sql("room_history"), {"room": room, "limit": limit})
            return await cursor.fetchall()


def merged(snapshot: bytes, updates: Sequence[bytes]) -> bytes:
    """Return a snapshot and updates as one update; what was deleted is collected on the way."""
    doc = new_document()
    merge(doc, (snapshot, *updates))
    return doc.get_update()
