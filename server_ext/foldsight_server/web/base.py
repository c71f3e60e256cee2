"""Tornado handlers that both servers share; who calls is for the subclass to say."""

from __future__ import annotations

import asyncio
import contextlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tornado import web
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from foldsight.errors import BadRequest, Failed, FoldSightError, NotAllowed, NotFound, WrongMethod
from foldsight_server.api.calls import Response
from foldsight_server.api.problems import failure
from foldsight_server.api.routes import PREFIX
from foldsight_server.app import Application
from foldsight_server.identity import Identity, local_user

#: Built files carry their hash, so they never change under a name.
FOREVER = "public, max-age=31536000, immutable"
_STATIC_NAME = re.compile(r"^[\w.-]+\.(js|css|json|png|svg)$")


class Dispatching(web.RequestHandler):
    """Mix-in: passes a request on to :meth:`Application.dispatch`."""

    application_core: Application

    def initialize(self, core: Application) -> None:
        """Take the application."""
        self.application_core = core

    def identity(self) -> Identity:
        """Return the caller."""
        return local_user()

    def remote(self) -> str:
        """Return the address whose calls are counted; empty counts none but the caller's."""
        return self.request.remote_ip or ""

    async def pass_on(self, path: str) -> None:
        """Dispatch this request and send the answer."""
        query = {
            name: values[-1].decode("utf-8", "replace")
            for name, values in self.request.query_arguments.items()
        }
        method, body = self.request.method or "GET", self.request.body
        # Tornado decoded what it matched, and a slash within a name with it; the request has it as it came.
        raw = self.request.path.partition(PREFIX)[2] or path
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        core, identity, remote = self.application_core, self.identity(), self.remote()
        await self.send(
            await core.dispatch(method, raw, identity, query, body, headers=headers, remote=remote)
        )

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say in a problem document too what the web server itself refuses."""
        kinds = {403: NotAllowed, 404: NotFound, 405: WrongMethod}
        kind = kinds.get(status_code, BadRequest if status_code < 500 else Failed)
        reason = self._reason.rstrip(".")
        self._put(failure(kind(f"{reason}.", hint="See /openapi.json.")))
        self.set_status(status_code)
        self.finish()

    async def send(self, response: Response) -> None:
        """Send a response."""
        if response.pieces is None:
            self._put(response)
            await self.finish()
            return
        self._head(response)
        with contextlib.suppress(StreamClosedError):  # who asked has gone
            async with contextlib.aclosing(response.pieces) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    self.write(piece)
                    await self.flush()
            await self.finish()

    def _put(self, response: Response) -> None:
        self._head(response)
        self.write(response.encoded())

    def _head(self, response: Response) -> None:
        self.set_status(response.status)
        self.set_header("Content-Type", response.content_type)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        for name, value in response.headers.items():
            self.set_header(name, value)


class Answering(Dispatching):
    """Mix-in: every REST operation, for a server of our own; Jupyter's asks who may for each method."""

    async def get(self, path: str) -> None:
        """Answer a GET."""
        await self.pass_on(path)

    async def post(self, path: str) -> None:
        """Answer a POST."""
        await self.pass_on(path)

    async def put(self, path: str) -> None:
        """Answer a PUT."""
        await self.pass_on(path)

    async def patch(self, path: str) -> None:
        """Answer a PATCH."""
        await self.pass_on(path)

    async def delete(self, path: str) -> None:
        """Answer a DELETE."""
        await self.pass_on(path)


class Following(WebSocketHandler):
    """Mix-in: a websocket that sends a job now and at each change, then closes."""

    application_core: Application
    _following: asyncio.Task[None] | None = None

    def identity(self) -> Identity:
        """Return the caller."""
        return local_user()

    def start_following(self, job_id: str) -> None:
        """Begin to send."""
        self._following = asyncio.create_task(self._follow(job_id))

    def stop_following(self) -> None:
        """Stop when the client has gone."""
        if self._following is not None:
            self._following.cancel()

    async def _follow(self, job_id: str) -> None:
        try:
            async for view in self.application_core.follow(job_id, self.identity()):
                await self.write_message(view)
            self.close(1000, "ended")
        except FoldSightError as error:
            await self.write_message(failure(error).body)
            self.close(4000 + min(error.status, 999), error.code)
        except WebSocketClosedError:
            self.stop_following()


def static_folder() -> Path | None:
    """Return the folder of the built front end, without importing it."""
    spec = find_spec("foldsight_widgets")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "static"


async def send_static(handler: web.RequestHandler, name: str) -> None:
    """Send a built file, gzipped where the browser takes that, cacheable for ever."""
    folder = static_folder()
    path = folder / name if folder is not None and _STATIC_NAME.match(name) else None
    if path is None or not path.is_file():
        raise web.HTTPError(404)
    kinds = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
    handler.set_header("Content-Type", kinds.get(path.suffix, "application/octet-stream"))
    handler.set_header("Cache-Control", FOREVER)
    handler.set_header("X-Content-Type-Options", "nosniff")
    handler.set_header("Vary", "Accept-Encoding")
    packed = path.with_name(path.name + ".gz")
    if packed.is_file() and "gzip" in handler.request.headers.get("Accept-Encoding", ""):
        handler.set_header("Content-Encoding", "gzip")
        path = packed
    await handler.finish(await asyncio.to_thread(path.read_bytes))
