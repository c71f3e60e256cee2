"""FoldSight in a user's own server on a Hub: everything is passed on to the Hub's service.

This process belongs to the user, so it holds nothing but the user's own token: no database,
no queue, no secret. A guest on a shared server acts at the service as themselves, with their
own token; what computes is done, as in a kernel of that server, in the server's name, so that
whoever pays for the server pays for it.
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import unquote

import httpx
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated, authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.websocket import WebSocketHandler

from foldsight.errors import BadRequest, FoldSightError, NotAllowed, ServiceUnavailable, error_from_dict
from foldsight_server.api.problems import failure
from foldsight_server.api.routes import PREFIX
from foldsight_server.hub.relay import Relay
from foldsight_server.web.base import send_static
from foldsight_server.web.scenes import SceneHandler

#: What computes; it is done in the server's name.
COMPUTING = re.compile(r"/(jobs|analyses)(/|$)")
#: Headers of a request that mean something to the service.
_THERE = {
    "accept",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "range",
    "traceparent",
    "x-request-id",
}
#: Headers of an answer that are of this hop, or for the service's own pages.
_NOT_BACK = {
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "set-cookie",
    "transfer-encoding",
}
_DOTS = re.compile(r"(^|/)\.{1,2}(/|$)")


class Upstream:
    """The service.

    Parameters
    ----------
    url : str
        Without the interface's own path.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") + PREFIX
        # An answer may be held for a minute, or go on for hours; the service is no web site, so no proxy.
        timeout = httpx.Timeout(10.0, read=None, pool=60.0)
        self.http = httpx.AsyncClient(
            timeout=timeout, trust_env=False, limits=httpx.Limits(max_connections=100)
        )

    async def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> httpx.Response:
        """Send a request and return the answer, whose body is still to come.

        Raises
        ------
        BadRequest
            When the path leads out of the interface.
        ServiceUnavailable
        """
        if _DOTS.search(unquote(path.partition("?")[0])):
            raise BadRequest("The path holds . or .. as a part.", hint="See /openapi.json.")
        request = self.http.build_request(method, self.url + path, headers=headers, content=body or None)
        try:
            return await self.http.send(request, stream=True)
        except httpx.HTTPError as fault:
            raise ServiceUnavailable(
                f"The Hub's FoldSight service does not answer ({type(fault).__name__}).", hint="Try again."
            ) from fault


def token_for(handler: JupyterHandler, path: str) -> str:
    """Return the token with which a request is passed on.

    Raises
    ------
    NotAllowed
        When the guest has come without a token of their own.
    """
    mine = os.environ["JUPYTERHUB_API_TOKEN"]
    if COMPUTING.match(path) or handler.current_user.username == os.environ["JUPYTERHUB_USER"]:
        return mine
    provider: Any = handler.identity_provider  # jupyterhub-singleuser's own
    theirs = provider.hub_auth.get_token(handler)
    if not theirs:
        raise NotAllowed("You have no token of the Hub here.", hint="Reload the page to sign in again.")
    return str(theirs)


