"""What was used of what is allowed, and what a prediction would cost."""

from __future__ import annotations

from typing import Any

from foldsight.plans import EMBEDDED, PLANS, Allow, Plan, decide
from foldsight_server.identity import Identity
from foldsight_server.store.access import Access, Connection, Row, one
from foldsight_server.store.queries import sql


class Usage:
    """Usage of accounts in the present period.

    Parameters
    ----------
    access : Access
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    async def of(self, identity: Identity) -> dict[str, Any]:
        """Return the period and, for each account of the caller, plan, use and what is left."""
        async with self._access.open(identity) as connection:
            period = await one(connection, "period", {})
            accounts = await _all(connection, "accounts", {"caller": identity.id})
            found = [await _account(connection, identity, row) for row in accounts]
        assert period is not None
        start, after = period["start"].isoformat(), period["next"].isoformat()
        return {"period": {"start": start, "next": after}, "accounts": found}

    async def forecast(self, identity: Identity, account: str, plan: Plan, *, free: bool) -> dict[str, Any]:
        """Return cost and place in the queue of a prediction that is not submitted yet."""
        async with self._access.open(identity) as connection:
            used = await one(connection, "used", {"account": account})
            ahead = await one(connection, "place_in_queue", {"head_start": plan.head_start})
            agreed = await one(connection, "agreed_beyond", {"account": account})
        assert used is not None
        assert ahead is not None
        beyond = 0 if agreed is None else agreed["beyond"]
        verdict = decide(used["used"], plan, free=free, beyond=beyond)
        allowed = isinstance(verdict, Allow)
        return {
            "allowed": allowed,
            "reason": None if isinstance(verdict, Allow) else f"{verdict.reason} {verdict.hint}",
            "cost": verdict.charge if isinstance(verdict, Allow) else 1,
            "left": None if plan.predictions is None else max(plan.predictions - used["used"], 0),
            "beyond": _beyond(used["used"], plan, free),
            "position": 0 if free else ahead["ahead"],
            "cached": free,
            "plan": plan.id,
        }


def _beyond(used: int, plan: Plan, free: bool) -> bool:
    """Whether a prediction would be paid for by itself, were it allowed."""
    return not free and plan.predictions is not None and used >= plan.predictions


async def _account(connection: Connection, identity: Identity, account: Row) -> dict[str, Any]:
    own = account["plan"] is None or identity.plan == EMBEDDED
    plan = identity.plan if own else PLANS[account["plan"]]
    name = {"account": account["account"]}
    used = (await _all(connection, "used", name))[0]["used"]
    stored = (await _all(connection, "stored_bytes", name))[0]["bytes"]
    agreed = await _all(connection, "agreed_beyond", name)
    days = await _all(connection, "used_by_day", name)
    people = await _all(connection, "used_by_person", name)
    return {
        "account": account["account"],
        "name": account["title"] or identity.name,
        "plan": {"id": plan.id, "title": plan.title, "price": plan.price, "max_running": plan.max_running},
        "predictions": {**_measure(used, plan.predictions), "beyond": agreed[0]["beyond"] if agreed else 0},
        "storage": _measure(stored, plan.storage),
        "jobs": (await _all(connection, "in_work", name))[0],
        "days": [{"day": row["day"].isoformat(), "used": row["used"]} for row in days],
        "people": [{"user_id": row["user_id"], "name": row["name"], "used": row["used"]} for row in people],
    }


def _measure(used: int, allowance: int | None) -> dict[str, Any]:
    left = None if allowance is None else max(allowance - used, 0)
    return {"used": used, "allowance": allowance, "left": left}


async def _all(connection: Connection, statement: str, values: dict[str, Any]) -> list[Row]:
    return await (await connection.execute(sql(statement), values)).fetchall()
