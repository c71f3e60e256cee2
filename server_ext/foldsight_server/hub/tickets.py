"""Tickets: a browser that the Hub has signed in opens one websocket with each."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from foldsight.errors import NotSignedIn
from foldsight.plans import PLANS
from foldsight_server.identity import Identity
from foldsight_server.store.access import jsonb, one
from foldsight_server.store.database import Database
from foldsight_server.store.queries import sql

#: Seconds from the page that makes a ticket to the websocket that takes it.
LIFETIME = 60


class Tickets:
    """Makes and takes tickets; the database knows only what they hash to.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, identity: Identity) -> str:
        """Return a new ticket for a caller."""
        ticket = secrets.token_urlsafe(32)
        caller = {
            "id": identity.id, "name": identity.name, "plan": identity.plan.id, "may": identity.may,
            "account": identity.account,
        }  # fmt: skip
        values = {
            "digest": _digest(ticket), "caller": jsonb(caller), "lifetime": timedelta(seconds=LIFETIME),
        }  # fmt: skip
        async with self._database.connection() as connection:
            await connection.execute(sql("put_ticket"), values)
        return ticket

    async def take(self, ticket: str) -> Identity:
        """Return whose ticket it is; it is gone then.

        Raises
        ------
        NotSignedIn
            When there is no such ticket, or it is older than a minute.
        """
        async with self._database.connection() as connection:
            row = await one(connection, "take_ticket", {"digest": _digest(ticket)})
        if row is None or not row["good"]:
            raise NotSignedIn("This ticket is used or has ended.", hint="Take a new one.")
        return Identity(**{**row["caller"], "plan": PLANS[row["caller"]["plan"]]})


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