class _Passing(APIHandler):
    """Passes requests on and answers back, piece by piece."""

    auth_resource = "foldsight"

    def initialize(self, upstream: Upstream) -> None:
        """Take the service."""
        self.upstream = upstream

    def path_of(self) -> str:
        """Return the path within the interface, percent-encoded as it came."""
        return self.request.path.partition(PREFIX)[2]

    def authority(self) -> str:
        """Return the token to pass on with; empty is none."""
        return token_for(self, self.path_of())

    async def pass_on(self) -> None:
        """Send this request to the service and its answer to the caller."""
        try:
            query = f"?{self.request.query}" if self.request.query else ""
            headers = {name: value for name, value in self.request.headers.items() if name.lower() in _THERE}
            headers["Accept-Encoding"] = self.request.headers.get("Accept-Encoding", "identity")
            token = self.authority()
            if token:
                headers["Authorization"] = f"token {token}"
            answer = await self.upstream.send(
                self.request.method or "GET", self.path_of() + query, headers, self.request.body
            )
        except FoldSightError as error:
            await self._refuse(error)
            return
        try:
            await self._give(answer)
        finally:
            await answer.aclose()

    async def _give(self, answer: httpx.Response) -> None:
        self.set_status(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _NOT_BACK:
                self.set_header(name, value)
        async for piece in answer.aiter_raw():
            self.write(piece)
            await self.flush()
        await self.finish()

    async def _refuse(self, error: FoldSightError) -> None:
        told = failure(error)
        self.set_status(told.status)
        self.set_header("Content-Type", told.content_type)
        await self.finish(told.encoded())

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        """Keep the type of what is sent: jupyter-server would call every file JSON."""
        return super().finish(*args, set_content_type=self._headers["Content-Type"], **kwargs)


class PassingApi(_Passing):
    """Every REST operation."""

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Pass a GET on."""
        await self.pass_on()

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Pass a POST on."""
        await self.pass_on()

    @web.authenticated
    @authorized
    async def put(self, path: str) -> None:
        """Pass a PUT on."""
        await self.pass_on()

    @web.authenticated
    @authorized
    async def patch(self, path: str) -> None:
        """Pass a PATCH on."""
        await self.pass_on()

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Pass a DELETE on."""
        await self.pass_on()


class PassingFiles(_Passing):
    """Files by a signed link, which is all that its reader needs."""

    @allow_unauthenticated
    async def get(self, path: str) -> None:
        """Pass a GET on."""
        await self.pass_on()

    def authority(self) -> str:
        """No token counts here."""
        return ""


class PassingSocket(Relay, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Rooms and job events; the origin is checked by jupyter-server's rule, the rest by the service."""

    auth_resource = "foldsight"

    def initialize(self, upstream: Upstream) -> None:
        """Take the service."""
        self.upstream = upstream

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the websocket for a caller who may use this server."""
        for action in ("read", "write"):
            allowed = self.authorizer.is_authorized(self, self.current_user, action, self.auth_resource)
            if not await ensure_async(allowed):
                raise web.HTTPError(403)
        await super().get(*args, **kwargs)

    def open(self, _: str) -> None:
        """Connect to the service."""
        super().open()
        path = self.request.path.partition(PREFIX)[2]
        try:
            token = token_for(self, path)
        except FoldSightError as error:
            self.close(4000 + error.status, error.message)
            return
        self.start_relay(self.upstream.url.replace("http", "ws", 1) + path, token)

    async def on_message(self, message: str | bytes) -> None:
        """Pass a message on."""
        await self.pass_up(message)

    def on_close(self) -> None:
        """Leave."""
        self.stop_relay()
        super().on_close()


class PassingScene(SceneHandler):
    """Scenes of files here and of results at the service."""

    def initialize(self, upstream: Upstream) -> None:  # type: ignore[override]
        """Take the service."""
        self.upstream = upstream

    async def _ask(self, path: str) -> Any:
        headers = {"Authorization": f"token {token_for(self, path)}"}
        answer = await self.upstream.send("GET", path, headers)
        try:
            await answer.aread()
        finally:
            await answer.aclose()
        if answer.status_code >= 400:
            told = answer.json()
            raise error_from_dict({**told, "message": told["detail"]})
        return answer.content if "/files/" in path else answer.json()


class OpenStatic(JupyterHandler):
    """The built front end, for everybody, as JupyterLab's own files are.

    A browser imports a module with its cookies but without the mark against forged requests, and
    the Hub then takes the cookies for nothing: it would send the import to sign in, for ever.
    """

    @allow_unauthenticated
    async def get(self, name: str) -> None:
        """Send one file."""
        await send_static(self, name)


def routes(upstream: Upstream) -> list[Any]:
    """Return the handlers under the server's base URL."""
    options = {"upstream": upstream}
    return [
        (rf"{PREFIX}/jobs/([^/]+)/events", PassingSocket, options),
        (rf"{PREFIX}/rooms/([^/]+)", PassingSocket, options),
        (rf"{PREFIX}(/files/.*)", PassingFiles, options),
        (rf"{PREFIX}(/.*)", PassingApi, options),
        (r"/foldsight/scene", PassingScene, options),
        (r"/foldsight/static/(.+)", OpenStatic),
    ]
