"""Structures in projects: kept, found, tagged, thrown away and taken back."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from foldsight.errors import BadRequest, NotFound
from foldsight_server.identity import Identity
from foldsight_server.store.access import Access, Row, jsonb
from foldsight_server.store.objects import ObjectStore
from foldsight_server.store.projects import Cursor
from foldsight_server.store.queries import sql

#: Tags of one structure.
MAX_TAGS = 50
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Facts:
    """What is known of a structure besides its file."""

    name: str
    sequence: str
    sequence_length: int
    sequence_hash: str
    origin: str
    engine: str | None = None
    organism: str | None = None
    uniprot: str | None = None
    pdb_id: str | None = None
    confidence_kind: str | None = None
    confidence_mean: float | None = None


class Structures:
    """Structures in PostgreSQL, their files in the object store.

    Parameters
    ----------
    access : Access
    objects : ObjectStore
    """

    def __init__(self, access: Access, objects: ObjectStore) -> None:
        self._access, self._objects = access, objects

    async def add(
        self, identity: Identity, project_id: str, facts: Facts, file_name: str, data: bytes
    ) -> Row:
        """Keep a structure.

        Raises
        ------
        QuotaExceeded
            When the account's storage would not hold it.
        """
        async with self._access.project(identity, project_id, "see") as held:
            held.need("edit")
            region = held.region
        digest = await self._objects.put(data, region)
        files = [{"name": file_name, "bytes": len(data), "digest": digest}]
        async with self._access.project(identity, project_id, "edit") as held:
            await held.need_room(len(data))
            values = {**asdict(facts), "files": jsonb(files), "bytes": len(data)}
            made = await held.one("insert_structure", **values)
            assert made is not None
            await held.note("structure.add", made["id"], name=facts.name, digest=digest)
            row = await held.one("structure_for", part=made["id"])
        assert row is not None
        return row

    async def may_add(self, identity: Identity, project_id: str, size: int) -> None:
        """Refuse early, before a file is read, what :meth:`add` would refuse."""
        async with self._access.project(identity, project_id, "see") as held:
            held.need("edit")
            await held.need_room(size)

    async def get(self, identity: Identity, structure_id: str) -> Row:
        """Return a structure."""
        async with self._access.part(identity, "structure", structure_id, "see") as (_, row):
            return row

    async def page(
        self, identity: Identity, project_id: str, *, tag: str | None, trash: bool,
        cursor: Cursor | None, limit: int,
    ) -> list[Row]:  # fmt: skip
        """Return the structures of a project, newest first."""
        at, after = cursor or (None, None)
        async with self._access.project(identity, project_id, "see") as held:
            return await held.rows("list_structures", tag=tag, trash=trash, at=at, after=after, limit=limit)

    async def predictions(
        self, identity: Identity, project_id: str, cursor: Cursor | None, limit: int
    ) -> list[Row]:
        """Return the prediction jobs of a project, newest first."""
        at, after = cursor or (None, None)
        async with self._access.project(identity, project_id, "see") as held:
            return await held.rows("list_predictions", at=at, after=after, limit=limit)

    async def update(self, identity: Identity, structure_id: str, changes: dict[str, Any]) -> Row:
        """Change name, organism or accessions; what is None stays."""
        async with self._access.part(identity, "structure", structure_id, "edit") as (held, _):
            await held.rows("update_structure", part=structure_id, **changes)
            await held.note("structure.update", structure_id, **changes)
        return await self.get(identity, structure_id)

    async def trash(self, identity: Identity, structure_id: str) -> None:
        """Put a structure into the trash."""
        async with self._access.part(identity, "structure", structure_id, "edit") as (held, _):
            await held.rows("trash_structure", part=structure_id)
            await held.note("structure.trash", structure_id)

    async def restore(self, identity: Identity, structure_id: str) -> Row:
        """Take a structure out of the trash."""
        async with self._access.part(identity, "structure", structure_id, "edit", trash=True) as (held, _):
            if not await held.rows("restore_structure", part=structure_id):
                raise BadRequest("This structure is not in the trash.", hint="It can be used as it is.")
            await held.note("structure.restore", structure_id)
        return await self.get(identity, structure_id)

    async def put_tag(self, identity: Identity, structure_id: str, tag: str) -> Row:
        """Tag a structure; the same tag again changes nothing."""
        async with self._access.part(identity, "structure", structure_id, "edit") as (held, _):
            await held.rows("put_tag", part=structure_id, tag=tag)
            row = await held.one("count_tags", part=structure_id)
            if row is not None and row["n"] > MAX_TAGS:
                raise BadRequest(f"A structure has at most {MAX_TAGS} tags.", hint="Remove one first.")
        return await self.get(identity, structure_id)

    async def drop_tag(self, identity: Identity, structure_id: str, tag: str) -> Row:
        """Take a tag away."""
        async with self._access.part(identity, "structure", structure_id, "edit") as (held, _):
            if not await held.rows("drop_tag", part=structure_id, tag=tag):
                raise NotFound(f"This structure has no tag {tag!r}.", hint="Its tags are listed with it.")
        return await self.get(identity, structure_id)

    async def file(self, identity: Identity, structure_id: str, name: str) -> dict[str, Any]:
        """Return a file's name, bytes and digest.

        Raises
        ------
        NotFound
        """
        row = await self.get(identity, structure_id)
        files: list[dict[str, Any]] = row["files"]
        for item in files:
            if item["name"] == name:
                return item
        raise NotFound(f"This structure has no file {name!r}.", hint="Its files are listed with it.")

    async def search(
        self,
        identity: Identity,
        text: str,
        *,
        kind: str | None,
        project_id: str | None,
        limit: int,
        offset: int,
    ) -> list[Row]:
        """Find projects, structures, tags, annotations and comments whose words begin like those of ``text``.

        Raises
        ------
        BadRequest
            When there is no word in it.
        """
        words = _WORD.findall(text)[:16]
        if not words:
            raise BadRequest("The search names no word.", hint="Give letters or digits.")
        values = {
            "query": " & ".join(f"'{word}':*" for word in words), "kind": kind, "project": project_id,
            "limit": limit, "offset": offset, "caller": identity.id,
        }  # fmt: skip
        async with self._access.open(identity) as connection:
            return await (await connection.execute(sql("search"), values)).fetchall()
