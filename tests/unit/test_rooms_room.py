"""A room without sockets and without a database: bytes in, bytes out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import pytest
from foldsight_server.policy import Role
from foldsight_server.rooms import editing, wire
from foldsight_server.rooms.document import (
    annotation_map,
    keys,
    merge,
    new_document,
    read_all,
    root,
    seed,
)
from foldsight_server.rooms.limits import MOST_MESSAGE, MOST_WAITING, Bucket
from foldsight_server.rooms.log import Record, State, merged
from foldsight_server.rooms.member import Member
from foldsight_server.rooms.presence import MOST_CLIENTS, Presence
from foldsight_server.rooms.room import Room
from foldsight_server.rooms.rules import Person
from pycrdt import Doc, Map

from foldsight.annotation import Annotation, Comment, anchor
from foldsight.annotation.values import Span
from foldsight.errors import BadRequest, NotAllowed, NotFound, ServiceUnavailable
from tests.samples import helices

ONE = helices({"A": "MKTAYIAKQR"})
ADA, EVE = Person("ada", "Ada"), Person("eve", "Eve")
CARL, VERA = Person("carl", "Carl", True, False), Person("vera", "Vera", False, False)
ROLES: dict[str, Role] = {"ada": "owner", "eve": "editor", "carl": "commenter", "vera": "viewer"}


class MemoryLog:
    """A log that can be told to fail, and to which another server may write."""

    def __init__(self) -> None:
        fresh = new_document()
        seed(fresh)
        self.snapshot, self.squashed, self.records = fresh.get_update(), 0, list[Record]()
        self.away = False

    async def since(self, room: str, seq: int) -> State:
        head = self.squashed + len(self.records)
        after = self.records[max(seq - self.squashed, 0) :]
        snapshot = self.snapshot if self.squashed > seq else b""
        return State(head, self.squashed, snapshot, tuple(record.update for record in after))

    async def append(self, room: str, records: list[Record]) -> int:
        await asyncio.sleep(0)
        if self.away:
            raise OSError("no database")
        self.records += records
        return self.squashed + len(self.records)

    async def open(self, **options: Any) -> Room:
        return Room("r", await self.since("r", -1), self, **options)

    def squash(self) -> None:
        self.snapshot = merged(self.snapshot, [record.update for record in self.records])
        self.squashed, self.records = self.squashed + len(self.records), []


class Browser:
    """A Yjs client that speaks raw messages."""

    def __init__(self, room: Room, person: Person) -> None:
        self.room, self.person = room, person
        self.member = Member(person, ROLES[person.id])
        self.doc = new_document()
        self.saved, self.others = 0, dict[int, Any]()
        room.join(self.member)

    async def start(self) -> Browser:
        await self.room.receive(self.member, wire.sync(wire.STEP1, self.doc.get_state()))
        for _ in range(2):  # the greeting is answered, the answer acknowledged
            await self.hear()
        return self

    async def change(self, act: Callable[[Any], object]) -> None:
        before = self.doc.get_state()
        with self.doc.transaction():
            act(self.doc)
        await self.room.receive(self.member, wire.sync(wire.UPDATE, self.doc.get_update(before)))

    async def note(self, text: str = "text") -> Annotation:
        made = Annotation.new(anchor("A:3", ONE), text, (self.person.id, self.person.name))
        await self.change(lambda doc: root(doc, "annotations").__setitem__(made.id, annotation_map(made)))
        return made

    async def point(self, client: int, clock: int, **state: Any) -> None:
        await self.room.receive(self.member, wire.awareness([wire.Entry(client, clock, json.dumps(state))]))

    async def hear(self, seconds: float = 0.01) -> None:
        """Take in what has come so far."""
        await asyncio.sleep(seconds)
        while (message := self.member.take()) is not None:
            await self._take(message)

    async def _take(self, message: bytes) -> None:
        reader = wire.Reader(message)
        kind = reader.number()
        if kind == wire.SAVED:
            self.saved = reader.number()
        elif kind == wire.AWARENESS:
            for entry in wire.read_awareness(reader.chunk(), 1000):
                self.others[entry.client] = json.loads(entry.state)
        elif reader.number() == wire.STEP1:
            answer = self.doc.get_update(reader.chunk())
            await self.room.receive(self.member, wire.sync(wire.STEP2, answer))
        else:
            self.doc.apply_update(reader.chunk())

    def texts(self) -> list[str]:
        return sorted(item.text for item in read_all(self.doc))


def run(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an asynchronous test."""

    @wraps(test)
    def inner(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))  # type: ignore[arg-type]

    return inner


@run
async def test_what_one_writes_the_others_have_and_it_is_acknowledged() -> None:
    room = await MemoryLog().open()
    ada, eve = await Browser(room, ADA).start(), await Browser(room, EVE).start()
    await ada.note("one")
    await eve.note("two")
    await ada.hear()
    await eve.hear()
    assert ada.texts() == eve.texts() == ["one", "two"]
    # The empty answer to the greeting counts too.
    assert (ada.saved, eve.saved) == (2, 2)
    late = await Browser(room, VERA).start()
    assert late.texts() == ["one", "two"]
    assert late.member.closed is None
    await room.close()


