"""What was found out about structures: alignments, pockets, variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foldsight.errors import BadRequest
from foldsight_server.identity import Identity
from foldsight_server.store.access import Access, Row, jsonb
from foldsight_server.store.projects import Cursor

_ANALYSIS = "stored analyses"


class Analyses:
    """Analyses in PostgreSQL.

    Parameters
    ----------
    access : Access
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    async def add_alignment(self, identity: Identity, project_id: str, found: Mapping[str, Any]) -> Row:
        """Keep an alignment of two structures of one project.

        Raises
        ------
        BadRequest
            When one of them is not there.
        """
        async with self._access.project(identity, project_id, "edit") as held:
            pair = {found["reference"], found["mobile"]}
            if len(await held.rows("in_project", parts=sorted(pair))) != len(pair):
                raise BadRequest("Both structures must be in this project.", hint="List its structures.")
            values = {key: jsonb(found[key]) for key in ("rotation", "translation", "per_residue")}
            row = await held.one("insert_alignment", **{**found, **values})
            assert row is not None
            await held.note("alignment.add", row["id"])
        return row

    async def alignments(
        self, identity: Identity, project_id: str, cursor: Cursor | None, limit: int
    ) -> list[Row]:
        """Return the alignments of a project, newest first."""
        at, after = cursor or (None, None)
        async with self._access.project(identity, project_id, "see") as held:
            return await held.rows("list_alignments", at=at, after=after, limit=limit)

    async def put_pockets(
        self, identity: Identity, structure_id: str, method: str, sites: Sequence[Mapping[str, Any]]
    ) -> list[Row]:
        """Keep the pockets that a method found, in place of those that it found before."""
        async with self._access.part(identity, "structure", structure_id, "edit") as (held, _):
            held.need_feature("analysis", _ANALYSIS)
            await held.rows("drop_sites", part=structure_id, method=method)
            for rank, site in enumerate(sites, start=1):
                values = {**site, "facts": jsonb(site["facts"]), "rank": rank}
                await held.rows("insert_site", part=structure_id, method=method, **values)
            await held.note("pockets.put", structure_id, method=method, count=len(sites))
            return await held.rows("list_sites", part=structure_id)

    async def pockets(self, identity: Identity, structure_id: str) -> list[Row]:
        """Return the pockets of a structure by method and rank."""
        async with self._access.part(identity, "structure", structure_id, "see") as (held, _):
            return await held.rows("list_sites", part=structure_id)

    async def add_variants(
        self,
        identity: Identity,
        structure_id: str,
        method: str,
        variants: Sequence[Any],
        facts: Mapping[str, Any],
    ) -> Row:
        """Keep an analysis of variants."""
        async with self._access.part(identity, "structure", structure_id, "edit") as (held, _):
            held.need_feature("analysis", _ANALYSIS)
            values = {"method": method, "variants": jsonb(variants), "facts": jsonb(facts)}
            row = await held.one("insert_variants", part=structure_id, **values)
            assert row is not None
            await held.note("variants.add", row["id"], method=method, count=len(variants))
        return row

    async def variants(
        self, identity: Identity, structure_id: str, cursor: Cursor | None, limit: int
    ) -> list[Row]:
        """Return the variant analyses of a structure, newest first."""
        at, after = cursor or (None, None)
        async with self._access.part(identity, "structure", structure_id, "see") as (held, _):
            return await held.rows("list_variants", part=structure_id, at=at, after=after, limit=limit)
