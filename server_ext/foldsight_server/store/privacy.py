"""What a person may ask about themselves: all that is kept of them, and that it be forgotten."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator
from typing import Any

from foldsight.errors import Conflict, NotAllowed, NotFound
from foldsight.plans import EMBEDDED, PLANS
from foldsight_server.identity import Identity
from foldsight_server.store.access import Access, Connection, Row, jsonb, one
from foldsight_server.store.database import Database
from foldsight_server.store.queries import sql

_log = logging.getLogger(__name__)
#: Days between the wish and the deed, in which it can be withdrawn.
GRACE_DAYS = 30
#: Rows of one file of an export.
_PAGE = 500
_TABLES = (
    "organizations", "projects", "structures", "jobs", "comments", "annotations", "alignments", "pockets",
    "variants", "usage", "billing", "audit",
)  # fmt: skip


class Privacy:
    """Accounts as their owners see them.

    Parameters
    ----------
    access : Access
    database : Database
    """

    def __init__(self, access: Access, database: Database) -> None:
        self._access, self._database = access, database

    async def account(self, identity: Identity) -> dict[str, Any]:
        """Return when the account goes, if it does, and what that would mean now."""
        async with self._access.open(identity) as connection:
            deletion = await one(connection, "deletion_of", {"user": identity.id})
            return {"deletion": deletion, "consequences": await _consequences(connection, identity.id)}

    async def ask_deletion(self, identity: Identity) -> Row:
        """Have the caller's account deleted once the grace is over; asked again, it stays at the first time.

        Raises
        ------
        NotAllowed
            On a laptop, where the account is the folder.
        Conflict
            While there is an organisation of theirs whose members nobody would answer for, or somebody
            goes on paying.
        """
        if identity.plan == EMBEDDED:
            raise NotAllowed(
                "A service of one's own has no accounts to delete.", hint="Delete the folder FOLDSIGHT_HOME."
            )
        async with self._access.open(identity) as connection:
            told = await _consequences(connection, identity.id)
            blocked, paying = told["in_the_way"], await _paying(connection, identity.id, told)
            if paying:
                plan = PLANS[paying[0]["plan"]].title
                raise Conflict(
                    f"{paying[0]['account']} still pays for the plan {plan}.",
                    hint="End the subscription first: foldsight billing manage",
                )
            if blocked:
                raise Conflict(
                    f"Nobody would answer for the members of {blocked[0]['name']}.",
                    hint="Make one of them an admin, or let them go.",
                )
            values = {"user": identity.id, "days": GRACE_DAYS}
            row = await one(connection, "ask_deletion", values)
            assert row is not None
            await _note(connection, identity.id, "account.deletion.ask", due=row["due"])
        return row

    async def withdraw_deletion(self, identity: Identity) -> None:
        """Keep the account after all.

        Raises
        ------
        NotFound
        """
        async with self._access.open(identity) as connection:
            if await one(connection, "withdraw_deletion", {"user": identity.id}) is None:
                raise NotFound("This account is not to be deleted.", hint="GET /account says so.")
            await _note(connection, identity.id, "account.deletion.withdraw")

    async def forget_due(self) -> int:
        """Forget everybody whose grace is over; return how many."""
        async with self._database.connection() as connection:
            due = await (await connection.execute(sql("due_deletions"))).fetchall()
        return sum([await self._forget(row["user_id"]) for row in due])

    async def _forget(self, user: str) -> bool:
        async with self._database.connection() as connection, connection.transaction():
            if await one(connection, "lock_due", {"user": user}) is None:
                return False
            told = await _consequences(connection, user)
            if told["in_the_way"]:  # since the wish, somebody came or an admin left
                _log.warning(
                    "an account waits: nobody would answer for organisation %s", told["in_the_way"][0]["id"]
                )
                return False
            paying = await _paying(connection, user, told)
            if paying:  # bought since the wish: nobody must go on paying for what is no more
                _log.warning("an account waits: customer %s still pays", paying[0]["customer"])
                return False
            values = {"user": user, "pseudonym": f"gone-{secrets.token_hex(6)}"}
            await _hand_over(connection, told)
            for statement in ("drop_jobs", "add_pseudonym", "begin_forgetting", "rename_everywhere",
                              "rename_in_audit", "drop_user"):  # fmt: skip
                await connection.execute(sql(statement), values)
            await _note(connection, values["pseudonym"], "account.deleted")
        _log.info("an account was deleted; what is left is of %s", values["pseudonym"])
        return True

    async def audit(self, identity: Identity, after: int, limit: int) -> list[Row]:
        """Return entries of the audit log that the caller answers for, oldest first, after one of them."""
        values = {"caller": identity.id, "after": after, "limit": limit}
        async with self._access.open(identity) as connection:
            return await (await connection.execute(sql("audit_entries"), values)).fetchall()

    async def rows(self, identity: Identity) -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
        """Yield everything that is kept of the caller, some hundred rows of one table at a time."""
        async with self._access.open(identity) as connection:
            account = await one(connection, "export_account", {"user": identity.id})
        yield "account", [account["row"]] if account else []
        for table in _TABLES:
            offset, more = 0, True
            while more:
                found = await self._page(f"export_{table}", identity.id, offset)
                offset, more = offset + _PAGE, len(found) == _PAGE
                if found:
                    yield table, found

    async def _page(self, statement: str, user: str, offset: int) -> list[dict[str, Any]]:
        # A connection for each page: whoever reads slowly must not hold one.
        values = {"user": user, "limit": _PAGE, "offset": offset}
        async with self._database.connection() as connection:
            found = await (await connection.execute(sql(statement), values)).fetchall()
        return [row["row"] for row in found]


async def _consequences(connection: Connection, user: str) -> dict[str, list[dict[str, Any]]]:
    """Say what would become of a person's projects and organisations."""
    values = {"user": user}
    organizations = await (await connection.execute(sql("own_organizations"), values)).fetchall()
    projects = await (await connection.execute(sql("own_projects"), values)).fetchall()
    return {
        "projects_deleted": [_named(row) for row in projects if row["heir"] is None],
        "projects_passed_on": [{**_named(row), "to": row["heir"]} for row in projects if row["heir"]],
        "organizations_deleted": [_named(row) for row in organizations if not row["others"]],
        "organizations_passed_on": [
            {**_named(row), "to": row["heir"]} for row in organizations if row["heir"]
        ],
        "in_the_way": [_named(row) for row in organizations if row["others"] and row["heir"] is None],
    }


