"""Rooms of a real service over real websockets: they converge, survive a kill, and stay shut to strangers."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

import pytest
from foldsight_server.rooms.document import read_all, root
from tornado.httpclient import HTTPClientError
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from foldsight.client import Client
from foldsight.errors import NotFound
from tests.room_client import RoomClient, together, until
from tests.samples import helices


def url(client: Client, room: str, token: str | None = None) -> str:
    address = client.address
    base = address.url.replace("http://", "ws://")
    return f"{base}/foldsight/api/v1/rooms/{room}?token={address.token if token is None else token}"


def test_clients_converge_with_nothing_lost_or_twice(shared: Any) -> None:
    asyncio.run(_converge(url(shared.client(), "local-converge")))


async def _converge(address: str) -> None:
    clients = [await RoomClient(address).connect() for _ in range(4)]
    await together(*(_write(client, number) for number, client in enumerate(clients)))
    await together(*(client.all_saved() for client in clients))
    late = await RoomClient(address).connect()
    await until(lambda: all(client.texts() == late.texts() for client in clients))
    added = [text for text in late.texts() if not text.startswith("!")]
    assert len(late.texts()) == 4 * 15
    assert len(set(late.texts())) == 4 * 15, "an annotation is there twice"
    assert len(added) == 4 * 10
    await together(*(client.close() for client in [*clients, late]))


async def _write(client: RoomClient, number: int) -> None:
    """Add twenty, delete five of one's own, edit five."""
    dice, mine = random.Random(number), []
    for count in range(20):
        mine.append(await client.note(f"{number}-{count}"))
        await asyncio.sleep(dice.random() / 200)
    for made in mine[:5]:
        await client.change(lambda doc, key=made.id: root(doc, "annotations").pop(key))  # type: ignore[misc]
    for made in mine[5:10]:
        await client.change(
            lambda doc, key=made.id: root(doc, "annotations")[key]["text"].insert(0, "!")  # type: ignore[misc]
        )


def test_a_killed_server_loses_nothing_acknowledged(service: Any) -> None:
    asyncio.run(_killed(service))


async def _killed(service: Any) -> None:
    client = await asyncio.to_thread(service.start)
    browsers = [await RoomClient(url(client, "local-kill")).connect() for _ in range(3)]
    writers = [asyncio.create_task(_until_cut(browser, n)) for n, browser in enumerate(browsers)]
    await until(lambda: sum(browser.saved for browser in browsers) > 60)
    await asyncio.to_thread(service.kill)
    acknowledged = {text for texts in await together(*writers) for text in texts}
    assert len(acknowledged) > 30
    again = await asyncio.to_thread(service.start)
    fresh = await RoomClient(url(again, "local-kill")).connect()
    assert acknowledged <= set(fresh.texts())
    # What was not acknowledged is still in the browsers, and comes with them.
    for browser in browsers:
        browser.url = url(again, "local-kill")
        await browser.connect()
        await browser.all_saved()
    await until(lambda: all(browser.texts() == fresh.texts() for browser in browsers))
    written = {item.id for browser in browsers for item in read_all(browser.doc)}
    assert written == {item.id for item in read_all(fresh.doc)}
    await together(*(browser.close() for browser in [*browsers, fresh]))


async def _until_cut(browser: RoomClient, number: int) -> list[str]:
    """Write until the line is cut; return what was acknowledged."""
    texts: list[str] = []
    # The answer to the greeting is acknowledged too.
    await until(lambda: browser.saved >= 1)
    while browser.closed is None and len(texts) < 5000:
        texts.append(f"{number}-{len(texts)}")
        with contextlib.suppress(WebSocketClosedError, StreamClosedError):
            await browser.note(texts[-1])
        await asyncio.sleep(0.002)
    await until(lambda: browser.closed is not None)
    return texts[: browser.saved - 1]


def test_strangers_stay_out(shared: Any) -> None:
    client = shared.client()

    async def refused(address: str, **options: Any) -> int:
        with pytest.raises(HTTPClientError) as caught:
            await RoomClient(address, **options).connect()
        return int(caught.value.code)

    async def main() -> None:
        address = url(client, "local-door")
        assert await refused(url(client, "local-door", token="wrong")) == 403
        assert await refused(address, origin="https://elsewhere.example") == 403
        here = RoomClient(address, origin=client.address.url)
        await (await here.connect()).close()
        # A room that is not there: let in by the server, sent away by the room.
        for name in ("nowhere", "00000000-0000-0000-0000-000000000000", "local-a.b"):
            lost = await RoomClient(url(client, name)).connect()
            await until(lambda lost=lost: lost.closed is not None)  # type: ignore[misc]
            assert lost.closed == (4404, f"There is no room {name!r}.")

    asyncio.run(main())


def test_a_kernel_and_a_browser_share_a_room(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = shared.client()
    monkeypatch.setenv("FOLDSIGHT_URL", client.address.url)
    monkeypatch.setenv("FOLDSIGHT_TOKEN", client.address.token)
    protein = helices({"A": "MKTAYIAKQRQISFVKSHFSRQ"})
    protein.annotate("A:2", "from before")
    room = protein.join("local-kernel", bring=True)
    made = protein.annotate("A:5-7", "from the *kernel*", label="K")

    async def browser() -> None:
        here = await RoomClient(url(client, "local-kernel")).connect()
        assert here.texts() == ["from before", "from the *kernel*"]
        await here.note("from the browser")
        await here.all_saved()
        await here.close()

    asyncio.run(browser())
    assert sorted(protein.annotations["text"]) == ["from before", "from the *kernel*", "from the browser"]
    room.change(made.id, label="L", text="from *here*")
    said = protein.comment(made, "@ada look")
    assert said.mentions == ("ada",)
    assert room.get(made.id).label == "L"
    room.remove(made.id)
    with pytest.raises(NotFound):
        room.get(made.id)
