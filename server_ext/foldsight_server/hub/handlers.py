"""REST and websockets of the Hub's service: each request brings a token of the Hub, or a ticket."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tornado.websocket import WebSocketHandler

from foldsight.errors import FoldSightError, NotSignedIn, Refused
from foldsight_server.api.problems import failure
from foldsight_server.app import AWAY, Application, away
from foldsight_server.hub.gate import BELIEVED, Gate, token_of
from foldsight_server.hub.tickets import Tickets
from foldsight_server.identity import NOBODY, Identity, nobody
from foldsight_server.web.base import Answering, Dispatching, Following
from foldsight_server.web.rooms import Joining

#: Seconds after which a browser needs another ticket: it has no token that could be asked about.
TICKET_STAY = 3600.0


@dataclass(frozen=True)
class Site:
    """What the handlers work with."""

    core: Application
    gate: Gate
    tickets: Tickets


class _Known(Dispatching):
    """Finds out who calls before anything else."""

    caller: Identity
    site: Site

    def initialize(self, site: Site) -> None:  # type: ignore[override]
        """Take the site."""
        self.site, self.application_core = site, site.core

    async def prepare(self) -> None:
        """Identify the caller, or refuse with a problem document."""
        try:
            self.caller = await self.identified()
        except FoldSightError as error:
            if error.status == 401:
                self.set_header("WWW-Authenticate", "token")
            await self.send(failure(error))

    async def identified(self) -> Identity:
        """Return the caller; nobody without a token."""
        if "token" in self.request.query_arguments:
            raise NotSignedIn(
                "A token in the URL is not taken: it would end up in logs.",
                hint="Send it as Authorization: token ....",
            )
        token = token_of(self.request.headers.get("Authorization", ""))
        return await self.site.gate.identify(token) if token else nobody(self.request.remote_ip or "")

    def identity(self) -> Identity:
        """Return the caller."""
        return self.caller

    def remote(self) -> str:
        """Who is known counts for themselves: the Hub's proxy is everybody's address."""
        return super().remote() if self.caller.plan == NOBODY else ""


class ApiHandler(_Known, Answering):
    """Every REST operation."""


class _Socket(_Known, WebSocketHandler):
    """A websocket for a caller with a token or a ticket, as long as these are good."""

    _watch: asyncio.Task[None] | None = None

    def check_origin(self, origin: str) -> bool:
        """Only pages of this very host may connect."""
        return urlsplit(origin).netloc == self.request.host

    async def identified(self) -> Identity:
        """Return the caller, who must be somebody."""
        ticket = self.get_query_argument("ticket", "")
        if ticket:
            try:
                await self.application_core.service.start()
                return await self.site.tickets.take(ticket)
            except AWAY as fault:
                raise away() from fault
        caller = await super().identified()
        if caller.plan == NOBODY:
            raise NotSignedIn("There is no token and no ticket.", hint="Send Authorization: token ....")
        return caller

    def start_watch(self) -> None:
        """Close the socket when its caller may no longer hold it."""
        self._watch = asyncio.create_task(self._watched())

    def stop_watch(self) -> None:
        """The socket is closed."""
        if self._watch is not None:
            self._watch.cancel()

    async def _watched(self) -> None:
        token = token_of(self.request.headers.get("Authorization", ""))
        if not token:
            await asyncio.sleep(TICKET_STAY)
            self.close(4401, "take a new ticket")
            return
        while True:
            await asyncio.sleep(BELIEVED)
            try:
                changed = await self.site.gate.identify(token) != self.caller
            except FoldSightError as error:
                # The Hub may be away for a while; those who are in stay in.
                changed = isinstance(error, Refused)
            if changed:
                self.close(4401, "the token is no longer good for this")
                return


class EventsHandler(_Socket, Following):
    """Job events over a websocket."""

    def open(self, job_id: str) -> None:
        """Begin to send events."""
        self.start_following(job_id)
        self.start_watch()

    def on_message(self, message: str | bytes) -> None:
        """Ignore what the client says: this socket only tells."""

    def on_close(self) -> None:
        """Stop."""
        self.stop_following()
        self.stop_watch()


class RoomHandler(_Socket, Joining):
    """A room over a websocket."""

    def open(self, room_id: str) -> None:
        """Enter the room."""
        self.start_room(room_id, self.caller)
        self.start_watch()

    async def on_message(self, message: str | bytes) -> None:
        """Hand the message to the room."""
        await self.pass_in(message)

    def on_close(self) -> None:
        """Leave."""
        self.stop_room()
        self.stop_watch()


def routes(site: Site, base: str, prefix: str) -> list[Any]:
    """Return the tornado routes of the interface under ``base``."""
    options = {"site": site}
    return [
        (rf"{base}{prefix}/jobs/([^/]+)/events", EventsHandler, options),
        (rf"{base}{prefix}/rooms/([^/]+)", RoomHandler, options),
        (rf"{base}{prefix}(/.*)", ApiHandler, options),
    ]
