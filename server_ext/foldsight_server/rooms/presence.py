"""Who is in a room and where they point: cursors, selections, cameras.

Clients say what they like of their own client ids; who they are is written in by the server.
States are passed on together at most :data:`EVERY` seconds apart, the newest of each client,
so that a hundred moving cursors do not make ten thousand messages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from foldsight_server.rooms import wire
from foldsight_server.rooms.wire import Entry

#: Seconds between two messages of presence.
EVERY = 0.02
#: Bytes of one client's state; a camera and a selection fit many times over.
MOST_BYTES = 8_192
#: Client ids that one connection may speak for.
MOST_CLIENTS = 4
#: Entries that are read of one message: a client may repeat everybody else's.
MOST_ENTRIES = 2_000
#: Client ids whose last clock is remembered.
MOST_REMEMBERED = 10_000
#: Okabe and Ito (2008), without black and yellow: readable on light and dark.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")


def colour_of(user: str) -> str:
    """Return a person's colour, the same everywhere."""
    return _COLOURS[sum(user.encode()) % len(_COLOURS)]


@dataclass(slots=True)
class _Client:
    owner: object
    clock: int
    state: str
    stamp: dict[str, str] = field(default_factory=dict)


class Presence:
    """The states of all clients in a room."""

    def __init__(self) -> None:
        self._clients: dict[int, _Client] = {}
        self._owned: dict[object, set[int]] = {}
        self._changed: set[int] = set()
        # The last clock that was sent of each client: one who comes back must not be taken for old news.
        self._sent: dict[int, int] = {}

    def receive(self, owner: object, body: bytes, stamp: dict[str, str]) -> bool:
        """Take in a client's message and say whether there is news.

        Parameters
        ----------
        owner : object
            The connection; it speaks for its own client ids only, others are passed over.
        body : bytes
        stamp : dict
            Who it is: id, name, role, colour.

        Raises
        ------
        Malformed
        """
        for entry in wire.read_awareness(body, MOST_ENTRIES):
            known = self._clients.get(entry.client)
            if known is None and not self._claim(owner, entry.client):
                continue
            if known is not None and (known.owner is not owner or known.clock >= entry.clock):
                continue
            state = _stamped(entry.state, stamp)
            self._clients[entry.client] = _Client(owner, entry.clock, state, stamp)
            self._changed.add(entry.client)
        return bool(self._changed)

    def _claim(self, owner: object, client: int) -> bool:
        mine = self._owned.setdefault(owner, set())
        if len(mine) >= MOST_CLIENTS:
            return False
        mine.add(client)
        return True

    def leave(self, owner: object) -> bool:
        """Say for a connection that has ended that its clients are gone."""
        for client in self._owned.pop(owner, ()):
            known = self._clients[client]
            self._clients[client] = _Client(None, known.clock, "null")
            self._changed.add(client)
        return bool(self._changed)

    def news(self) -> list[tuple[object, Entry]]:
        """Return what changed since the last call, with whose it is; the gone are forgotten."""
        for client in self._changed:
            clock = max(self._clients[client].clock, self._sent.pop(client, -1) + 1)
            self._sent[client] = clock
        while len(self._sent) > MOST_REMEMBERED:
            del self._sent[next(iter(self._sent))]
        found = [(self._clients[c].owner, self._entry(c)) for c in sorted(self._changed)]
        for client in self._changed:
            if self._clients[client].owner is None:
                del self._clients[client]
        self._changed.clear()
        return found

    def everybody(self) -> list[Entry]:
        """Return the state of every client that is here."""
        return [self._entry(client) for client, held in self._clients.items() if held.state != "null"]

    def people(self) -> list[dict[str, str]]:
        """Return who is here, each once."""
        here = {held.stamp["id"]: held.stamp for held in self._clients.values() if held.state != "null"}
        return list(here.values())

    def _entry(self, client: int) -> Entry:
        held = self._clients[client]
        return Entry(client, self._sent.get(client, held.clock), held.state)


def _stamped(state: str, stamp: dict[str, str]) -> str:
    """Return a state with the server's word on who it is."""
    if len(state.encode()) > MOST_BYTES:
        raise wire.Malformed(f"An awareness state is larger than {MOST_BYTES} bytes.")
    try:
        data: Any = json.loads(state)
    except (ValueError, RecursionError):
        raise wire.Malformed("An awareness state is not JSON.") from None
    if data is None:
        return "null"
    if not isinstance(data, dict):
        raise wire.Malformed("An awareness state is not a JSON object.")
    return json.dumps({**data, "user": stamp}, separators=(",", ":"))
