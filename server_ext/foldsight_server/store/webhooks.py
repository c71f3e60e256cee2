"""Webhooks of projects and organisations, and the log of what was delivered to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from foldsight.errors import NotAllowed, NotFound, QuotaExceeded
from foldsight.plans import EMBEDDED, PLANS, cheapest_with
from foldsight_server.identity import Identity
from foldsight_server.store.access import Access, Connection, Row, jsonb, one
from foldsight_server.store.projects import Cursor
from foldsight_server.store.queries import sql
from foldsight_server.webhooks.signature import new_secret

#: Webhooks of one project or organisation.
MOST = 10


class Webhooks:
    """Webhooks in PostgreSQL; for owners of a project, and owners and admins of an organisation.

    Parameters
    ----------
    access : Access
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    async def create(
        self, identity: Identity, place: Mapping[str, str | None], url: str, events: Sequence[str]
    ) -> Row:
        """Register a receiver that was checked; the row has its secret, which is shown this once.

        Parameters
        ----------
        identity : Identity
        place : mapping
            ``project_id`` or ``org_id``; the other is None.
        url : str
        events : sequence of str

        Raises
        ------
        QuotaExceeded
            When there are as many as there may be.
        NotAllowed
        """
        async with self._opened(identity, place, new=True) as connection:
            if len(await _rows(connection, "list_webhooks", place)) >= MOST:
                raise QuotaExceeded(f"There are {MOST} webhooks here already.", hint="Delete one.")
            values = {**place, "url": url, "events": sorted(set(events)), "secret": new_secret()}
            row = await one(connection, "insert_webhook", {**values, "caller": identity.id})
            assert row is not None
            await _note(connection, identity, "webhook.create", row)
        return row

    async def of(self, identity: Identity, place: Mapping[str, str | None]) -> list[Row]:
        """Return the webhooks of a project or an organisation, oldest first."""
        async with self._opened(identity, place) as connection:
            return await _rows(connection, "list_webhooks", place)

    async def get(self, identity: Identity, webhook_id: str) -> Row:
        """Return a webhook."""
        async with self._held(identity, webhook_id) as (_, row):
            return row

    async def update(
        self, identity: Identity, webhook_id: str, url: str | None, events: Sequence[str] | None,
        enabled: bool | None,
    ) -> Row:  # fmt: skip
        """Change where it goes or what it is told, disable or enable it."""
        chosen = None if events is None else sorted(set(events))
        values = {"url": url, "events": chosen, "enabled": enabled, "caller": identity.id}
        async with self._held(identity, webhook_id) as (connection, _):
            row = await one(connection, "update_webhook", {**values, "webhook": webhook_id})
            assert row is not None
            await _note(connection, identity, "webhook.change", row)
            await connection.execute(sql("announce_webhook"))
        return row

    async def delete(self, identity: Identity, webhook_id: str) -> None:
        """Delete a webhook with its log."""
        async with self._held(identity, webhook_id) as (connection, row):
            await connection.execute(sql("delete_webhook"), {"webhook": webhook_id})
            await _note(connection, identity, "webhook.delete", row)

    async def deliveries(
        self, identity: Identity, webhook_id: str, state: str | None, cursor: Cursor | None, limit: int
    ) -> list[Row]:
        """Return deliveries, newest first."""
        at, after = cursor or (None, None)
        values = {"webhook": webhook_id, "state": state, "at": at, "after": after, "limit": limit}
        async with self._held(identity, webhook_id) as (connection, _):
            return await _rows(connection, "list_deliveries", values)

    async def replay(self, identity: Identity, webhook_id: str, delivery_id: str) -> Row:
        """Deliver an event once more.

        Raises
        ------
        NotFound
        """
        async with self._held(identity, webhook_id) as (connection, _):
            values = {"webhook": webhook_id, "delivery": delivery_id}
            row = await one(connection, "replay_delivery", values)
            if row is None:
                raise NotFound(f"There is no delivery {delivery_id}.", hint="They are kept for thirty days.")
            await connection.execute(sql("announce_webhook"))
        return row

    @asynccontextmanager
    async def _held(self, identity: Identity, webhook_id: str) -> AsyncIterator[tuple[Connection, Row]]:
        missing = NotFound(
            f"There is no webhook {webhook_id}.", hint="Its project or organisation lists them."
        )
        values = {"webhook": webhook_id}
        async with self._access.open(identity) as connection:
            place = await one(connection, "webhook_place", values)
        if place is None:
            raise missing
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._opened(identity, place))
            except NotFound:  # a stranger must not learn that the webhook exists
                raise missing from None
            row = await one(connection, "webhook_for", values)
            if row is None:
                raise missing
            yield connection, row

    @asynccontextmanager
    async def _opened(
        self, identity: Identity, place: Mapping[str, Any], *, new: bool = False
    ) -> AsyncIterator[Connection]:
        if place["project_id"] is not None:
            async with self._access.project(identity, str(place["project_id"]), "share") as held:
                if new:
                    held.need_feature("api", "webhooks")
                yield held.connection
            return
        identity.require("predict")
        async with self._access.open(identity) as connection:
            values = {"id": place["org_id"], "caller": identity.id}
            await connection.execute(sql("lock_org"), values)
            org = await one(connection, "org_for", values)
            if org is None or org["role"] is None:
                raise NotFound(f"There is no organisation {place['org_id']}.", hint="GET /organizations.")
            _manages(identity, org, new)
            yield connection


def _manages(identity: Identity, org: Row, new: bool) -> None:
    if org["role"] not in ("owner", "admin"):
        raise NotAllowed("A member may not manage this organisation's webhooks.", hint="Ask its owner.")
    if new and identity.plan != EMBEDDED and "api" not in PLANS[org["plan"]].features:
        better = cheapest_with("api").title
        raise NotAllowed(f"The plan {PLANS[org['plan']].title} has no webhooks.", hint=f"{better} has.")


async def _rows(connection: Connection, statement: str, values: Mapping[str, Any]) -> list[Row]:
    return await (await connection.execute(sql(statement), values)).fetchall()


async def _note(connection: Connection, identity: Identity, action: str, row: Row) -> None:
    """Write into the audit log; of the URL only the host, for its path may be a secret."""
    facts = {"host": urlsplit(row["url"]).hostname, "events": row["events"], "org": row["org_id"]}
    values = {
        "caller": identity.id,
        "action": action,
        "project_id": row["project_id"],
        "subject": str(row["id"]),
    }
    await connection.execute(sql("audit"), {**values, "facts": jsonb(facts)})
