"""The Jupyter server extension: FoldSight inside ``jupyter lab``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated, authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.extension.application import ExtensionApp
from tornado import web
from tornado.websocket import WebSocketHandler

from foldsight import hub, settings
from foldsight_server.api.routes import PREFIX
from foldsight_server.app import Application
from foldsight_server.hub.proxy import Upstream
from foldsight_server.hub.proxy import routes as passing_routes
from foldsight_server.identity import Identity, local_user, nobody
from foldsight_server.web.base import Dispatching, Following, send_static
from foldsight_server.web.rooms import Joining
from foldsight_server.web.scenes import SceneHandler


class _Authorized(JupyterHandler):
    """Mix-in: the one user, as far as Jupyter's authorizer lets them."""

    auth_resource = "foldsight"

    async def caller(self) -> Identity:
        """Return the caller; who may not write by Jupyter's rules may only look."""
        user = local_user()
        return user if await self.allowed("write") else replace(user, may="read")

    async def allowed(self, action: str) -> bool:
        """Ask the authorizer."""
        user = self.current_user
        return bool(await ensure_async(self.authorizer.is_authorized(self, user, action, self.auth_resource)))


class ApiHandler(Dispatching, _Authorized, APIHandler):
    """Every REST operation."""

    _looker: Identity | None = None

    def identity(self) -> Identity:
        """Return the caller; the authorizer has let them by for what is not a GET."""
        return self._looker or local_user()

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Pass a GET on; its answer says what the caller may do."""
        self._looker = await self.caller()
        await self.pass_on(path)

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Pass a POST on."""
        await self.pass_on(path)

    @web.authenticated
    @authorized
    async def put(self, path: str) -> None:
        """Pass a PUT on."""
        await self.pass_on(path)

    @web.authenticated
    @authorized
    async def patch(self, path: str) -> None:
        """Pass a PATCH on."""
        await self.pass_on(path)

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Pass a DELETE on."""
        await self.pass_on(path)

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        """Keep the type of what is sent: jupyter-server would call every file JSON."""
        return super().finish(*args, set_content_type=self._headers["Content-Type"], **kwargs)


class FileHandler(Dispatching, APIHandler):
    """Files by a signed link, which is all that its reader needs."""

    @allow_unauthenticated
    async def get(self, path: str) -> None:
        """Pass a GET on."""
        await self.pass_on(path)

    def identity(self) -> Identity:
        """Nobody: no cookie and no token counts here."""
        return nobody(self.request.remote_ip or "")

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        """Keep the type of what is sent: jupyter-server would call every file JSON."""
        return super().finish(*args, set_content_type=self._headers["Content-Type"], **kwargs)


class EventsHandler(Following, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Job events over a websocket; the origin is checked by jupyter-server's rule."""

    auth_resource = "foldsight"

    def initialize(self, core: Application) -> None:
        """Take the application."""
        self.application_core = core

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the websocket for a caller who is signed in."""
        await super().get(*args, **kwargs)

    def open(self, job_id: str) -> None:
        """Begin to send events."""
        super().open()
        self.start_following(job_id)

    def on_message(self, message: str | bytes) -> None:
        """Ignore what the client says: this socket only tells."""

    def on_close(self) -> None:
        """Stop."""
        self.stop_following()
        super().on_close()


class RoomHandler(Joining, WebSocketMixin, WebSocketHandler, _Authorized):
    """A room over a websocket; the origin is checked by jupyter-server's rule."""

    _caller: Identity

    def initialize(self, core: Application) -> None:
        """Take the application."""
        self.application_core = core

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the websocket for a caller who may look; who may not write here may not write there."""
        if not await self.allowed("read"):
            raise web.HTTPError(403)
        self._caller = await self.caller()
        await super().get(*args, **kwargs)

    def open(self, room_id: str) -> None:
        """Enter the room."""
        super().open()
        self.start_room(room_id, self._caller)

    async def on_message(self, message: str | bytes) -> None:
        """Hand the message to the room."""
        await self.pass_in(message)

    def on_close(self) -> None:
        """Leave."""
        self.stop_room()
        super().on_close()


class StaticHandler(JupyterHandler):
    """The built front end, for signed-in users."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Send one file."""
        await send_static(self, name)


class FoldSightExtension(ExtensionApp):
    """Adds FoldSight to a Jupyter server; starts nothing before it is asked."""

    name = "foldsight_server"
    #: One of the two: everything here, or the Hub's service that has it.
    core: Application | None = None
    upstream: Upstream | None = None

    def initialize_handlers(self) -> None:
        """Mount the routes: of the application, or on a Hub with the service those that pass on."""
        service = hub.service_url()
        if service is not None:
            self.upstream = Upstream(service)
            self.handlers.extend(passing_routes(self.upstream))
            return
        self.core = Application(settings.home())
        core = {"core": self.core}
        # The base URL is put before each by jupyter-server.
        self.handlers.extend(
            [
                (rf"{PREFIX}/jobs/([^/]+)/events", EventsHandler, core),
                (rf"{PREFIX}/rooms/([^/]+)", RoomHandler, core),
                (rf"{PREFIX}(/files/.*)", FileHandler, core),
                (rf"{PREFIX}(/.*)", ApiHandler, core),
                (r"/foldsight/static/(.+)", StaticHandler),
                (r"/foldsight/scene", SceneHandler, core),
            ]
        )

    async def stop_extension(self) -> None:
        """Stop what was started."""
        if self.core is not None:
            await self.core.service.stop()
        if self.upstream is not None:
            await self.upstream.http.aclose()
