"""FoldSight's own small server: ``foldsight serve``, and what the client starts."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import os
import secrets
import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado import httpserver, netutil, web
from tornado.websocket import WebSocketHandler

from foldsight_server.api.routes import PREFIX
from foldsight_server.api.structures import MAX_UPLOAD
from foldsight_server.app import Application
from foldsight_server.identity import Identity, local_user, nobody
from foldsight_server.web.base import Answering, Following, send_static
from foldsight_server.web.operations import pages
from foldsight_server.web.rooms import Joining

_log = logging.getLogger(__name__)
#: The file that tells clients of this user where the service is.
SERVICE_FILE = "service.json"


class _Guarded(web.RequestHandler):
    """Lets nobody by without the token."""

    def signed_in(self) -> bool:
        """Compare the token in constant time."""
        header = self.request.headers.get("Authorization", "")
        given = header.partition(" ")[2] if " " in header else self.get_query_argument("token", "")
        self.settings["foldsight_seen"][0] = time.monotonic()
        return hmac.compare_digest(given.encode(), self.settings["foldsight_token"].encode())


class ApiHandler(Answering, _Guarded):
    """Every REST operation."""

    def identity(self) -> Identity:
        """Return the one user, or nobody."""
        return local_user() if self.signed_in() else nobody(self.request.remote_ip or "")


class _GuardedSocket(_Guarded, WebSocketHandler):
    """A websocket for who has the token and comes from here."""

    application_core: Application

    def initialize(self, core: Application) -> None:
        """Take the application."""
        self.application_core = core

    def check_origin(self, origin: str) -> bool:
        """Only pages of this very server may connect."""
        return urlsplit(origin).netloc == self.request.host

    async def prepare(self) -> None:
        """Refuse before the handshake."""
        if not self.signed_in():
            raise web.HTTPError(403)


class EventsHandler(Following, _GuardedSocket):
    """Job events over a websocket."""

    def open(self, job_id: str) -> None:
        """Begin to send events."""
        self.start_following(job_id)

    def on_message(self, message: str | bytes) -> None:
        """Ignore what the client says: this socket only tells."""

    def on_close(self) -> None:
        """Stop."""
        self.stop_following()


class RoomHandler(Joining, _GuardedSocket):
    """A room over a websocket."""

    def open(self, room_id: str) -> None:
        """Enter the room."""
        self.start_room(room_id, local_user())

    async def on_message(self, message: str | bytes) -> None:
        """Hand the message to the room."""
        self.settings["foldsight_seen"][0] = time.monotonic()
        await self.pass_in(message)

    def on_close(self) -> None:
        """Leave."""
        self.stop_room()


class StaticHandler(_Guarded):
    """The built front end."""

    async def get(self, name: str) -> None:
        """Send one file to a caller with the token."""
        if not self.signed_in():
            raise web.HTTPError(403)
        await send_static(self, name)


def make_app(core: Application, token: str) -> web.Application:
    """Return the tornado application."""
    options = {"core": core}
    handlers: list[Any] = [
        (rf"{PREFIX}/jobs/([^/]+)/events", EventsHandler, options),
        (rf"{PREFIX}/rooms/([^/]+)", RoomHandler, options),
        (rf"{PREFIX}(/.*)", ApiHandler, options),
        *pages(core, local=True),
        (r"/foldsight/static/(.+)", StaticHandler),
    ]
    return web.Application(
        handlers, foldsight_token=token, foldsight_seen=[time.monotonic()], websocket_ping_interval=20
    )


async def serve(home: Path, host: str, port: int, token: str, idle_exit: float | None) -> None:
    """Serve until a signal comes, or until nobody has asked for ``idle_exit`` seconds."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    core = Application(home)
    app = make_app(core, token or secrets.token_urlsafe(24))
    sockets = netutil.bind_sockets(port, host)
    server = httpserver.HTTPServer(app, max_body_size=MAX_UPLOAD + 1_000_000)
    server.add_sockets(sockets)
    url = f"http://{host}:{sockets[0].getsockname()[1]}"
    # The queue is taken up at once: jobs may be waiting from before a crash. Whoever starts a
    # service has a job for it, so that the cluster comes up beside the database.
    core.service.dispatcher.warm_up()
    await core.service.start()
    announced = _announce(home, url, app.settings["foldsight_token"])
    _log.info("FoldSight serves on %s", url)
    print(f"FoldSight serves on {url}", flush=True)
    try:
        await _until_done(core, app, idle_exit)
    finally:
        _withdraw(announced)
        server.stop()
        await core.service.stop()


async def _until_done(core: Application, app: web.Application, idle_exit: float | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5.0):
                await stop.wait()
        quiet = time.monotonic() - app.settings["foldsight_seen"][0]
        idle = idle_exit is not None and quiet > idle_exit and core.service.rooms.connections == 0
        if idle and await core.service.queue.busy() == 0:
            _log.info("nothing to do for %.0f s", quiet)
            return


def _announce(home: Path, url: str, token: str) -> Path:
    """Write the service file, readable by its owner only, whole or not at all."""
    path = home / SERVICE_FILE
    draft = home / f".{SERVICE_FILE}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump({"url": url, "token": token, "pid": os.getpid()}, stream)
    draft.replace(path)
    return path


def _withdraw(path: Path) -> None:
    """Remove the service file if it still is ours."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        if json.loads(path.read_text())["pid"] == os.getpid():
            path.unlink()
