"""A hundred sockets in one room, and a day of edits in minutes.

The clients share one process and so one core; they note what arrives and put it together only
afterwards, or they would measure themselves.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Iterator

import numpy as np
import psutil
import psycopg
import pytest
from foldsight_server.rooms import wire
from foldsight_server.rooms.document import new_document, read_all, root
from foldsight_server.store.embedded import EmbeddedPostgres
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.integration.conftest import Service, data_folder, running_in
from tests.load.report import SECONDS, record
from tests.room_client import RoomClient, together, until

SOCKETS, WRITERS, RATE = 100, 3, 30.0
#: One edit a second for eight hours; set FOLDSIGHT_SOAK_EDITS=28800 for all of them.
EDITS = int(os.environ.get("FOLDSIGHT_SOAK_EDITS", "6000"))
PEOPLE, EDITS_A_SECOND = 4, 80.0
TOKEN = re.compile(rb"m:(\d{6});")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as folder, running_in(folder) as found:
        found.start()
        yield found


def address(service: Service, room: str) -> str:
    client = service.client()
    base = client.address.url.replace("http://", "ws://")
    return f"{base}/foldsight/api/v1/rooms/local-{room}?token={client.address.token}"


class Listener:
    """A member that only listens: bytes and when they came."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, bytes]] = []
        self._socket: WebSocketClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def connect(self, url: str) -> None:
        self._socket = await websocket_connect(HTTPRequest(url))
        self._reader = asyncio.create_task(self._read())
        await self._socket.write_message(wire.sync(wire.STEP1, new_document().get_state()), binary=True)

    async def _read(self) -> None:
        assert self._socket is not None
        while (message := await self._socket.read_message()) is not None:
            assert isinstance(message, bytes)
            self.heard.append((time.perf_counter(), message))

    def arrivals(self) -> dict[int, float]:
        """When each numbered message came first."""
        found: dict[int, float] = {}
        for at, message in self.heard:
            for token in TOKEN.findall(message):
                found.setdefault(int(token), at)
        return found

    def annotations(self) -> int:
        """How many annotations the document has that all messages make."""
        doc = new_document()
        for _, message in self.heard:
            reader = wire.Reader(message)
            if reader.number() == 0 and reader.number() != wire.STEP1:
                doc.apply_update(reader.chunk())
        return len(read_all(doc))

    async def close(self) -> None:
        assert self._socket is not None
        assert self._reader is not None
        self._socket.close()
        await asyncio.wait_for(self._reader, 10)


@pytest.mark.timeout(900)
def test_a_hundred_sockets_hear_every_message(service: Service) -> None:
    asyncio.run(_hundred(address(service, "hundred")))


async def _hundred(url: str) -> None:
    listeners = [Listener() for _ in range(SOCKETS - WRITERS)]
    await together(*(listener.connect(url) for listener in listeners))
    writers = [await RoomClient(url).connect() for _ in range(WRITERS)]
    sent: dict[int, float] = {}
    end = time.perf_counter() + SECONDS

    async def write(writer: RoomClient, number: int) -> None:
        pause, due = WRITERS / RATE, time.perf_counter()
        while time.perf_counter() < end:
            await writer.note(f"m:{number:06d};")
            sent[number] = writer.began
            number, due = number + WRITERS, due + pause
            await asyncio.sleep(max(due - time.perf_counter(), 0))

    await together(*(write(writer, k) for k, writer in enumerate(writers)))
    await together(*(writer.all_saved() for writer in writers))
    await asyncio.sleep(2)
    arrivals = [listener.arrivals() for listener in listeners]
    missing = sum(len(sent.keys() - found.keys()) for found in arrivals)
    delays = [1000 * (at - sent[number]) for found in arrivals for number, at in found.items()]
    counts = {listener.annotations() for listener in (listeners[0], listeners[-1])}
    p95 = float(np.percentile(delays, 95))
    await together(*(listener.close() for listener in listeners), *(writer.close() for writer in writers))
    print(f"\n{SOCKETS} sockets, {len(sent)} messages: {len(delays):,} arrivals, p95 {p95:.0f} ms")
    record(f"messages missed by {SOCKETS} sockets", missing, 0)
    record(f"{SOCKETS} sockets at {RATE:g} messages/s, p95", p95, 200, "ms")
    assert missing == 0
    assert counts == {len(sent)}


@pytest.mark.timeout(1800)
def test_a_day_of_edits_leaves_room_and_log_bounded(service: Service) -> None:
    asyncio.run(_day(service, address(service, "day")))


async def _day(service: Service, url: str) -> None:
    reader = await RoomClient(url).connect()
    people = [await RoomClient(url).connect() for _ in range(PEOPLE)]
    assert service.process is not None
    process, memory = psutil.Process(service.process.pid), []
    live: list[list[str]] = [[] for _ in people]
    for _quarter in range(4):
        await together(*(_edit(*pair, EDITS // 4 // PEOPLE) for pair in zip(people, live, strict=True)))
        memory.append(process.memory_info().rss / 1e6)
    await together(*(writer.all_saved(60) for writer in people))
    wanted = sum(len(own) for own in live)
    await until(lambda: len(read_all(reader.doc)) == wanted)
    await asyncio.sleep(3)
    with psycopg.connect(EmbeddedPostgres(service.home / "postgres").dsn) as connection:
        rows = connection.execute(
            "SELECT (SELECT count(*) FROM room_updates WHERE room = 'local-day'), length(snapshot)"
            " FROM rooms WHERE id = 'local-day'"
        ).fetchone()
    assert rows is not None
    await together(reader.close(), *(writer.close() for writer in people))
    print(f"\n{EDITS:,} edits: server {memory[0]:.0f} -> {memory[-1]:.0f} MB over the last three quarters,")
    print(f"{rows[0]} updates in the log, snapshot {rows[1] / 1e3:.0f} kB for {wanted} annotations")
    record(f"growth of the server over {EDITS:,} edits", memory[-1] - memory[0], 30, "MB")
    record(f"updates in the log after {EDITS:,} edits", rows[0], 1500)
    record(f"snapshot after {EDITS:,} edits", rows[1] / 1e6, 5, "MB")


async def _edit(writer: RoomClient, live: list[str], count: int) -> None:
    """Add, relabel and delete, below the rate at which a member is sent away."""
    due = time.perf_counter()
    for number in range(count):
        if len(live) > 12:
            gone = live.pop(0)
            await writer.change(lambda doc, gone=gone: root(doc, "annotations").pop(gone))  # type: ignore[misc]
        elif number % 3 and live:
            key = live[number % len(live)]
            await writer.change(lambda doc, key=key, k=number: _relabel(doc, key, k))  # type: ignore[misc]
        else:
            live.append((await writer.note(f"edit {number}")).id)
        due += 1 / EDITS_A_SECOND
        await asyncio.sleep(max(due - time.perf_counter(), 0))


def _relabel(doc: object, key: str, number: int) -> None:
    root(doc, "annotations")[key]["label"] = f"label {number}"  # type: ignore[arg-type]
