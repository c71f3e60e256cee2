"""Keeps accounts as Stripe has them, and tells Stripe of predictions beyond allowances.

Every replica may have one. An account is looked at by one of them at a time, and as long as it is
looked at its row is locked: what is read last at Stripe is what is written last here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from foldsight.errors import FoldSightError
from foldsight_server.billing.gateway import Gateway
from foldsight_server.billing.standing import Standing, live, standing
from foldsight_server.store.access import Connection, Row, jsonb
from foldsight_server.store.database import Database, whenever
from foldsight_server.store.queries import sql

_log = logging.getLogger(__name__)
#: Seconds between looks at what is due when nothing is told.
_IDLE = 15.0
#: Meter events under way at a time, and seconds that one of them may take.
_AT_ONCE, _LEASE = 8, 120
#: Seconds for which a meter event may be tried: Stripe knows a repeat for a day, and whoever pays is
#: rather charged for one too few than for one too many.
PATIENCE = 23 * 3600
#: Columns whose change is worth an entry in the audit log.
_TOLD = ("subscription", "status", "plan", "seats", "cancels")


class Bookkeeper:
    """Applies what Stripe tells, and empties the meter's outbox.

    Parameters
    ----------
    database : Database
    stripe : Gateway
    told : callable, optional
        Hears of each look: ``changed``, ``same`` or ``failed``; and of the meter: ``counted``,
        ``withdrawn``, ``lost``.
    """

    def __init__(
        self, database: Database, stripe: Gateway, told: Callable[[str], None] = lambda _: None
    ) -> None:
        self._database, self._stripe, self._told = database, stripe, told

    async def run(self) -> None:
        """Do what is due, for ever, or until the listening connection is lost."""
        await whenever(self._database, "foldsight_billing", _IDLE, self.settle)

    async def settle(self) -> None:
        """Do what is due now."""
        while await self.look():
            pass
        while await self.count():
            pass

    async def look(self) -> bool:
        """Read one account anew that has to be; return whether there was one."""
        account: Row | None = None
        try:
            async with self._database.connection() as connection, connection.transaction():
                account = await (await connection.execute(sql("due_account"))).fetchone()
                if account is None:
                    return False
                # What comes while Stripe is asked is looked at once more.
                events = await (await connection.execute(sql("waiting_events"), account)).fetchall()
                changed = await self._read(connection, account)
                values = {"ids": [event["id"] for event in events]}
                await connection.execute(sql("events_applied"), values)
            self._told("changed" if changed else "same")
        except FoldSightError as fault:
            assert account is not None
            _log.warning("%s waits: %s", account["customer"], fault)
            async with self._database.connection() as connection:
                await connection.execute(sql("postpone_account"), account)
            self._told("failed")
        return True

    async def _read(self, connection: Connection, account: Row) -> bool:
        subscriptions = await self._stripe.subscriptions(account["customer"])
        now, twice = standing(subscriptions), live(subscriptions)
        if len(twice) > 1:
            _log.error("%s pays for more than one: %s", account["customer"], ", ".join(twice))
        values = {**vars(now), "account": account["account"]}
        await connection.execute(sql("put_standing"), values)
        if not any(account[name] != values[name] for name in _TOLD):
            return False
        await connection.execute(sql("put_org_plan"), values)
        await _note(connection, account, now)
        return True

    async def count(self) -> int:
        """Tell Stripe of what waits to be told; return how many were tried."""
        values = {"limit": _AT_ONCE, "lease": _LEASE, "patience": PATIENCE}
        async with self._database.connection() as connection, connection.transaction():
            rows = await (await connection.execute(sql("claim_meter"), values)).fetchall()
        await asyncio.gather(*(self._meter(row) for row in rows))
        return len(rows)

    async def _meter(self, row: dict[str, Any]) -> None:
        name, waits = str(row["id"]), row["state"] == "waiting"
        if row["late"]:
            _log.error("%s of %s was not taken within a day: see to it at Stripe", name, row["customer"])
            await self._put(row, "lost")
            return
        try:
            if waits:
                await self._stripe.count(name, row["customer"], row["created"])
            else:
                await self._stripe.take_back(name)
        except FoldSightError as fault:
            _log.warning("meter event %s waits: %s", name, fault)
            values = {"id": row["id"], "delay": min(5.0 * 2 ** row["attempts"], 3600.0)}
            async with self._database.connection() as connection:
                await connection.execute(sql("meter_later"), values)
            return
        await self._put(row, "sent" if waits else "withdrawn")

    async def _put(self, row: dict[str, Any], state: str) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                sql("meter_state"), {"id": row["id"], "was": row["state"], "state": state}
            )
        self._told({"sent": "counted"}.get(state, state))


async def _note(connection: Connection, account: Row, now: Standing) -> None:
    facts = {
        "plan": now.plan,
        "was": account["plan"],
        "status": now.status,
        "seats": now.seats,
        "ends": now.cancels,
    }
    name = str(account["account"])
    values = {"caller": "stripe", "action": "billing.change", "project_id": None, "facts": jsonb(facts)}
    await connection.execute(sql("audit"), {**values, "subject": name.removeprefix("org:")})
