"""One connection to a room: who it is, and what waits to be sent to it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from foldsight_server.policy import Role
from foldsight_server.rooms.limits import MOST_WAITING, TOO_SLOW, Bucket
from foldsight_server.rooms.presence import colour_of
from foldsight_server.rooms.rules import Person


class Member:
    """A connection.

    Parameters
    ----------
    person : Person
    role : str
    """

    def __init__(self, person: Person, role: Role) -> None:
        self.person, self.role = person, role
        self.updates, self.cursors = Bucket(100, 1_000), Bucket(60, 120)
        #: Updates that were dealt with, and those that came before what they build on.
        self.saved, self.ahead = 0, 0
        self.closed: tuple[int, str] | None = None
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._news = asyncio.Event()

    @property
    def stamp(self) -> dict[str, str]:
        """Who it is, as others see it."""
        person = self.person
        return {"id": person.id, "name": person.name, "role": self.role, "colour": colour_of(person.id)}

    def send(self, message: bytes, *, may_be_lost: bool = False) -> None:
        """Put a message in line; a reader that is too slow is sent away, not waited for."""
        if self.closed is not None:
            return
        if self._bytes + len(message) > MOST_WAITING:
            if not may_be_lost:
                self.close(TOO_SLOW, "too slow")
            return
        self._waiting.append(message)
        self._bytes += len(message)
        self._news.set()

    def close(self, code: int, reason: str) -> None:
        """End the connection after what is in line."""
        if self.closed is None:
            # A close frame holds 123 bytes of reason.
            self.closed = (code, reason.encode()[:120].decode(errors="ignore"))
            if code == TOO_SLOW:
                self._waiting.clear()
            self._news.set()

    def take(self) -> bytes | None:
        """Return the next message in line, None when there is none now."""
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        self._bytes -= len(message)
        return message

    async def outgoing(self) -> AsyncIterator[bytes]:
        """Yield messages to send, until the connection is to be closed."""
        while True:
            while (message := self.take()) is not None:
                yield message
            if self.closed is not None:
                return
            self._news.clear()
            await self._news.wait()
