"""Organisations and who belongs to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from foldsight.errors import NotAllowed, NotFound, QuotaExceeded
from foldsight.plans import EMBEDDED
from foldsight_server.identity import Identity
from foldsight_server.policy import OrgRole
from foldsight_server.store.access import Access, Connection, Row, jsonb, one
from foldsight_server.store.queries import sql


class Organizations:
    """Organisations in PostgreSQL.

    Parameters
    ----------
    access : Access
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    async def create(self, identity: Identity, name: str, institution: str) -> Row:
        """Make an organisation that the caller owns."""
        values = {"caller": identity.id, "name": name, "institution": institution}
        async with self._access.open(identity) as connection:
            made = await one(connection, "insert_org", values)
            assert made is not None
            values |= {"id": made["id"], "user_id": identity.id, "role": "owner"}
            await connection.execute(sql("put_org_member"), values)
            await _note(connection, identity, "organization.create", str(made["id"]))
            row = await one(connection, "org_for", values)
        assert row is not None
        return row

    async def mine(self, identity: Identity) -> list[Row]:
        """Return the caller's organisations, oldest first."""
        async with self._access.open(identity) as connection:
            return await (await connection.execute(sql("list_orgs"), {"caller": identity.id})).fetchall()

    async def members(self, identity: Identity, org_id: str) -> list[Row]:
        """Return the members of an organisation that the caller belongs to."""
        async with self._opened(identity, org_id) as (connection, _):
            return await (await connection.execute(sql("list_org_members"), {"id": org_id})).fetchall()

    async def put_member(self, identity: Identity, org_id: str, user_id: str, role: OrgRole) -> None:
        """Add a member or change their role; for owners and admins.

        Raises
        ------
        QuotaExceeded
            When all seats are taken.
        """
        async with self._opened(identity, org_id) as (connection, org):
            _manage(org)
            values = {"id": org_id, "user_id": user_id, "role": role}
            if await one(connection, "known_user", values) is None:
                raise NotFound(
                    f"Nobody called {user_id!r} is known here.", hint="They must sign in once first."
                )
            if user_id == org["owner_id"] or role == "owner":
                raise NotAllowed("An organisation has one owner.", hint="Make them an admin.")
            await connection.execute(sql("put_org_member"), values)
            rows = await (await connection.execute(sql("list_org_members"), values)).fetchall()
            # A group of the Hub has as many seats as people; whom we add besides leaves with their next call.
            counted = identity.plan != EMBEDDED and org["hub_group"] is None
            if counted and len(rows) > org["seat_count"]:
                raise QuotaExceeded(f"All {org['seat_count']} seats are taken.", hint="Add a seat.")
            await _note(connection, identity, "organization.member.put", org_id, user=user_id, role=role)

    async def drop_member(self, identity: Identity, org_id: str, user_id: str) -> None:
        """Remove a member; everybody may remove themselves, nobody the owner."""
        async with self._opened(identity, org_id) as (connection, org):
            if user_id != identity.id:
                _manage(org)
            if await one(connection, "drop_org_member", {"id": org_id, "user_id": user_id}) is None:
                raise NotFound(f"{user_id!r} is no member who could leave.", hint="GET the members.")
            await _note(connection, identity, "organization.member.drop", org_id, user=user_id)

    @asynccontextmanager
    async def _opened(self, identity: Identity, org_id: str) -> AsyncIterator[tuple[Connection, Row]]:
        values = {"id": org_id, "caller": identity.id}
        async with self._access.open(identity) as connection:
            await connection.execute(sql("lock_org"), values)
            row = await one(connection, "org_for", values)
            if row is None or row["role"] is None:
                raise NotFound(f"There is no organisation {org_id}.", hint="GET /organizations lists yours.")
            yield connection, row


def _manage(org: Row) -> None:
    if org["role"] not in ("owner", "admin"):
        raise NotAllowed("A member may not manage this organisation.", hint="Ask its owner.")


async def _note(connection: Connection, identity: Identity, action: str, org_id: str, **facts: str) -> None:
    values = {"caller": identity.id, "action": action, "project_id": None, "subject": org_id}
    await connection.execute(sql("audit"), {**values, "facts": jsonb(facts)})
