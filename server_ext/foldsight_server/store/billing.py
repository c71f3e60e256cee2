"""What people do about paying: look, buy, manage, agree to more; and what Stripe tells."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from foldsight.errors import BadRequest, Conflict, NotAllowed, NotFound
from foldsight.plans import EMBEDDED, PLANS, Plan, larger
from foldsight_server.billing.gateway import Gateway
from foldsight_server.billing.standing import BEYOND, plan_item
from foldsight_server.identity import Identity
from foldsight_server.store.access import Access, Connection, Row, jsonb, one
from foldsight_server.store.database import Database
from foldsight_server.store.queries import sql

#: Which plan is for a person, and which for an organisation.
PERSONAL, SHARED = "researcher", "lab"
#: Events after which a customer is read anew. All others are of no interest.
FOLLOWED = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "invoice.paid",
    "invoice.payment_failed",
)


class Billing:
    """Paying for plans.

    Parameters
    ----------
    access : Access
    database : Database
    stripe : Gateway or None
        None where nothing is sold.
    installation : callable
        Returns, when awaited, what tells this database from all others.
    """

    def __init__(
        self, access: Access, database: Database, stripe: Gateway | None,
        installation: Callable[[], Awaitable[bytes]],
    ) -> None:  # fmt: skip
        self._access, self._database, self._stripe = access, database, stripe
        self._installation = installation

    @property
    def stripe(self) -> Gateway:
        """Stripe.

        Raises
        ------
        NotAllowed
            Where nothing is sold.
        """
        if self._stripe is None:
            raise NotAllowed("This service sells no plans.", hint="Ask its operator for more.")
        return self._stripe

    async def shown(self, identity: Identity) -> dict[str, Any]:
        """Return, for each account that the caller answers for, what is paid and until when."""
        async with self._access.open(identity) as connection:
            rows = await (await connection.execute(sql("list_orgs"), {"caller": identity.id})).fetchall()
            managed = [row for row in rows if row["role"] in ("owner", "admin")]
            names = [identity.id, *(f"org:{row['id']}" for row in managed)]
            found = await (await connection.execute(sql("billing_of"), {"accounts": names})).fetchall()
        held = {row["account"]: row for row in found}
        own = _shown(identity.id, identity.name, identity.plan, held.get(identity.id))
        theirs = [
            _shown(f"org:{row['id']}", row["name"], PLANS[row["plan"]], held.get(f"org:{row['id']}"))
            for row in managed
        ]
        return {"sold": self._stripe is not None, "accounts": [own, *theirs]}

    async def checkout(self, identity: Identity, plan: str, org_id: str | None, seats: int) -> str:
        """Return the address of a page of Stripe's where a plan can be paid for.

        Raises
        ------
        BadRequest
            When the plan is not sold to such an account.
        Conflict
            When the account has as much or more already.
        NotAllowed, NotFound
        """
        stripe = self.stripe
        async with self._opened(identity, org_id) as (connection, account, name, present):
            _sellable(plan, org_id)
            row = await one(connection, "billing_of", {"accounts": [account]})
            if row is not None and row["plan"] is not None:
                raise Conflict(
                    f"{name} pays for {PLANS[row['plan']].title} already.",
                    hint="Change it on Stripe's page: foldsight billing manage",
                )
            if larger(present, PLANS[plan]) == present:
                raise Conflict(f"{name} has {present.title} already.", hint="It holds as much or more.")
            if org_id is not None:
                await _enough(connection, org_id, seats)
        customer = await self._customer(account, name)
        async with self._access.open(identity) as connection:
            await _note(connection, identity, "billing.checkout", account, plan=plan, seats=seats)
        return await stripe.checkout(account, customer, plan, seats if org_id else 1)

    async def _customer(self, account: str, name: str) -> str:
        async with self._database.connection() as connection:
            row = await one(connection, "billing_of", {"accounts": [account]})
        if row is None:
            # Two who buy at once get one customer.
            parts = await self._installation(), account.encode(), name.encode()
            key = f"foldsight-{hashlib.sha256(b'/'.join(parts)).hexdigest()}"
            made = await self.stripe.new_customer(account, name, key)
            async with self._database.connection() as connection:
                row = await one(connection, "put_customer", {"account": account, "customer": made})
        assert row is not None
        return str(row["customer"])

    async def portal(self, identity: Identity, org_id: str | None) -> str:
        """Return the address of Stripe's page for cards, invoices and the end of a subscription.

        Raises
        ------
        NotFound
            When the account has never paid.
        """
        stripe = self.stripe
        async with self._opened(identity, org_id) as (connection, account, name, _):
            row = await one(connection, "billing_of", {"accounts": [account]})
        if row is None:
            raise NotFound(f"{name} has bought nothing yet.", hint="foldsight billing buy PLAN")
        return await stripe.portal(row["customer"])

    async def agree(self, identity: Identity, org_id: str | None, beyond: int) -> Row:
        """Agree to pay for so many predictions of a month beyond the allowance.

        Raises
        ------
        Conflict
            When no plan is paid for, or the subscription has no price for them.
        """
        stripe = self.stripe
        if beyond and BEYOND not in await stripe.prices():
            raise Conflict("Predictions beyond an allowance are not sold here.", hint="Ask the operator.")
        async with self._opened(identity, org_id) as (connection, account, name, _):
            row = await one(connection, "agree_beyond", {"account": account, "beyond": beyond})
            if row is None:
                raise Conflict(f"{name} pays for no plan.", hint="foldsight billing buy PLAN")
            await _note(connection, identity, "billing.beyond", account, predictions=beyond)
        return row

    async def seats(self, identity: Identity, org_id: str, seats: int) -> None:
        """Change how many seats an organisation pays for.

        Raises
        ------
        Conflict
            When it pays for no plan, or has more members than that.
        """
        stripe = self.stripe
        async with self._opened(identity, org_id) as (connection, account, name, _):
            row = await one(connection, "billing_of", {"accounts": [account]})
            if row is None or row["plan"] is None:
                raise Conflict(f"{name} pays for no plan.", hint="foldsight billing buy lab")
            await _enough(connection, org_id, seats)
            await _note(connection, identity, "billing.seats", account, seats=seats)
        held = {item["id"]: item for item in await stripe.subscriptions(row["customer"])}
        item = plan_item(held[row["subscription"]]) if row["subscription"] in held else None
        if item is None:
            raise Conflict(f"Stripe has no subscription of {name} with seats.", hint="Reload and look again.")
        await stripe.set_seats(row["subscription"], str(item["id"]), seats)

    async def hear(self, payload: bytes, signature: str) -> bool:
        """Take note of what Stripe tells; return whether it is news.

        Raises
        ------
        BadSignature, BadRequest
        """
        event = self.stripe.verified(payload, signature)
        name, kind = event.get("id"), event.get("type")
        if not isinstance(name, str) or not isinstance(kind, str):
            raise BadRequest("The event has no id or no type.", hint="Send snapshot events of version 1.")
        customer = _customer_of(event)
        values = {"id": name, "kind": kind, "customer": customer, "followed": kind in FOLLOWED}
        async with self._database.connection() as connection:
            row = await one(connection, "note_event", values)
            if row is not None and row["applied"] is None:
                await connection.execute(sql("announce_billing"))
        return row is not None

    @asynccontextmanager
    async def _opened(
        self, identity: Identity, org_id: str | None
    ) -> AsyncIterator[tuple[Connection, str, str, Plan]]:
        """Give the account, its name and plan to who may pay for it."""
        identity.require("predict")
        if identity.plan == EMBEDDED:
            raise NotAllowed("A service of one's own has no plans to pay for.", hint="It has no limits.")
        async with self._access.open(identity) as connection:
            if org_id is None:
                if identity.account is not None:
                    raise NotAllowed("A shared server buys nothing.", hint="Sign in as yourself.")
                yield connection, identity.id, identity.name, identity.plan
                return
            values = {"id": org_id, "caller": identity.id}
            await connection.execute(sql("lock_org"), values)
            org = await one(connection, "org_for", values)
            if org is None or org["role"] is None:
                raise NotFound(f"There is no organisation {org_id}.", hint="GET /organizations lists yours.")
            if org["role"] not in ("owner", "admin"):
                raise NotAllowed("A member may not pay for an organisation.", hint="Ask its owner.")
            yield connection, f"org:{org_id}", org["name"], PLANS[org["plan"]]


def _sellable(plan: str, org_id: str | None) -> None:
    if plan == SHARED and org_id is None:
        raise BadRequest(
            f"{PLANS[SHARED].title} is bought for an organisation.", hint="Name one, or make one first."
        )
    if plan == PERSONAL and org_id is not None:
        raise BadRequest(
            f"{PLANS[PERSONAL].title} is one person's plan.", hint="Take Lab for an organisation."
        )


async def _enough(connection: Connection, org_id: str, seats: int) -> None:
    rows = await (await connection.execute(sql("list_org_members"), {"id": org_id})).fetchall()
    if seats < len(rows):
        raise Conflict(f"The organisation has {len(rows)} members.", hint=f"Take {len(rows)} seats or more.")


def _shown(account: str, name: str, plan: Plan, row: Row | None) -> dict[str, Any]:
    paid = None
    if row is not None and row["subscription"] is not None:
        paid = {
            "plan": row["plan"], "status": row["status"], "seats": row["seats"], "ends": row["cancels"],
            "until": row["period_end"] and row["period_end"].isoformat(), "beyond": row["beyond"],
        }  # fmt: skip
    org = account.removeprefix("org:") if account.startswith("org:") else None
    return {"account": account, "org_id": org, "name": name, "plan": plan.id, "subscription": paid}


def _customer_of(event: dict[str, Any]) -> str | None:
    data = event.get("data")
    held = data.get("object") if isinstance(data, dict) else None
    found = held.get("customer") if isinstance(held, dict) else None
    # An expanded customer is an object.
    found = found.get("id") if isinstance(found, dict) else found
    return None if found is None else str(found)


async def _note(connection: Connection, identity: Identity, action: str, account: str, **facts: Any) -> None:
    subject = account.removeprefix("org:")
    values = {"caller": identity.id, "action": action, "project_id": None, "subject": subject}
    await connection.execute(sql("audit"), {**values, "facts": jsonb(facts)})
