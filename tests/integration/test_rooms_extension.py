"""Rooms inside a Jupyter server: who may only read there may only read here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from foldsight_server.rooms import wire
from foldsight_server.rooms.document import annotation_map, new_document, read_all, root
from jupyter_server.auth import Authorizer
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

from tests.room_client import ONE, Annotation, anchor

pytest_plugins = ["pytest_jupyter.jupyter_server"]

ROOM = ("foldsight", "api", "v1", "rooms", "local-lab")

#: What opens a websocket, sent by hand where it must fail.
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class ReadOnly(Authorizer):
    """Lets everybody look and nobody write."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return action == "read"


class Nothing(Authorizer):
    """Lets nobody do anything."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return False


@pytest.fixture
def authorizer() -> type[Authorizer] | None:
    return None


@pytest.fixture
def jp_server_config(home: Path, authorizer: type[Authorizer] | None) -> dict[str, Any]:
    options: dict[str, Any] = {"jpserver_extensions": {"foldsight_server": True}}
    return {"ServerApp": {**options, **({"authorizer_class": authorizer} if authorizer else {})}}


@pytest.fixture(autouse=True)
def jp_server_cleanup(jp_asyncio_loop: Any, home: Path) -> Iterator[None]:
    """The plugin's own fixture, but done before the data folder goes."""
    yield
    jp_asyncio_loop.run_until_complete(ServerApp.instance()._cleanup())
    ServerApp.clear_instance()


async def write(socket: Any) -> None:
    """Send one annotation as a raw update."""
    doc = new_document()
    made = Annotation.new(anchor("A:3", ONE), "text", ("local", "Local"))
    root(doc, "annotations")[made.id] = annotation_map(made)
    await socket.write_message(wire.sync(wire.UPDATE, doc.get_update()), binary=True)


async def until_saved_or_closed(socket: Any) -> bytes | None:
    """Return the acknowledgement, None when the socket was closed."""
    while True:
        message = await asyncio.wait_for(socket.read_message(), 60)
        if message is None or message[0] == wire.SAVED:
            return message  # type: ignore[no-any-return]


async def test_a_room_is_mounted_in_lab(
    jp_ws_fetch: Callable[..., Any], jp_fetch: Callable[..., Any]
) -> None:
    socket = await jp_ws_fetch(*ROOM)
    await write(socket)
    assert await until_saved_or_closed(socket) == wire.saved(1)
    other, doc = await jp_ws_fetch(*ROOM), new_document()
    await other.write_message(wire.sync(wire.STEP1, doc.get_state()), binary=True)
    while not read_all(doc):
        reader = wire.Reader(await asyncio.wait_for(other.read_message(), 20))
        if reader.number() == wire.SYNC and reader.number() != wire.STEP1:
            doc.apply_update(reader.chunk())
    answer = await jp_fetch(*ROOM, "about")
    assert b'"role":"owner"' in answer.body
    for opened in (socket, other):
        opened.close()
        while await opened.read_message() is not None:
            pass


@pytest.mark.parametrize("authorizer", [ReadOnly])
async def test_who_may_only_read_in_jupyter_may_only_read_here(jp_ws_fetch: Callable[..., Any]) -> None:
    socket = await jp_ws_fetch(*ROOM)
    await write(socket)
    assert await until_saved_or_closed(socket) is None
    assert socket.close_code == 4403
    socket.close()


@pytest.mark.parametrize("authorizer", [Nothing])
async def test_who_may_not_even_read_stays_out(jp_ws_fetch: Callable[..., Any]) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await jp_ws_fetch(*ROOM)
    assert caught.value.code == 403


async def test_another_sites_page_stays_out(jp_fetch: Callable[..., Any], jp_http_port: int) -> None:
    host = {"Host": f"localhost:{jp_http_port}"}  # as a browser says it: cookies go by it
    signed = await jp_fetch(*ROOM, "about", headers=dict(host))
    cookies = [text.partition(";")[0] for text in signed.headers.get_list("Set-Cookie")]
    signed_in = {"Cookie": "; ".join(cookies), "Authorization": ""}
    for evil in ({"Authorization": ""}, {**signed_in, **host, "Origin": "https://elsewhere.example"}):
        with pytest.raises(HTTPClientError) as caught:
            await jp_fetch(*ROOM, headers={**HANDSHAKE, **evil})
        assert caught.value.code == 403
