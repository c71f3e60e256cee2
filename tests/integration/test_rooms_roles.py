"""Rooms of projects: roles on the wire, REST on the same document, several servers on one database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from foldsight_server.api.calls import Response
from foldsight_server.api.routes import PREFIX
from foldsight_server.app import Application
from foldsight_server.identity import Identity
from foldsight_server.rooms import doors as doors_module
from foldsight_server.rooms import rooms as rooms_module
from foldsight_server.rooms.document import comment_map, read_all, root
from foldsight_server.web.rooms import Joining
from tornado import httpserver, netutil, web
from tornado.websocket import WebSocketHandler

from foldsight.annotation import Comment, anchor
from foldsight.io.pdb_writer import pdb_text
from foldsight.plans import EMBEDDED, PLANS
from tests.room_client import RoomClient, together, until
from tests.samples import helices

PAIR = helices({"A": "MKTAYIAKQRQISFVKSHFSRQ", "B": "GSHMLEDP"}, first=24)
PEOPLE = {
    name: Identity(name, name.capitalize(), PLANS["lab"]) for name in ("ada", "eve", "carl", "vera", "stan")
}


class HubHandler(Joining, WebSocketHandler):
    """A room as a hub would mount it: who calls is the hub's word."""

    def initialize(self, core: Application) -> None:
        self.application_core = core

    def open(self, room_id: str) -> None:
        self.start_room(room_id, PEOPLE[self.get_query_argument("user")])

    async def on_message(self, message: str | bytes) -> None:
        await self.pass_in(message)

    def on_close(self) -> None:
        self.stop_room()