async def _paying(connection: Connection, user: str, told: dict[str, list[dict[str, Any]]]) -> list[Row]:
    """Return what would be paid for after a person and their organisations have gone."""
    accounts = [user, *(f"org:{item['id']}" for item in told["organizations_deleted"])]
    return await (await connection.execute(sql("paying"), {"accounts": accounts})).fetchall()


def _named(row: Row) -> dict[str, Any]:
    return {"id": str(row["id"]), "name": row["name"]}


async def _hand_over(connection: Connection, told: dict[str, list[dict[str, Any]]]) -> None:
    for item in told["projects_passed_on"]:
        await connection.execute(sql("pass_on_project"), {"id": item["id"], "heir": item["to"]})
    for item in told["organizations_passed_on"]:
        await connection.execute(sql("pass_on_organization"), {"id": item["id"], "heir": item["to"]})
    ids = [item["id"] for item in told["projects_deleted"]]
    await connection.execute(sql("drop_projects"), {"ids": ids})
    for item in told["organizations_deleted"]:
        await connection.execute(sql("drop_organization"), {"id": item["id"]})


async def _note(connection: Connection, actor: str, action: str, **facts: Any) -> None:
    values = {"caller": actor, "action": action, "project_id": None, "subject": actor}
    await connection.execute(sql("audit"), {**values, "facts": jsonb(facts)})
