"""The websocket of rooms, for both servers; who calls is for the subclass to say."""

from __future__ import annotations

import asyncio
import logging

from tornado.websocket import WebSocketClosedError, WebSocketHandler

from foldsight.errors import FoldSightError
from foldsight_server.app import AWAY, Application, away
from foldsight_server.identity import Identity
from foldsight_server.rooms.limits import close_code
from foldsight_server.rooms.member import Member
from foldsight_server.rooms.room import Room

_log = logging.getLogger(__name__)


class Joining(WebSocketHandler):
    """Mix-in: carries bytes between a websocket and a room."""

    application_core: Application
    #: Where the messages go; None for a caller who is not let in.
    _place: asyncio.Future[tuple[Room, Member] | None]
    _stay: asyncio.Task[None] | None = None

    def start_room(self, room_id: str, identity: Identity) -> None:
        """Enter the room; messages that come meanwhile wait."""
        # Small messages at once: waiting for the last one's receipt costs up to 40 ms.
        self.set_nodelay(True)
        self._place = asyncio.get_running_loop().create_future()
        self._stay = asyncio.create_task(self._in_room(room_id, identity))

    def stop_room(self) -> None:
        """Leave when the client has gone."""
        if self._stay is not None:
            self._stay.cancel()

    async def pass_in(self, message: str | bytes) -> None:
        """Hand a message to the room; the next one is read when this one is dealt with."""
        if isinstance(message, str):
            self.close(4400, "messages are binary")
            return
        place = await self._place
        if place is not None:
            room, member = place
            await room.receive(member, message)

    async def _in_room(self, room_id: str, identity: Identity) -> None:
        service = self.application_core.service
        try:
            await service.start()
            room, member = await service.rooms.join(identity, room_id)
        except (FoldSightError, *AWAY) as fault:
            error = fault if isinstance(fault, FoldSightError) else away()
            _log.info("room %s: %s", room_id, fault)
            self.close(close_code(error), error.message.encode()[:120].decode(errors="ignore"))
            self._place.set_result(None)
            return
        try:
            self._place.set_result((room, member))
            async for message in member.outgoing():
                await self.write_message(message, binary=True)
            if member.closed is not None:
                self.close(*member.closed)
        except WebSocketClosedError:
            _log.debug("room %s: a client went away while it was written to", room_id)
        finally:
            service.rooms.leave(room, member)
