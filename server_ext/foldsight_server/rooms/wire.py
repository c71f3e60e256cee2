"""Messages on the wire: y-protocols' sync and awareness, and an acknowledgement of our own.

::

    message   = SYNC (STEP1 state-vector | STEP2 update | UPDATE update)
              | AWARENESS entries
              | QUERY_AWARENESS
              | SAVED count

Numbers are lib0's variable-length unsigned integers, byte strings have their length before
them. ``SAVED`` goes from server to client only: so many of the updates that came over this
connection are in the log now. Clients that do not know it leave it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from foldsight.errors import BadRequest

SYNC, AWARENESS, AUTH, QUERY_AWARENESS, SAVED = 0, 1, 2, 3, 100
STEP1, STEP2, UPDATE = 0, 1, 2
#: Largest whole number that JavaScript holds.
_MOST = 2**53 - 1


class Malformed(BadRequest):
    """A message is not what the protocol says."""

    code = "malformed"


class Reader:
    """Reads numbers and byte strings from a message, never past its end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def ended(self) -> bool:
        """Whether everything was read."""
        return self._at >= len(self._data)

    def number(self) -> int:
        """Read an unsigned number."""
        value, shift = 0, 0
        while True:
            if self._at >= len(self._data) or shift > 56:
                raise Malformed("A number in the message has no end.")
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if value > _MOST:
            raise Malformed("A number in the message is too large.")
        return value

    def chunk(self) -> bytes:
        """Read a byte string."""
        size = self.number()
        if size > len(self._data) - self._at:
            raise Malformed("The message ends too soon.")
        self._at += size
        return self._data[self._at - size : self._at]


def number(value: int) -> bytes:
    """Return an unsigned number as bytes."""
    out = bytearray()
    while value > 0x7F:
        out.append(0x80 | (value & 0x7F))
        value >>= 7
    out.append(value)
    return bytes(out)


def chunk(data: bytes) -> bytes:
    """Return a byte string with its length before it."""
    return number(len(data)) + data


def sync(kind: int, data: bytes) -> bytes:
    """Return a message of the sync protocol."""
    return bytes((SYNC, kind)) + chunk(data)


def saved(count: int) -> bytes:
    """Return the acknowledgement of so many updates of this connection."""
    return bytes((SAVED,)) + number(count)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one client says of itself; ``state`` is JSON text, ``null`` when it has gone."""

    client: int
    clock: int
    state: str


def awareness(entries: list[Entry]) -> bytes:
    """Return an awareness message."""
    body = number(len(entries)) + b"".join(
        number(entry.client) + number(entry.clock) + chunk(entry.state.encode()) for entry in entries
    )
    return bytes((AWARENESS,)) + chunk(body)


def read_awareness(body: bytes, most: int) -> list[Entry]:
    """Read the entries of an awareness message.

    Raises
    ------
    Malformed
        Also for more than ``most`` entries.
    """
    reader = Reader(body)
    count = reader.number()
    if count > most:
        raise Malformed(f"An awareness message has {count} entries, more than {most}.")
    entries = []
    for _ in range(count):
        client, clock, state = reader.number(), reader.number(), reader.chunk()
        try:
            entries.append(Entry(client, clock, state.decode()))
        except UnicodeDecodeError:
            raise Malformed("An awareness state is not text.") from None
    return entries


def state_vector(data: bytes) -> dict[int, int]:
    """Read a Yjs state vector: how many operations of each client are known."""
    reader = Reader(data)
    return {reader.number(): reader.number() for _ in range(reader.number())}


def deletions(update: bytes) -> Iterator[tuple[int, int]]:
    """Yield ``(client, end)`` of each deleted range of an update that has no structs."""
    reader = Reader(update)
    if reader.number() != 0:
        raise Malformed("An update has structs where none were expected.")
    for _ in range(reader.number()):
        client = reader.number()
        for _ in range(reader.number()):
            start, length = reader.number(), reader.number()
            yield client, start + length
