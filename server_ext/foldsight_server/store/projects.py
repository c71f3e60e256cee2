"""Projects, their members, forks, and the trash."""

from __future__ import annotations

from typing import Any

from foldsight.errors import BadRequest, NotAllowed, NotFound
from foldsight_server.identity import Identity
from foldsight_server.policy import Role, Visibility
from foldsight_server.store.access import Access, Connection, Held, Row, jsonb, one, role_of
from foldsight_server.store.queries import sql

#: Where the next page starts: the time and the id of the last row of this one.
Cursor = tuple[str, str]


class Projects:
    """Projects in PostgreSQL.

    Parameters
    ----------
    access : Access
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    async def create(
        self, identity: Identity, name: str, description: str, visibility: Visibility, org_id: str | None
    ) -> Row:
        """Make a project that the caller owns.

        Raises
        ------
        NotFound
            When the organisation is none of the caller's.
        """
        values = {
            "caller": identity.id, "name": name, "description": description, "visibility": visibility,
            "org_id": org_id, "forked_from": None, "fork_source": None,
        }  # fmt: skip
        async with self._access.open(identity) as connection:
            if org_id is not None:
                await _membership(connection, identity, org_id)
            return await _make(connection, identity, values)

    async def get(self, identity: Identity, project_id: str) -> Row:
        """Return a project, with the caller's role as ``role``."""
        async with self._access.project(identity, project_id, "see") as held:
            return {**held.project, "role": held.role}

    async def page(
        self, identity: Identity, *, trash: bool, public: bool, cursor: Cursor | None, limit: int
    ) -> list[Row]:
        """Return the caller's projects, newest first."""
        at, after = cursor or (None, None)
        values = {
            "caller": identity.id, "trash": trash, "public": public, "at": at, "after": after, "limit": limit,
        }  # fmt: skip
        async with self._access.open(identity) as connection:
            rows = await (await connection.execute(sql("list_projects"), values)).fetchall()
        return [{**row, "role": role_of(row)} for row in rows]

    async def update(self, identity: Identity, project_id: str, changes: dict[str, Any]) -> Row:
        """Change name, description or visibility; what is None stays."""
        async with self._access.project(identity, project_id, "edit") as held:
            if changes.get("visibility") is not None:
                held.need("publish")
            await held.rows("update_project", **changes)
            await held.note("project.update", held.id, **{k: v for k, v in changes.items() if v is not None})
        return await self.get(identity, project_id)

    async def trash(self, identity: Identity, project_id: str) -> None:
        """Put a project into the trash.

        Raises
        ------
        NotAllowed
            For the personal project.
        """
        async with self._access.project(identity, project_id, "delete") as held:
            if not await held.rows("trash_project"):
                raise NotAllowed("The personal project stays.", hint="Delete what is in it.")
            await held.note("project.trash", held.id)

    async def restore(self, identity: Identity, project_id: str) -> Row:
        """Take a project out of the trash."""
        async with self._access.project(identity, project_id, "delete", trash=True) as held:
            if not await held.rows("restore_project"):
                raise BadRequest("This project is not in the trash.", hint="It can be used as it is.")
            await held.note("project.restore", held.id)
        return await self.get(identity, project_id)

    async def fork(self, identity: Identity, project_id: str, name: str | None) -> Row:
        """Copy what lies in a project into a new one of the caller's, which says where it is from.

        Raises
        ------
        QuotaExceeded
            When the caller's storage would not hold the copy.
        """
        async with self._access.project(identity, project_id, "fork") as source:
            origin = source.project
            facts = {"id": source.id, "name": origin["name"], "owner": origin["owner_id"],
                     "updated": origin["updated"].isoformat()}  # fmt: skip
            values = {
                "caller": identity.id, "name": name or f"{origin['name']} (fork)"[:200],
                "description": origin["description"], "visibility": "private", "org_id": None,
                "forked_from": source.id, "fork_source": jsonb(facts),
            }  # fmt: skip
            row = await _make(source.connection, identity, values)
            made = Held(source.connection, identity, {**row, "org_plan": None}, "owner")
            size = await source.one("project_bytes")
            await made.need_room(size["bytes"] if size else 0)
            await made.rows("fork_contents", source=source.id)
            await made.note("project.fork", made.id, source=source.id)
        return row

    async def members(self, identity: Identity, project_id: str) -> list[Row]:
        """Return the members in the order in which they came."""
        async with self._access.project(identity, project_id, "see") as held:
            return await held.rows("list_members")

    async def put_member(self, identity: Identity, project_id: str, user_id: str, role: Role) -> None:
        """Add a member or change their role.

        Raises
        ------
        NotFound
            When nobody of that id has ever signed in.
        NotAllowed
            When the last owner would be none.
        """
        async with self._access.project(identity, project_id, "share") as held:
            held.need_feature("collaboration", "shared projects")
            if await held.one("known_user", user_id=user_id) is None:
                raise NotFound(
                    f"Nobody called {user_id!r} is known here.", hint="They must sign in once first."
                )
            await held.rows("put_member", user_id=user_id, role=role)
            await _keep_an_owner(held)
            await held.note("member.put", user_id, role=role)

    async def drop_member(self, identity: Identity, project_id: str, user_id: str) -> None:
        """Remove a member; everybody may remove themselves."""
        async with self._access.project(identity, project_id, "see") as held:
            if user_id != identity.id:
                held.need("share")
            await held.connection.execute(sql("lock_project"), {"id": held.id})
            if not await held.rows("drop_member", user_id=user_id):
                raise NotFound(f"{user_id!r} is no member of this project.", hint="GET its members.")
            await _keep_an_owner(held)
            await held.note("member.drop", user_id)

    async def audit(self, identity: Identity, project_id: str, after: int | None, limit: int) -> list[Row]:
        """Return what was done in a project, newest first; for its owners."""
        async with self._access.project(identity, project_id, "see", trash=True) as held:
            held.need("share")
            return await held.rows("list_audit", after=after, limit=limit)


async def _make(connection: Connection, identity: Identity, values: dict[str, Any]) -> Row:
    made = await one(connection, "insert_project", values)
    assert made is not None
    row = await one(connection, "project_for", {"id": made["id"], "caller": identity.id})
    assert row is not None
    held = Held(connection, identity, row, "owner")
    await held.rows("put_member", user_id=identity.id, role="owner")
    await held.note("project.create", held.id, name=values["name"])
    return {**row, "role": "owner"}


async def _membership(connection: Connection, identity: Identity, org_id: str) -> None:
    found = await one(connection, "org_for", {"id": org_id, "caller": identity.id})
    if found is None or found["role"] is None:
        raise NotFound(f"There is no organisation {org_id}.", hint="GET /organizations lists yours.")


async def _keep_an_owner(held: Held) -> None:
    row = await held.one("count_owners")
    if row is None or row["n"] == 0:
        raise NotAllowed("A project keeps at least one owner.", hint="Make somebody else an owner first.")
