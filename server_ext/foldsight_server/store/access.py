"""The one way into a project: who asks is checked before anything is read or written."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from foldsight.errors import NotAllowed, NotFound, QuotaExceeded
from foldsight.plans import EMBEDDED, PLANS, Plan, cheapest_with
from foldsight_server import policy
from foldsight_server.identity import Identity
from foldsight_server.policy import Role, Verb
from foldsight_server.store.database import Database
from foldsight_server.store.queries import sql

Row = dict[str, Any]
Connection = AsyncConnection[Row]


@dataclass(frozen=True)
class Held:
    """A project that the caller has been let into, and the connection to work on it with."""

    connection: Connection
    identity: Identity
    project: Row
    role: Role

    @property
    def id(self) -> str:
        """The project's id."""
        return str(self.project["id"])

    @property
    def account(self) -> str:
        """Who pays for what is kept and predicted here."""
        org = self.project["org_id"]
        if org is not None:
            return f"org:{org}"
        owner = str(self.project["owner_id"])
        return self.identity.account or owner if owner == self.identity.id else owner

    @property
    def plan(self) -> Plan:
        """The plan of the account; on a laptop there is but one."""
        if self.identity.plan == EMBEDDED:
            return EMBEDDED
        if self.project["org_id"] is not None:
            return PLANS[self.project["org_plan"]]
        if self.project["owner_id"] == self.identity.id:
            return self.identity.plan
        owners = PLANS[self.project["owner_plan"]]
        if owners != EMBEDDED:
            return owners
        # Nobody has seen the owner since plans are noted. A plan without a limit is everybody's here.
        return self.identity.plan if self.identity.plan.predictions is None else PLANS["free"]

    @property
    def region(self) -> str | None:
        """The region that the project's organisation is bound to."""
        found: str | None = self.project["org_region"]
        return found

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        """Run a statement with the project's id and the caller among its values."""
        values = {"id": self.id, "caller": self.identity.id, **values}
        cursor = await self.connection.execute(sql(statement), values)
        return await cursor.fetchall() if cursor.description else []

    async def one(self, statement: str, **values: Any) -> Row | None:
        """Run a statement and return its first row."""
        found = await self.rows(statement, **values)
        return found[0] if found else None

    async def note(self, action: str, subject: object, **facts: Any) -> None:
        """Write into the audit log, in the transaction of the deed."""
        held = {"action": action, "project_id": self.id, "subject": str(subject), "facts": jsonb(facts)}
        await self.rows("audit", **held)

    def need(self, verb: Verb) -> None:
        """Refuse what this role or this token does not allow.

        Raises
        ------
        NotAllowed
        """
        refuse(self.role, verb, self.identity)

    def need_feature(self, feature: str, what: str) -> None:
        """Refuse what the plan does not hold.

        Raises
        ------
        NotAllowed
        """
        if feature not in self.plan.features:
            better = cheapest_with(feature)
            raise NotAllowed(f"The plan {self.plan.title} has no {what}.", hint=f"{better.title} has.")

    async def need_room(self, added: int) -> None:
        """Refuse when the account's storage would not hold so many bytes more; holds until the commit.

        Raises
        ------
        QuotaExceeded
        """
        if self.plan.storage is None:
            return
        await self.rows("lock_account", account=self.account)
        row = await self.one("stored_bytes", account=self.account)
        assert row is not None
        if row["bytes"] + added > self.plan.storage:
            raise QuotaExceeded(
                f"{added:,} bytes more would pass the {self.plan.storage:,} of the plan {self.plan.title}.",
                hint="Empty the trash, or take a larger plan.",
            )


class Access:
    """Lets callers into projects.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def project(
        self, identity: Identity, project_id: str, verb: Verb, *, trash: bool = False
    ) -> AsyncIterator[Held]:
        """Open a project for one verb, in a transaction; writers of one project take turns.

        Parameters
        ----------
        identity : Identity
        project_id : str
        verb : str
        trash : bool, optional
            Also when it lies in the trash.

        Raises
        ------
        NotFound
            When there is none, or none that this caller may know of.
        NotAllowed
        """
        async with self._database.connection() as connection, connection.transaction():
            values = {"id": project_id, "caller": identity.id}
            if verb not in ("see", "fork"):
                await connection.execute(sql("lock_project"), values)
            row = await one(connection, "project_for", values)
            role = None if row is None else role_of(row)
            if row is None or role is None or (row["deleted"] is not None and not trash):
                raise NotFound(f"There is no project {project_id}.", hint="GET /projects lists yours.")
            refuse(role, verb, identity)
            if verb != "see":
                await known(connection, identity)
            yield Held(connection, identity, row, role)
            if verb not in ("see", "fork"):
                await connection.execute(sql("touch_project"), values)

    @asynccontextmanager
    async def part(
        self, identity: Identity, kind: str, part_id: str, verb: Verb, *, trash: bool = False
    ) -> AsyncIterator[tuple[Held, Row]]:
        """Open the project that a structure or comment belongs to, and give that row.

        Raises
        ------
        NotFound
        NotAllowed
        """
        missing = NotFound(f"There is no {kind} {part_id}.", hint="Its project lists what there is.")
        async with self._database.connection() as connection:
            found = await one(connection, f"{kind}_place", {"part": part_id})
        if found is None:
            raise missing
        async with AsyncExitStack() as stack:
            try:
                held = await stack.enter_async_context(self.project(identity, str(found["project_id"]), verb))
            except NotFound:  # a stranger must not learn that the part exists
                raise missing from None
            row = await held.one(f"{kind}_for", part=part_id)
            if row is None or (row["deleted"] is not None and not trash):
                raise missing
            yield held, row

    @asynccontextmanager
    async def open(self, identity: Identity) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction for what belongs to no project; the caller is known then."""
        async with self._database.connection() as connection, connection.transaction():
            await known(connection, identity)
            yield connection


def role_of(row: Mapping[str, Any]) -> Role | None:
    """Return the caller's role from a row of ``project_for``."""
    return policy.role_in(row["member_role"], row["visibility"], row["org_role"])


def refuse(role: Role, verb: Verb, identity: Identity) -> None:
    """Raise unless the role and the token allow the verb."""
    if not policy.allows(role, verb):
        lowest = policy.TABLE[verb][0]
        raise NotAllowed(
            f"A {role} may not {verb} here; a {lowest} may.", hint="Ask an owner of the project."
        )
    if not policy.allows(role, verb, identity.may):
        raise NotAllowed(
            f"This token may only {identity.may}.", hint=f"Make one with the scope {policy.TABLE[verb][1]}."
        )


async def known(connection: Connection, identity: Identity) -> None:
    """Make sure that the caller and their personal project are on record."""
    # Who acts for another account has that one's plan here.
    own = identity.plan.id if identity.account is None else None
    values = {"user_id": identity.id, "user_name": identity.name, "own_plan": own}
    await connection.execute(sql("known_caller"), values)


async def one(connection: Connection, statement: str, values: Mapping[str, Any]) -> Row | None:
    """Run a statement and return its first row."""
    cursor = await connection.execute(sql(statement), values)
    return await cursor.fetchone()


def jsonb(value: Any) -> Jsonb:
    """Return a value as PostgreSQL's JSON."""
    return Jsonb(value, dumps=lambda held: json.dumps(held, default=str, allow_nan=False))
