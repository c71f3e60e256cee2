"""A websocket carried on to another: each side's messages, and how it was closed."""

from __future__ import annotations

import asyncio
import logging

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import (
    WebSocketClientConnection,
    WebSocketClosedError,
    WebSocketHandler,
    websocket_connect,
)

from foldsight_server.rooms.limits import AGAIN

_log = logging.getLogger(__name__)
#: Seconds between pings, so that nothing between the two takes a quiet line for a dead one.
_PING = 20
#: Codes that say how a line broke and may not be sent on.
_NOT_SENT = {None, 1005, 1006, 1015}


class Relay(WebSocketHandler):
    """Mix-in: passes messages between a browser and the service."""

    _there: asyncio.Future[WebSocketClientConnection] | None = None
    _down: asyncio.Task[None] | None = None

    def start_relay(self, url: str, token: str) -> None:
        """Connect to the service with a token; messages that come meanwhile wait."""
        self.set_nodelay(True)
        request = HTTPRequest(url, headers={"Authorization": f"token {token}"}, connect_timeout=10)
        self._there = asyncio.ensure_future(websocket_connect(request, ping_interval=_PING))
        self._down = asyncio.create_task(self._pass_down(self._there))

    def stop_relay(self) -> None:
        """Leave the service when the browser has gone."""
        if self._down is not None:
            self._down.cancel()
        if self._there is not None:
            self._there.add_done_callback(_leave)

    async def pass_up(self, message: str | bytes) -> None:
        """Pass a message of the browser on; the next is read when this one is on its way."""
        if self._there is None:
            return
        try:
            there = await asyncio.shield(self._there)
            await there.write_message(message, binary=isinstance(message, bytes))
        except (WebSocketClosedError, HTTPClientError, OSError) as fault:
            _log.debug("a message came for a service that is gone: %s", fault)

    async def _pass_down(self, connecting: asyncio.Future[WebSocketClientConnection]) -> None:
        try:
            there = await asyncio.shield(connecting)
        except HTTPClientError as fault:
            self.close(4000 + fault.code if 400 <= fault.code < 500 else AGAIN, fault.message[:100])
            return
        except OSError as fault:
            _log.warning("the service does not answer: %s", fault)
            self.close(AGAIN, "the service does not answer")
            return
        if there.protocol is not None:
            there.protocol.set_nodelay(True)
        try:
            while (message := await there.read_message()) is not None:
                await self.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            _log.debug("a browser went away while it was written to")
            return
        if there.close_code in _NOT_SENT:
            self.close(AGAIN, "the service went away")
        else:
            self.close(there.close_code, there.close_reason)


def _leave(connecting: asyncio.Future[WebSocketClientConnection]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()