@run
async def test_forbidden_writes_close_with_4403_and_reach_nobody() -> None:
    log = MemoryLog()
    room = await log.open()
    ada, carl, vera = [await Browser(room, person).start() for person in (ADA, CARL, VERA)]
    await vera.note()
    await carl.note()
    for browser in (vera, carl):
        assert browser.member.closed is not None
        assert browser.member.closed[0] == 4403
    await ada.hear()
    assert ada.texts() == []
    assert log.records == []
    await room.close()


@run
async def test_nothing_is_acknowledged_that_the_log_does_not_have() -> None:
    log = MemoryLog()
    room = await log.open()
    ada, eve = await Browser(room, ADA).start(), await Browser(room, EVE).start()
    log.away = True
    saved = ada.saved
    await ada.note("unsaved")
    await ada.hear()
    await eve.hear()
    assert (ada.saved, eve.texts()) == (saved, [])
    assert ada.member.closed == (1013, "the database is away for a moment")
    with pytest.raises(ServiceUnavailable):
        await editing.add(room, ADA, {"ranges": [span.to_dict() for span in anchor("A:3", ONE)]})
    # The browser comes again with what it has.
    log.away = False
    again = await log.open()
    ada.room, ada.member = again, Member(ADA, "owner")
    again.join(ada.member)
    await ada.start()
    assert [item.text for item in read_all(again.doc)] == ["unsaved"]
    await again.close()
    await room.close()


def lacks(doc: Doc[Any], other: Doc[Any]) -> bool:
    """Whether the other document has something that this one has not; state vectors have no order."""
    missing = other.get_update(doc.get_state())
    return missing[0] != 0  # an update begins with the number of clients of whom it has something


@run
async def test_a_room_opened_anew_is_the_same_before_and_after_a_squash() -> None:
    log = MemoryLog()
    room = await log.open()
    ada = await Browser(room, ADA).start()
    for number in range(30):
        made = await ada.note(f"{number:02d}")
        if number % 2:
            await ada.change(lambda doc, key=made.id: root(doc, "annotations").pop(key))  # type: ignore[misc]
    await ada.hear()
    before, long = ada.texts(), sum(len(record.update) for record in log.records)
    log.squash()
    room.squashed(log.squashed)
    await ada.note("99")
    await ada.hear()
    assert len(log.snapshot) < long
    again = await log.open()
    assert sorted(item.text for item in read_all(again.doc)) == [*before, "99"]
    assert not lacks(again.doc, room.doc)
    assert not lacks(room.doc, again.doc)
    await again.close()
    await room.close()


@run
async def test_what_another_server_writes_arrives_squashed_or_not() -> None:
    log = MemoryLog()
    here, there = await log.open(), await log.open()
    ada, eve = await Browser(here, ADA).start(), await Browser(there, EVE).start()
    await eve.note("from there")
    await eve.hear()
    await here.catch_up(1)
    await ada.hear()
    assert ada.texts() == ["from there"]
    await eve.note("two")
    await eve.hear()
    log.squash()
    await eve.note("three")
    await eve.hear()
    # Its own write finds the gap, without a notification.
    await ada.note("four")
    await ada.hear()
    assert ada.texts() == ["four", "from there", "three", "two"]
    await there.catch_up(here.seq)
    await eve.hear()
    assert eve.texts() == ada.texts()
    # The gate knows whose they are.
    key = next(item.id for item in read_all(here.doc) if item.text == "two")
    made = await editing.comment(there, EVE, key, "mine")
    await here.catch_up(there.seq)
    with pytest.raises(NotAllowed):
        await editing.edit_comment(here, ADA, key, made.id, "yours")
    await here.close()
    await there.close()


@run
async def test_presence_carries_the_servers_word_on_who_it_is() -> None:
    room = await MemoryLog().open()
    ada, eve = await Browser(room, ADA).start(), await Browser(room, EVE).start()
    await ada.point(7, 1, cursor="A:25", user={"name": "Eve"})
    await eve.hear(0.05)
    assert eve.others[7]["cursor"] == "A:25"
    assert (eve.others[7]["user"]["id"], eve.others[7]["user"]["role"]) == ("ada", "owner")
    # Nobody speaks for another's client.
    await eve.point(7, 9, cursor="B:1")
    await eve.hear(0.05)
    late = await Browser(room, VERA).start()
    assert late.others[7]["cursor"] == "A:25"
    room.leave(ada.member)
    await eve.hear(0.05)
    assert eve.others[7] is None
    await room.close()


def test_one_who_comes_back_is_not_taken_for_old_news() -> None:
    presence, first, second = Presence(), object(), object()

    def say(owner: object, clock: int, state: str = "{}") -> int | None:
        body = wire.Reader(wire.awareness([wire.Entry(5, clock, state)])[1:]).chunk()
        presence.receive(owner, body, {"id": "ada"})
        found = presence.news()
        return found[0][1].clock if found else None

    assert say(first, 3) == 3
    assert say(first, 3) is None
    assert presence.leave(first)
    assert presence.news()[0][1].clock == 4
    assert say(second, 3) == 5
    assert say(second, 4) == 6
    assert presence.people() == [{"id": "ada"}]


