"""The doors of rooms in a workspace: who may enter, what there is to annotate, what search sees."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import uuid
from collections.abc import Callable, Collection

from foldsight.annotation import Annotation
from foldsight.annotation.values import Residued
from foldsight.errors import NotFound
from foldsight.plans import EMBEDDED
from foldsight_server.identity import Identity
from foldsight_server.rooms.document import keys, read, root
from foldsight_server.rooms.residues import KnownResidues
from foldsight_server.rooms.room import AWAY, Room
from foldsight_server.rooms.rooms import Door, Rooms
from foldsight_server.store.access import Access
from foldsight_server.store.database import Database
from foldsight_server.store.discussion import Discussion
from foldsight_server.store.objects import ObjectStore
from foldsight_server.store.queries import sql

_log = logging.getLogger(__name__)
#: A room of one person's own, for what lies in no project: a file that is open, a prediction.
LOCAL = re.compile(r"local-[A-Za-z0-9_-]{1,80}")
#: Seconds that changes are gathered before the searchable copy is written.
INDEX_AFTER = 1.0
#: Annotations that are read before others have a turn.
BREATH = 25


class Doors:
    """Finds the role of a caller in the project behind a room.

    Parameters
    ----------
    access : Access
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    async def __call__(self, identity: Identity, door_id: str) -> Door:
        """Return what the caller finds there; raises NotFound."""
        if LOCAL.fullmatch(door_id):
            return Door(own_room(identity, door_id), "owner")
        missing = NotFound(
            f"There is no room {door_id[:60]!r}.", hint="Give the id of a project or structure."
        )
        try:
            room_id = str(uuid.UUID(door_id))
        except ValueError:
            raise missing from None
        try:
            async with self._access.project(identity, room_id, "see") as held:
                return Door(held.id, held.role)
        except NotFound:
            pass  # an id of a structure is no id of a project
        try:
            async with self._access.part(identity, "structure", room_id, "see") as (held, _):
                return Door(held.id, held.role, room_id)
        except NotFound:
            raise missing from None


def own_room(identity: Identity, door_id: str) -> str:
    """Return which local room a door leads to: on a service of many, each person has rooms of their own.

    A room's own name leads to it again, for whom it belongs to and for nobody else.
    """
    if identity.plan == EMBEDDED:
        return door_id
    mine = f"local-{_digest(identity.id)}-"
    return door_id if door_id.startswith(mine) else mine + _digest(door_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Shelf:
    """Reads the residues of a project's structures.

    Parameters
    ----------
    database : Database
    objects : ObjectStore
    """

    def __init__(self, database: Database, objects: ObjectStore) -> None:
        self._database, self._objects = database, objects

    def __call__(self, room_id: str) -> KnownResidues | None:
        """Return what a room may annotate; None for a local room, where only the kernel knows."""
        if LOCAL.fullmatch(room_id):
            return None
        return KnownResidues(lambda structure: self._read(room_id, structure))

    async def _read(self, project: str, structure: str) -> Residued:
        missing = NotFound(f"There is no structure {structure[:60]!r} in this project.", hint="List them.")
        try:
            values = {"project": project, "structure": str(uuid.UUID(structure))}
        except ValueError:
            raise missing from None
        async with self._database.connection() as connection:
            row = await (await connection.execute(sql("room_structure"), values)).fetchone()
        if row is None:
            raise missing
        item = row["files"][0]
        data = await self._objects.get(item["digest"])
        return await asyncio.to_thread(_residues, data, item["name"])


def _residues(data: bytes, name: str) -> Residued:
    from foldsight.io.content import load
    from foldsight.io.reading import open_structure

    return open_structure(load(data, name=name))


class Indexer:
    """Writes the searchable copy of a project's annotations some time after they changed.

    Parameters
    ----------
    discussion : Discussion
    """

    def __init__(self, discussion: Discussion) -> None:
        self._discussion = discussion
        self._due: dict[str, asyncio.Task[None]] = {}

    def __call__(self, room: Room) -> None:
        """Take note of a change."""
        if not LOCAL.fullmatch(room.id) and room.id not in self._due:
            task = self._due[room.id] = asyncio.create_task(self._later(room))
            task.add_done_callback(lambda _: self._due.pop(room.id, None))

    async def _later(self, room: Room) -> None:
        await asyncio.sleep(INDEX_AFTER)
        # Taken out first: a change from here on needs another round.
        self._due.pop(room.id, None)
        changed = room.take_changed()
        try:
            items = await _searchable_ones(room, changed)
            await self._discussion.index_annotations(room.id, items, changed)
        except AWAY as fault:
            room.put_back_changed(changed)
            _log.warning("annotations of %s are indexed with the next change: %s", room.id, fault)


async def _searchable_ones(room: Room, changed: Collection[str] | None) -> list[dict[str, str]]:
    """Read annotations, all or some; whoever edits meanwhile does not wait for that."""
    held, found = root(room.doc, "annotations"), []
    for place, key in enumerate(keys(held) if changed is None else changed):
        if key in held:
            found.append(_searchable(read(room.doc, key)))
        if place % BREATH == BREATH - 1:
            await asyncio.sleep(0)
    return found


def _searchable(item: Annotation) -> dict[str, str]:
    return {
        "id": item.id, "structure_id": item.structure, "layer": item.layer, "residues": item.residues,
        "kind": item.kind, "body": f"{item.label}\n{item.text}".strip(), "color": item.colour,
        "author_id": item.author,
    }  # fmt: skip


def workspace_rooms(
    database: Database, access: Access, objects: ObjectStore, discussion: Discussion
) -> Rooms:
    """Return the rooms of a workspace, not running yet."""
    on_change: Callable[[Room], None] = Indexer(discussion)
    return Rooms(database, Doors(access), Shelf(database, objects), on_change)
