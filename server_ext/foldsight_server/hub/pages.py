"""The two pages of the Hub's service for browsers, signed in through the Hub."""

from __future__ import annotations

import json
import secrets
from html import escape
from typing import Any

from jupyterhub.services.auth import HubOAuthenticated
from tornado import web

from foldsight.errors import FoldSightError
from foldsight_server.api.problems import failure
from foldsight_server.api.routes import PREFIX
from foldsight_server.app import AWAY, away
from foldsight_server.hub.handlers import Site
from foldsight_server.hub.tickets import LIFETIME
from foldsight_server.identity import Identity

_HOME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>FoldSight</title>
<h1>FoldSight</h1>{note}<p>Signed in as {name}, plan {plan}; this browser may {may}.</p>
<p>For scripts, make a token on the <a href="{hub}token">Hub's token page</a> with the scopes
<code>access:services!service={service}</code> and <code>custom:foldsight:predict</code>.</p></html>"""
#: What is said to who comes back from Stripe's pages.
_NOTES = {
    "paid": "<p>It is paid. Your plan counts as soon as Stripe has told us, mostly within a minute.</p>",
    "left": "<p>Nothing was bought.</p>",
}
_TICKET = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Ticket</title>
<script nonce="{nonce}">parent.postMessage({told}, location.origin)</script></html>"""


class _Page(HubOAuthenticated, web.RequestHandler):  # type: ignore[misc]
    """A page for who is signed in; whoever is not is sent to the Hub and comes back."""

    site: Site
    service: str

    def initialize(self, site: Site, service: str) -> None:
        """Take the site."""
        self.site, self.service = site, service

    async def get(self) -> None:
        """Show the page."""
        user = await self.hub_auth.get_user(self, sync=False)
        if user is None:
            self._sign_in()
            return
        try:
            await self.show(await self.site.gate.identify(self.hub_auth.get_token(self)))
        except FoldSightError as error:
            self._refuse(error)
        except AWAY:
            self._refuse(away())

    async def show(self, caller: Identity) -> None:
        """Send the page."""
        raise NotImplementedError

    def _sign_in(self) -> None:
        mode = self.request.headers.get("Sec-Fetch-Mode", "navigate")
        if "navigate" in mode:
            self.redirect(self.get_login_url())
        else:  # a fetch would follow the Hub's redirects round and round
            self.set_status(401)
            self.finish("Open this page in a frame or a tab: only these can sign in.")

    def _refuse(self, error: FoldSightError) -> None:
        told = failure(error)
        self.set_status(told.status)
        self.set_header("Content-Type", told.content_type)
        self.finish(told.encoded())

    def put(self, page: str, **words: Any) -> None:
        """Send a page that no other site may frame and that runs nothing but its own line."""
        nonce = secrets.token_urlsafe(16)
        policy = f"default-src 'none'; script-src 'nonce-{nonce}'; frame-ancestors 'self'"
        self.set_header("Content-Security-Policy", policy)
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(page.format(nonce=nonce, **words))


class HomePage(_Page):
    """Says who is signed in and where tokens are made."""

    async def show(self, caller: Identity) -> None:
        """Send the page."""
        words = {"name": caller.name, "plan": caller.plan.title, "may": caller.may, "service": self.service}
        note = _NOTES.get(self.get_query_argument("billing", ""), "")
        escaped = {key: escape(word) for key, word in words.items()}
        self.put(_HOME, hub=self.hub_auth.hub_prefix, note=note, **escaped)


class TicketPage(_Page):
    """Hands a ticket to the page that has this one in a hidden frame."""

    async def show(self, caller: Identity) -> None:
        """Send the page."""
        told = {
            "ticket": await self.site.tickets.make(caller), "seconds": LIFETIME, "user": caller.id,
            "may": caller.may, "rooms": f"{self.hub_auth.base_url.rstrip('/')}{PREFIX}/rooms/",
        }  # fmt: skip
        self.put(_TICKET, told=json.dumps(told).replace("<", "\\u003c"))
