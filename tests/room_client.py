"""A raw Yjs client over a websocket, for tests and load scripts of rooms."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from foldsight_server.rooms import wire
from foldsight_server.rooms.document import annotation_map, new_document, read_all, root
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from foldsight.annotation import Annotation, anchor
from foldsight.annotation.values import Residued
from tests.samples import helices

ONE = helices({"A": "MKTAYIAKQRQISFVKSHFSRQ"})


class RoomClient:
    """One browser's side of a room.

    Attributes
    ----------
    doc : pycrdt.Doc
    began : float
        When the last change was made.
    sent, saved : int
        Updates sent, and those that the server says are in its log.
    states : dict
        What other clients said last, by client id.
    """

    def __init__(
        self, url: str, user: str = "local", name: str = "Local", origin: str | None = None, **headers: str
    ) -> None:
        self.url, self.user, self.name = url, user, name
        self._headers = {**({"Origin": origin} if origin else {}), **headers}
        self.doc = new_document()
        self.sent = self.saved = 0
        self.began = 0.0
        self.states: dict[int, Any] = {}
        self.heard: list[tuple[float, str, Any]] = []
        self.synced = asyncio.Event()
        self.closed: tuple[int | None, str | None] | None = None
        self._socket: WebSocketClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def connect(self) -> RoomClient:
        """Connect and wait until the document is here."""
        self.closed, self.sent, self.saved = None, 0, 0
        self.synced.clear()
        self._socket = await websocket_connect(HTTPRequest(self.url, headers=self._headers))
        self._reader = asyncio.create_task(self._read())
        await self._send(wire.sync(wire.STEP1, self.doc.get_state()))
        await asyncio.wait_for(self.synced.wait(), 20)
        return self

    async def _send(self, message: bytes) -> None:
        assert self._socket is not None
        await self._socket.write_message(message, binary=True)

    async def _read(self) -> None:
        assert self._socket is not None
        while (message := await self._socket.read_message()) is not None:
            assert isinstance(message, bytes)
            await self._take(message)
        self.closed = (self._socket.close_code, self._socket.close_reason)
        self._socket.close()
        self.synced.set()

    async def _take(self, message: bytes) -> None:
        reader, now = wire.Reader(message), time.perf_counter()
        kind = reader.number()
        if kind == wire.SAVED:
            self.saved = reader.number()
        elif kind == wire.AWARENESS:
            for entry in wire.read_awareness(reader.chunk(), 10_000):
                self.states[entry.client] = json.loads(entry.state)
                self.heard.append((now, "cursor", self.states[entry.client]))
        else:
            step, data = reader.number(), reader.chunk()
            if step == wire.STEP1:
                self.sent += 1
                await self._send(wire.sync(wire.STEP2, self.doc.get_update(data)))
            else:
                self.doc.apply_update(data)
                self.heard.append((now, "update", len(data)))
                if step == wire.STEP2:
                    self.synced.set()

    async def change(self, act: Callable[[Any], object]) -> None:
        """Change the document in one transaction and send it."""
        self.began, before = time.perf_counter(), self.doc.get_state()
        with self.doc.transaction():
            act(self.doc)
        self.sent += 1
        await self._send(wire.sync(wire.UPDATE, self.doc.get_update(before)))

    async def note(
        self, text: str, selection: str = "A:3-5", on: Residued = ONE, **fields: Any
    ) -> Annotation:
        """Add an annotation."""
        made = Annotation.new(anchor(selection, on), text, (self.user, self.name), **fields)
        await self.change(lambda doc: root(doc, "annotations").__setitem__(made.id, annotation_map(made)))
        return made

    async def point(self, client: int, clock: int, **state: Any) -> None:
        """Say where this client points."""
        await self._send(wire.awareness([wire.Entry(client, clock, json.dumps(state))]))

    async def all_saved(self, seconds: float = 20.0) -> None:
        """Wait until the server has everything in its log."""
        await until(lambda: self.saved >= self.sent or self.closed is not None, seconds)
        assert self.closed is None, self.closed

    def texts(self) -> list[str]:
        """Return the texts of all annotations, sorted."""
        return sorted(item.text for item in read_all(self.doc))

    async def close(self) -> None:
        """Go away."""
        if self._socket is not None:
            self._socket.close()
        if self._reader is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._reader, 5)


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for a condition to come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.005)


async def together(*work: Awaitable[Any]) -> list[Any]:
    """Run things at the same time."""
    return list(await asyncio.gather(*work))