class Hub:
    """One server of the service, in this process."""

    def __init__(self, home: Path) -> None:
        self.core = Application(home)
        sockets = netutil.bind_sockets(0, "127.0.0.1")
        self.port = sockets[0].getsockname()[1]
        app = web.Application([(rf"{PREFIX}/rooms/([^/]+)", HubHandler, {"core": self.core})])
        self._server = httpserver.HTTPServer(app)
        self._server.add_sockets(sockets)

    async def call(self, user: str, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Make a REST call and return its status and answer."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer: Response = await self.core.dispatch(method, path, PEOPLE[user], query, data)
        return answer.status, json.loads(answer.encoded())

    async def client(self, user: str, room: str) -> RoomClient:
        """Connect a raw client."""
        address = f"ws://127.0.0.1:{self.port}{PREFIX}/rooms/{room}?{urlencode({'user': user})}"
        return await RoomClient(address, user, PEOPLE[user].name).connect()

    async def stop(self) -> None:
        """Stop the server."""
        self._server.stop()
        await self._server.close_all_connections()
        await self.core.service.stop()


@asynccontextmanager
async def project(home: Path) -> Any:
    """Give a server, a project with a member of each role, and a structure in it."""
    hub = Hub(home)
    try:
        _, made = await hub.call("ada", "POST", "/projects", {"name": "protease"})
        for user in ("eve", "carl", "vera"):
            # A person is known to the service once they have called it.
            await hub.call(user, "GET", "/projects")
            await hub.call(user, "POST", "/projects", {"name": "own"})
        for user, role in (("eve", "editor"), ("carl", "commenter"), ("vera", "viewer")):
            status, answer = await hub.call(
                "ada", "PUT", f"/projects/{made['id']}/members/{user}", {"role": role}
            )
            assert status < 300, answer
        status, structure = await hub.call(
            "ada", "POST", f"/projects/{made['id']}/structures", pdb_text(PAIR).encode(), name="pair.pdb"
        )
        assert status == 201, structure
        yield hub, made["id"], structure["id"]
    finally:
        await hub.stop()


def in_project(test: Callable[[Any, str, str], Awaitable[None]]) -> Callable[[Path], None]:
    """Run a test within a project."""

    def inner(home: Path) -> None:
        async def main() -> None:
            async with project(home) as parts:
                await test(*parts)

        asyncio.run(main())

    inner.__doc__, inner.__name__ = test.__doc__, test.__name__
    return inner


@in_project
async def test_forbidden_writes_are_refused_on_the_wire(hub: Hub, room: str, structure: str) -> None:
    ada, vera, carl = [await hub.client(user, room) for user in ("ada", "vera", "carl")]
    first = await ada.note("of ada", on=PAIR, selection="A:25-27", structure=structure)
    await until(lambda: carl.texts() == vera.texts() == ["of ada"])

    said = Comment.new("why @ada?", ("carl", "Carl"))
    await carl.change(
        lambda doc: root(doc, "annotations")[first.id]["comments"].__setitem__(said.id, comment_map(said))
    )
    await until(lambda: [len(item.comments) for item in read_all(ada.doc)] == [1])

    async def sent_away(user: str, act: Callable[[RoomClient], Awaitable[object]], code: int) -> None:
        client = await hub.client(user, room)
        await act(client)
        await until(lambda: client.closed is not None)
        assert client.closed is not None
        assert client.closed[0] == code, client.closed
        await client.close()

    forged = Comment.new("x", ("ada", "Ada"))
    elsewhere = helices({"A": "MKTA"}, first=500)

    def note(**fields: Any) -> Callable[[RoomClient], Awaitable[object]]:
        return lambda client: client.note("no", **{"on": PAIR, "selection": "A:25", **fields})

    def change(act: Callable[[Any], object]) -> Callable[[RoomClient], Awaitable[object]]:
        return lambda client: client.change(lambda doc: act(root(doc, "annotations")))

    for user, code, act in (
        ("vera", 4403, note(structure=structure)),
        ("vera", 4403, change(lambda held: held.pop(first.id))),
        ("carl", 4403, note(structure=structure)),
        ("carl", 4403, change(lambda held: held.pop(first.id))),
        ("carl", 4403, change(lambda held: held[first.id].__setitem__("label", "x"))),
        (
            "carl",
            4403,
            change(lambda held: held[first.id]["comments"].__setitem__(forged.id, comment_map(forged))),
        ),
        ("eve", 4403, change(lambda held: held[first.id].__setitem__("author", "eve"))),
        ("eve", 4422, note()),
        ("eve", 4422, note(on=elsewhere, selection="A:501", structure=structure)),
    ):
        await sent_away(user, act, code)
    await ada.all_saved()
    assert ada.texts() == ["of ada"]
    again = await hub.client("stan", room)
    await until(lambda: again.closed is not None)
    assert again.closed is not None
    assert again.closed[0] == 4404
    await together(*(client.close() for client in (ada, vera, carl)))


@in_project
async def test_rest_and_browsers_edit_one_document(hub: Hub, room: str, structure: str) -> None:
    browser = await hub.client("vera", room)
    # The structure's door leads to the project's room.
    path = f"/rooms/{structure}/annotations"
    status, made = await hub.call(
        "eve", "POST", path, {"residues": "A:25-27,B:26", "text": "**site**", "kind": "active site"}
    )
    assert (status, made["author"], made["structure"]) == (201, "eve", structure)
    await until(lambda: browser.texts() == ["**site**"])
    one = f"{path}/{made['id']}"
    assert (await hub.call("ada", "PATCH", one, {"residues": "B:24", "label": "B24"}))[0] == 200
    status, said = await hub.call("carl", "POST", one + "/comments", {"text": "hm @eve"})
    assert (status, said["mentions"]) == (201, ["eve"])
    assert (await hub.call("carl", "PATCH", f"{one}/comments/{said['id']}", {"text": "hm"}))[0] == 200
    await until(lambda: [c.text for item in read_all(browser.doc) for c in item.comments.values()] == ["hm"])
    assert read_all(browser.doc)[0].residues == "B:24"
    for user, method, where, body, wanted in (
        ("vera", "POST", path, {"residues": "A:25"}, 403),
        ("carl", "PATCH", one, {"label": "x"}, 403),
        ("ada", "PATCH", f"{one}/comments/{said['id']}", {"text": "x"}, 403),
        ("eve", "POST", path, {"residues": "A:999"}, 400),
        ("eve", "POST", path, {"residues": "A:25", "colour": "red"}, 400),
        ("eve", "POST", path, {"residues": "A:25", "author": "ada"}, 400),
        ("eve", "POST", path, {"text": "nowhere"}, 400),
        ("eve", "PATCH", f"{path}/none", {"label": "x"}, 404),
        ("stan", "GET", path, None, 404),
    ):
        status, answer = await hub.call(user, method, where, body)
        assert status == wanted, answer
    _, about = await hub.call("vera", "GET", f"/rooms/{structure}/about")
    assert (about["id"], about["role"], about["may"]) == (room, "viewer", {"comment": False, "edit": False})
    _, told = await hub.call("vera", "GET", f"/rooms/{room}/history")
    assert {row["author"] for row in told["history"]} == {"eve", "ada", "carl"}

    async def indexed() -> bool:
        _, answer = await hub.call("vera", "GET", f"/projects/{room}/annotations")
        return [row["residues"] for row in answer["annotations"]] == ["B:24"]

    for _ in range(100):
        if await indexed():
            break
        await asyncio.sleep(0.05)
    assert await indexed(), "the search does not see it"
    assert (await hub.call("eve", "DELETE", one))[0] == 200
    await until(lambda: browser.texts() == [])
    await browser.close()


@in_project
async def test_servers_on_one_database_share_rooms(hub: Hub, room: str, structure: str) -> None:
    other = Hub(hub.core.service.home)
    try:
        await other.core.service.start()
        ada, eve = await hub.client("ada", room), await other.client("eve", room)
        for number in range(10):
            await ada.note(f"a{number}", on=PAIR, selection="A:25", structure=structure)
            await eve.note(f"e{number}", on=PAIR, selection="A:25", structure=structure)
        await until(lambda: len(ada.texts()) == 20 and ada.texts() == eve.texts())
        await together(ada.close(), eve.close())
    finally:
        await other.stop()


@in_project
async def test_a_log_that_grows_is_squashed_and_nothing_is_lost(hub: Hub, room: str, structure: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms_module, "KEEP", 50)
        ada = await hub.client("ada", room)
        made = await ada.note("kept", on=PAIR, selection="A:25", structure=structure)
        for number in range(400):
            await ada.change(
                lambda doc, n=number: root(doc, "annotations")[made.id].__setitem__("label", f"{n}")
            )  # type: ignore[misc]
            if number % 50 == 49:
                await ada.all_saved()
        await ada.all_saved()
        database = hub.core.service.database

        async def one(query: str) -> Any:
            async with database.connection() as connection:
                row = await (await connection.execute(query)).fetchone()  # type: ignore[arg-type]
                assert row is not None
                return next(iter(row.values()))

        await until(lambda: not hub.core.service.rooms._squashing)
        assert await one("SELECT count(*) FROM room_updates") <= 100
        assert await one("SELECT head FROM rooms") == 401
        assert await one("SELECT octet_length(snapshot) FROM rooms") < 20_000
        # Who did what is still known.
        counted = "SELECT (SELECT sum(times) FROM room_audit) + (SELECT count(*) FROM room_updates)"
        assert await one(counted) == 401
        fresh = await hub.client("vera", room)
        assert [(item.text, item.label) for item in read_all(fresh.doc)] == [("kept", "399")]
        await together(ada.close(), fresh.close())


@in_project
async def test_search_finds_what_changed_and_leaves_the_rest(hub: Hub, room: str, structure: str) -> None:
    """Where two servers have the room open, each writes what it heard of."""
    other = Hub(hub.core.service.home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doors_module, "INDEX_AFTER", 0.05)
        try:
            await other.core.service.start()
            ada, eve = await hub.client("ada", room), await other.client("eve", room)
            made = [
                (await ada.note(text, on=PAIR, selection="A:25", structure=structure)).id
                for text in ("heme", "groove", "hinge")
            ]
            await until(lambda: len(eve.texts()) == 3)

            async def rows() -> dict[str, tuple[str, Any]]:
                async with hub.core.service.database.connection() as connection:
                    found = await connection.execute("SELECT * FROM annotations")
                    return {row["id"]: (row["body"], row["updated"]) for row in await found.fetchall()}

            async def becomes(wanted: list[str]) -> dict[str, tuple[str, Any]]:
                """Wait until all is written, by both, and nothing more comes."""
                deadline, before = asyncio.get_running_loop().time() + 20, await rows()
                while True:
                    await asyncio.sleep(0.4)
                    found = await rows()
                    if found == before and sorted(body for body, _ in found.values()) == sorted(wanted):
                        return found
                    assert asyncio.get_running_loop().time() < deadline, found
                    before = found

            first = await becomes(["heme", "groove", "hinge"])
            await eve.change(lambda doc: root(doc, "annotations")[made[1]].__setitem__("label", "deep"))
            second = await becomes(["heme", "deep\ngroove", "hinge"])
            assert second[made[0]] == first[made[0]], "what nobody touched is not written again"
            assert second[made[1]][1] > first[made[1]][1]
            await ada.change(lambda doc: root(doc, "annotations").pop(made[0]))
            third = await becomes(["deep\ngroove", "hinge"])
            assert third[made[2]] == first[made[2]]
            await together(ada.close(), eve.close())
        finally:
            await other.stop()


@in_project
async def test_a_hundred_sockets_hear_every_message(hub: Hub, room: str, structure: str) -> None:
    clients = [await hub.client("eve", room) for _ in range(100)]
    await together(
        *(
            client.note(f"{n}", on=PAIR, selection="A:25", structure=structure)
            for n, client in enumerate(clients)
        )
    )
    await together(*(client.all_saved(60) for client in clients))
    wanted = sorted(str(n) for n in range(100))
    await until(lambda: all(client.texts() == wanted for client in clients), 60)
    heard = [sum(kind == "update" for _, kind, _ in client.heard) for client in clients]
    # Each hears the others' at least once; those that were there at its greeting came with it.
    assert min(heard) >= 99
    await together(
        *(client.point(number + 1, 1, cursor=f"A:{number}") for number, client in enumerate(clients))
    )
    await until(lambda: all(len(client.states) == 99 for client in clients), 60)
    assert {state["user"]["id"] for state in clients[0].states.values()} == {"eve"}
    await together(*(client.close() for client in clients))


@in_project
async def test_a_changed_role_ends_the_connection(hub: Hub, room: str, structure: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms_module, "ROUND", 0.1)
        await hub.core.service.rooms._look_again()
        eve = await hub.client("eve", room)
        await hub.call("ada", "DELETE", f"/projects/{room}/members/eve")
        await hub.core.service.rooms._look_again()
        await until(lambda: eve.closed is not None)
        assert eve.closed is not None
        assert eve.closed[0] == 4404
        await eve.close()


def test_a_local_room_is_one_persons_own() -> None:
    from foldsight_server.rooms.doors import LOCAL, Doors

    doors = Doors(None)  # type: ignore[arg-type]

    def room(who: Identity, name: str) -> str:
        door = asyncio.run(doors(who, name))
        assert (door.role, door.structure) == ("owner", "")
        assert LOCAL.fullmatch(door.room)
        return door.room

    ada, eve = PEOPLE["ada"], PEOPLE["eve"]
    assert room(Identity("local", "Local", EMBEDDED), "local-x") == "local-x"
    hers = room(ada, "local-x")
    assert hers not in ("local-x", room(ada, "local-y"), room(eve, "local-x"))
    assert room(ada, hers) == hers, "the name that a room tells of itself leads to it"
    assert room(eve, hers) != hers, "and nobody else there"
    assert anchor("A:25", PAIR)
