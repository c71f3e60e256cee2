"""``foldsight serve`` as a service of JupyterHub: the one process that owns what people share.

The Hub says by the environment where to listen and how to be asked:
``JUPYTERHUB_SERVICE_NAME``, ``JUPYTERHUB_SERVICE_PREFIX``, ``JUPYTERHUB_SERVICE_URL``,
``JUPYTERHUB_API_URL``, ``JUPYTERHUB_API_TOKEN`` and ``JUPYTERHUB_CLIENT_ID``.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado import httpserver, netutil, web

from foldsight.errors import BadRequest
from foldsight_server.api.routes import PREFIX
from foldsight_server.api.structures import MAX_UPLOAD
from foldsight_server.app import AWAY, Application
from foldsight_server.hub.gate import Gate
from foldsight_server.hub.handlers import Site, routes
from foldsight_server.hub.members import Members
from foldsight_server.hub.settings import HubSettings, read_settings
from foldsight_server.hub.tickets import Tickets
from foldsight_server.store.regions import read_regions, require_known
from foldsight_server.web import operations

_log = logging.getLogger(__name__)
_NEEDED = (
    "JUPYTERHUB_SERVICE_PREFIX",
    "JUPYTERHUB_SERVICE_URL",
    "JUPYTERHUB_API_URL",
    "JUPYTERHUB_CLIENT_ID",
)


def is_service(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the Hub started us as a service; a user's own server has no such name."""
    return {"JUPYTERHUB_SERVICE_NAME", "JUPYTERHUB_API_TOKEN"} <= environment.keys()


async def serve(home: Path) -> None:
    """Serve until a signal comes.

    Raises
    ------
    Refused
        When the environment or the operator's file is not as it should be.
    """
    missing = [name for name in _NEEDED if not os.environ.get(name)]
    if missing:
        raise BadRequest(f"{missing[0]} is not set.", hint="JupyterHub sets it for a service with a url.")
    settings, hub = read_settings(), _hub()
    asked = {f"group {name}": group.region for name, group in settings.groups.items()}
    require_known(read_regions(), asked, "FOLDSIGHT_HUB_CONFIG")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    core = Application(home)
    place = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    sockets = netutil.bind_sockets(place.port or 80, place.hostname)
    try:
        app = make_app(core, hub, settings)
        # Callers are known by the Hub, so only who is not counts by the address that the proxy tells.
        server = httpserver.HTTPServer(app, max_body_size=MAX_UPLOAD + 1_000_000, xheaders=True)
        # The Hub gives up after ten seconds on a service that does not answer, and ends itself: so we
        # answer at once, and calls wait for the database.
        server.add_sockets(sockets)
        core.service.dispatcher.warm_up()
        beginning = asyncio.create_task(_begin(core))
        _log.info("FoldSight serves the Hub on %s", place.geturl())
        await _until_stopped()
        server.stop()
        await beginning
    finally:
        await core.service.stop()


async def _begin(core: Application) -> None:
    """Take the queue up without waiting for the first call; one that fails is tried again by the next."""
    try:
        await core.service.start()
    except AWAY as fault:
        _log.warning("the database does not answer yet: %s", fault)


def make_app(core: Application, hub: Any, settings: HubSettings) -> web.Application:
    """Return the tornado application."""
    from jupyterhub.services.auth import HubOAuthCallbackHandler

    from foldsight_server.hub.pages import HomePage, TicketPage

    name = os.environ["JUPYTERHUB_SERVICE_NAME"]
    base = os.environ["JUPYTERHUB_SERVICE_PREFIX"].rstrip("/")
    members = Members(core.service, settings)
    site = Site(core, Gate(hub, name, members), Tickets(core.service.database))
    pages = {"site": site, "service": name}
    handlers = [
        *routes(site, base, PREFIX),
        *operations.pages(core, base, local=False),
        (rf"{base}/oauth_callback", HubOAuthCallbackHandler),
        (rf"{base}/ticket", TicketPage, pages),
        (rf"{base}/", HomePage, pages),
    ]
    # Every replica has the same token of the Hub, and so the same secret.
    secret = hmac.new(hub.api_token.encode(), b"cookies", hashlib.sha256).digest()
    return web.Application(
        handlers, cookie_secret=secret, websocket_ping_interval=20, log_function=log_request
    )


def log_request(handler: web.RequestHandler) -> None:
    """Log what failed by its path alone: what people put into a query may be a token or a ticket."""
    status, path = handler.get_status(), handler.request.path
    level = logging.ERROR if status >= 500 else logging.INFO if status >= 400 else logging.DEBUG
    _log.log(level, "%s %s %s", status, handler.request.method, path)


def _hub() -> Any:
    """Return the Hub's side of sign-in; what we start ourselves does not inherit our token."""
    try:
        from jupyterhub.services.auth import HubOAuth
    except ImportError as fault:
        raise BadRequest("JupyterHub is not installed.", hint="pip install 'foldsight[hub]'") from fault

    hub = HubOAuth.instance()
    assert hub.api_token, "the caller has looked"
    assert hub.oauth_client_id, "the caller has looked"
    # The Hub gives it under an old name too.
    for name in [name for name, value in os.environ.items() if value == hub.api_token]:
        del os.environ[name]
    return hub


async def _until_stopped() -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
