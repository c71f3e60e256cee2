"""Comments in threads, mentions, and the searchable copy of annotations."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from foldsight.errors import BadRequest, NotAllowed
from foldsight_server.identity import Identity
from foldsight_server.store.access import Access, Held, Row
from foldsight_server.store.database import Database
from foldsight_server.store.projects import Cursor
from foldsight_server.store.queries import sql

#: People named in one comment.
MAX_MENTIONS = 20
_MENTION = re.compile(r"(?<![\w@.])@([\w][\w.@+-]*)")
_TEXTS = ("layer", "residues", "kind", "body", "color", "author_id")


def mentioned(body: str) -> list[str]:
    """Return the ids that a text mentions, each once.

    Examples
    --------
    >>> mentioned("@ana look at A:25, @bo.li, not at ana@lab.org. @ana")
    ['ana', 'bo.li']
    """
    names = [name.rstrip(".-+@") for name in _MENTION.findall(body)]
    return list(dict.fromkeys(names))[:MAX_MENTIONS]


class Discussion:
    """Comments in PostgreSQL.

    Parameters
    ----------
    access : Access
    database : Database
    """

    def __init__(self, access: Access, database: Database) -> None:
        self._access, self._database = access, database

    async def add(
        self, identity: Identity, project_id: str, body: str, *,
        structure_id: str | None, parent_id: str | None, residues: str | None,
    ) -> Row:  # fmt: skip
        """Write a comment, or a reply when ``parent_id`` names one.

        Raises
        ------
        BadRequest
            When the parent or the structure is not of this project.
        """
        async with self._access.project(identity, project_id, "comment") as held:
            if parent_id is not None:
                parent = await _of_project(held, parent_id)
                parent_id, structure_id = str(parent["parent_id"] or parent["id"]), parent["structure_id"]
            elif structure_id is not None and not await held.rows("in_project", parts=[structure_id]):
                raise BadRequest("The structure is not in this project.", hint="List its structures.")
            made = await held.one(
                "insert_comment", structure_id=structure_id, body=body, parent_id=parent_id, residues=residues
            )
            assert made is not None
            await held.rows("mention", part=made["id"], names=mentioned(body))
            row = await held.one("comment_for", part=made["id"])
        assert row is not None
        return row

    async def page(
        self, identity: Identity, project_id: str, structure_id: str | None, cursor: Cursor | None, limit: int
    ) -> list[Row]:
        """Return threads with their replies, newest thread first."""
        at, after = cursor or (None, None)
        async with self._access.project(identity, project_id, "see") as held:
            return await held.rows(
                "list_comments", structure_id=structure_id, at=at, after=after, limit=limit
            )

    async def update(
        self, identity: Identity, comment_id: str, body: str | None, resolved: bool | None
    ) -> Row:
        """Change one's own text, or mark a thread as resolved."""
        async with self._access.part(identity, "comment", comment_id, "comment") as (held, row):
            if body is not None:
                _own(held, row)
            await held.rows("update_comment", part=comment_id, body=body, resolved=resolved)
            if body is not None:
                await held.rows("mention", part=comment_id, names=mentioned(body))
            changed = await held.one("comment_for", part=comment_id)
        assert changed is not None
        return changed

    async def delete(self, identity: Identity, comment_id: str) -> None:
        """Delete one's own comment; owners of the project may delete any."""
        async with self._access.part(identity, "comment", comment_id, "comment") as (held, row):
            if held.role != "owner":
                _own(held, row)
            await held.rows("delete_comment", part=comment_id)
            await held.note("comment.delete", comment_id)

    async def mentions(
        self, identity: Identity, cursor: Cursor | None, limit: int, *, see: bool
    ) -> list[Row]:
        """Return comments that mention the caller, newest first; ``see`` marks all as seen."""
        at, after = cursor or (None, None)
        values = {"caller": identity.id, "at": at, "after": after, "limit": limit}
        async with self._access.open(identity) as connection:
            rows = await (await connection.execute(sql("list_mentions"), values)).fetchall()
            if see:
                await connection.execute(sql("see_mentions"), values)
        return rows

    async def index_annotations(
        self, project_id: str, items: Iterable[Mapping[str, Any]], changed: Collection[str] | None = None
    ) -> None:
        """Replace the searchable copy of a project's annotations; for the room that owns them.

        Parameters
        ----------
        project_id : str
        items : iterable of mapping
            With ``id`` and, where known, ``structure_id``, ``layer``, ``residues``, ``kind``, ``body``,
            ``color``, ``author_id``.
        changed : collection of str, optional
            Only these are replaced; those among them that ``items`` lacks are gone.
        """
        only = None if changed is None else list(changed)
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(sql("lock_project"), {"id": project_id})
            await connection.execute(sql("drop_annotations"), {"id": project_id, "only": only})
            for item in items:
                await connection.execute(sql("index_annotation"), _indexed(project_id, item))

    async def annotations(self, identity: Identity, project_id: str, structure_id: str | None) -> list[Row]:
        """Return the annotations of a project as they were last indexed."""
        async with self._access.project(identity, project_id, "see") as held:
            return await held.rows("list_annotations", structure_id=structure_id)


async def _of_project(held: Held, comment_id: str) -> Row:
    row = await held.one("comment_for", part=comment_id)
    if row is None or row["deleted"] is not None:
        raise BadRequest("The comment replied to is not in this project.", hint="List its comments.")
    return row


def _own(held: Held, row: Row) -> None:
    if row["author_id"] != held.identity.id:
        raise NotAllowed("This comment is somebody else's.", hint="Reply to it.")


def _indexed(project_id: str, item: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: _text(item.get(name)) for name in _TEXTS}
    defaults = {"layer": "default", "residues": "", "kind": "note", "body": ""}
    filled = {name: defaults.get(name) if value is None else value for name, value in texts.items()}
    try:
        structure = str(uuid.UUID(str(item.get("structure_id"))))
    except ValueError:
        structure = None
    return {**filled, "project_id": project_id, "id": str(item["id"])[:200], "structure_id": structure}


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:20_000].replace("\0", "")