def test_a_connection_speaks_for_few_clients() -> None:
    presence, owner = Presence(), object()
    entries = [wire.Entry(number, 1, "{}") for number in range(20)]
    presence.receive(owner, wire.Reader(wire.awareness(entries)[1:]).chunk(), {"id": "x"})
    assert len(presence.everybody()) == MOST_CLIENTS


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", 4400), (b"\x09", 4400), (b"\x00\x07\x00", 4400), (wire.sync(wire.UPDATE, b"\xff\xff"), 4400),
        (wire.sync(wire.STEP1, b"\xff"), 4400), (b"\x01\x05\x01\x01\x01\x02{]", 4400),
        (wire.awareness([wire.Entry(1, 1, '"' + "x" * 9000 + '"')]), 4400),
        (wire.awareness([wire.Entry(1, 1, "[" * 5000)]), 4400), (bytes(MOST_MESSAGE + 1), 4413),
    ],
)  # fmt: skip
@run
async def test_bad_messages_close_the_connection_only(message: bytes, code: int) -> None:
    room = await MemoryLog().open()
    ada, eve = await Browser(room, ADA).start(), await Browser(room, EVE).start()
    await ada.room.receive(ada.member, message)
    assert ada.member.closed is not None
    assert ada.member.closed[0] == code
    await eve.note()
    await eve.hear()
    assert (eve.texts(), eve.member.closed) == (["text"], None)
    await room.close()


@run
async def test_too_many_messages_and_too_slow_a_reader_are_sent_away() -> None:
    room = await MemoryLog().open()
    ada, eve = await Browser(room, ADA).start(), await Browser(room, EVE).start()
    ada.member.updates = Bucket(0.0, 2.0)
    for _ in range(3):
        await ada.room.receive(ada.member, wire.sync(wire.STEP2, b"\x00\x00"))
    assert ada.member.closed is not None
    assert ada.member.closed[0] == 4429
    eve.member.send(bytes(MOST_WAITING), may_be_lost=True)
    eve.member.send(b"x", may_be_lost=True)
    assert eve.member.closed is None
    eve.member.send(b"x")
    assert eve.member.closed == (4408, "too slow")
    assert [message async for message in eve.member.outgoing()] == []
    await room.close()


def test_a_bucket_fills_again() -> None:
    time = [0.0]
    bucket = Bucket(2.0, 4.0, lambda: time[0])
    assert [bucket.take() for _ in range(5)] == [True, True, True, True, False]
    time[0] = 1.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]


@run
async def test_rest_edits_the_same_document() -> None:
    room = await MemoryLog().open()
    ada = await Browser(room, ADA).start()
    ranges = [span.to_dict() for span in anchor("A:3-4", ONE)]
    made = await editing.add(room, EVE, {"ranges": ranges, "text": "héllo", "author": "forged"})
    assert made.author == "eve"
    said = await editing.comment(room, CARL, made.id, "why @ada?")
    await editing.change(room, ADA, made.id, {"text": "héllo, all", "label": "L", "ranges": [ranges[0]]})
    await editing.edit_comment(room, CARL, made.id, said.id, "why?")
    await ada.hear()
    found = read_all(ada.doc)[0]
    assert (found.text, found.label, found.comments[said.id].text) == ("héllo, all", "L", "why?")
    assert found.ranges == (Span.from_dict(ranges[0]),)
    for refusal, act in (
        (NotAllowed, editing.change(room, CARL, made.id, {"label": "x"})),
        (NotAllowed, editing.edit_comment(room, ADA, made.id, said.id, "x")),
        (NotAllowed, editing.comment(room, VERA, made.id, "x")),
        (NotFound, editing.change(room, ADA, "none", {})),
        (NotFound, editing.remove_comment(room, ADA, made.id, "none")),
        (BadRequest, editing.add(room, ADA, {"ranges": ranges, "id": made.id})),
        (BadRequest, editing.add(room, ADA, {"ranges": "A:3"})),
        (BadRequest, editing.change(room, ADA, made.id, {"ranges": [1]})),
        (BadRequest, editing.change(room, ADA, made.id, {"colour": "red"})),
    ):
        with pytest.raises(refusal):
            await act  # type: ignore[misc]
    await editing.remove_comment(room, CARL, made.id, said.id)
    await editing.remove(room, ADA, made.id)
    await ada.hear()
    assert ada.texts() == []
    await room.close()


def test_strings_as_json_would_lose_a_reply_and_maps_do_not() -> None:
    base = new_document()
    made = Annotation.new(anchor("A:3", ONE), "", ("ada", "Ada"))
    root(base, "annotations")[made.id] = annotation_map(made)
    copies = [new_document(base.get_update()) for _ in range(2)]
    for number, copy in enumerate(copies):
        comment = Comment.new(str(number), ("ada", "Ada"))
        root(copy, "annotations")[made.id]["comments"][comment.id] = Map(comment.to_dict())
    merge(base, [copy.get_update() for copy in copies])
    assert len(keys(root(base, "annotations")[made.id]["comments"])) == 2
