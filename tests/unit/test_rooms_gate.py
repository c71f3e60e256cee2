"""The gate of a room: what each role may do, told by the effect of a raw Yjs update."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from foldsight_server.rooms import wire
from foldsight_server.rooms.document import (
    YDoc,
    annotation_map,
    comment_map,
    new_document,
    read_all,
    replace_text,
    root,
    seed,
)
from foldsight_server.rooms.gate import Ahead, Gate, Unread
from foldsight_server.rooms.residues import KnownResidues
from foldsight_server.rooms.rules import Person
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Map, Text

from foldsight.annotation import Annotation, Comment, anchor
from foldsight.errors import BadRequest, FoldSightError, NotAllowed
from tests.samples import helices

PAIR = helices({"A": "MKTAYIAKQR", "B": "GSHMLEDP"}, first=24)
OWNER, EDITOR = Person("ada", "Ada"), Person("eve", "Eve")
COMMENTER, VIEWER = Person("carl", "Carl", True, False), Person("vera", "Vera", False, False)


LAYER = {"id": "l", "name": "L", "colour": "#000000", "order": 1}


class Desk:
    """A gate, and the document of what it let in."""

    def __init__(self, **options: Any) -> None:
        self.doc = new_document()
        seed(self.doc)
        self.gate = Gate(self.doc.get_update, **options)

    def send(self, person: Person, change: Callable[[YDoc], None], base: YDoc | None = None) -> bool:
        """Make a change on a copy as a browser would, and send the difference."""
        copy = new_document((base or self.doc).get_update())
        before = copy.get_state()
        with copy.transaction():
            change(copy)
        return self.take(copy.get_update(before), person)

    def take(self, update: bytes, person: Person) -> bool:
        admitted = self.gate.admit(update, person)
        if admitted is not None:
            self.doc.apply_update(admitted.update)
        return admitted is not None


def note(person: Person, selection: str = "A:25", **fields: Any) -> Annotation:
    return Annotation.new(anchor(selection, PAIR), "text", (person.id, person.name), **fields)


def put(annotation: Annotation) -> Callable[[YDoc], None]:
    return lambda doc: root(doc, "annotations").__setitem__(annotation.id, annotation_map(annotation))


def reply(annotation: Annotation, comment: Comment) -> Callable[[YDoc], None]:
    return lambda doc: at(doc, annotation)["comments"].__setitem__(comment.id, comment_map(comment))


def at(doc: YDoc, annotation: Annotation) -> Any:
    return root(doc, "annotations")[annotation.id]


def field(annotation: Annotation, name: str, value: object) -> Callable[[YDoc], None]:
    return lambda doc: at(doc, annotation).__setitem__(name, value)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def first(desk: Desk) -> Annotation:
    """An annotation of the owner's with a comment of the commenter's."""
    made = note(OWNER)
    assert desk.send(OWNER, put(made))
    assert desk.send(COMMENTER, reply(made, Comment.new("why?", ("carl", "Carl"))))
    return read_all(desk.doc)[0]


def test_editors_write_and_viewers_do_not(desk: Desk) -> None:
    assert desk.send(EDITOR, put(note(EDITOR)))
    with pytest.raises(NotAllowed, match="viewer"):
        desk.send(VIEWER, put(note(VIEWER)))
    assert [item.author for item in read_all(desk.doc)] == ["eve"]


def test_a_viewer_may_repeat_what_is_known(desk: Desk, first: Annotation) -> None:
    assert not desk.take(desk.doc.get_update(), VIEWER)
    assert not desk.take(desk.doc.get_update(desk.doc.get_state()), VIEWER)


def test_a_commenter_writes_comments_and_nothing_else(desk: Desk, first: Annotation) -> None:
    mine = Comment.new("hello @ada", ("carl", "Carl"))
    assert desk.send(COMMENTER, reply(first, mine))
    forbidden: list[Callable[[YDoc], None]] = [
        put(note(COMMENTER)),
        field(first, "label", "mine"),
        field(first, "resolved", True),
        field(first, "comments", Map({})),
        lambda doc: at(doc, first)["text"].insert(0, "x"),
        lambda doc: root(doc, "annotations").pop(first.id),
        lambda doc: root(doc, "layers").__setitem__("l", Map(LAYER)),
        lambda doc: root(doc, "meta").__setitem__("schema_version", 2),
        # One forbidden touch beside an allowed one.
        lambda doc: (reply(first, Comment.new("x", ("carl", "Carl")))(doc), field(first, "label", "m")(doc)),
    ]  # fmt: skip
    before = desk.doc.get_update()
    for change in forbidden:
        with pytest.raises(NotAllowed):
            desk.send(COMMENTER, change)
    assert desk.doc.get_update() == before
    assert desk.send(EDITOR, field(first, "label", "after"))


def test_nobody_writes_in_anothers_name(desk: Desk, first: Annotation) -> None:
    theirs = next(iter(first.comments.values()))
    for change in (
        put(note(OWNER)),
        reply(first, Comment.new("x", ("ada", "Ada"))),
        field(first, "author", "eve"),
        field(first, "created", "2020-01-01T00:00:00Z"),
        lambda doc: at(doc, first)["comments"][theirs.id].__setitem__("author", "eve"),
        lambda doc: at(doc, first)["comments"][theirs.id].__setitem__("text", "forged"),
        lambda doc: at(doc, first)["comments"].__setitem__(theirs.id, comment_map(theirs)),
        put(first),
    ):
        with pytest.raises(NotAllowed):
            desk.send(EDITOR, change)  # type: ignore[arg-type]


def test_a_comment_is_edited_by_its_author_and_keeps_its_history(desk: Desk, first: Annotation) -> None:
    comment = next(iter(first.comments.values()))
    edited = comment.edit("really?", "carl").to_dict()

    def write(*names: str) -> Callable[[YDoc], None]:
        return lambda doc: [at(doc, first)["comments"][comment.id].__setitem__(n, edited[n]) for n in names]  # type: ignore[func-returns-value]

    with pytest.raises(BadRequest, match="history"):
        desk.send(COMMENTER, write("text"))
    assert desk.send(COMMENTER, write("text", "history", "edited"))
    with pytest.raises(BadRequest, match="only grows"):
        desk.send(COMMENTER, lambda doc: at(doc, first)["comments"][comment.id].__setitem__("history", []))
    kept = read_all(desk.doc)[0].comments[comment.id]
    assert (kept.text, [edit["text"] for edit in kept.history]) == ("really?", ["why?"])


def test_comments_are_deleted_by_their_author_or_an_editor(desk: Desk, first: Annotation) -> None:
    second = Comment.new("two", ("ada", "Ada"))
    assert desk.send(OWNER, reply(first, second))
    with pytest.raises(NotAllowed):
        desk.send(COMMENTER, lambda doc: at(doc, first)["comments"].pop(second.id))
    assert desk.send(COMMENTER, lambda doc: at(doc, first)["comments"].pop(next(iter(first.comments))))
    assert desk.send(EDITOR, lambda doc: at(doc, first)["comments"].pop(second.id))
    assert read_all(desk.doc)[0].comments == {}


def test_undo_may_bring_back_what_another_wrote(desk: Desk, first: Annotation) -> None:
    assert desk.send(EDITOR, lambda doc: root(doc, "annotations").pop(first.id))
    assert desk.send(EDITOR, put(first))
    assert read_all(desk.doc) == [first]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda doc: root(doc, "annotations").__setitem__("x", "text"), "Y.Map"),
        (lambda doc: root(doc, "annotations").__setitem__("x", Map({"author": "eve"})), "Y.Text"),
        (lambda doc: root(doc, "layers").__setitem__("x", "text"), "layer"),
        (lambda doc: root(doc, "layers").__setitem__("x", Map({"id": "x"})), "lacks name"),
        (lambda doc: root(doc, "meta").__setitem__("schema_version", 2), "schema_version"),
        (lambda doc: root(doc, "meta").__setitem__("other", 2), "unknown field"),
        (lambda doc: doc.__setitem__("junk", Array([1])), "no part 'junk'"),
    ],
)
def test_what_breaks_the_shape_is_refused(desk: Desk, change: Callable[[YDoc], None], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        desk.send(EDITOR, change)
    assert desk.send(EDITOR, put(note(EDITOR)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"), ("label", "x" * 121), ("ranges", []), ("text", "plain"),
        ("text", Text("x" * 20_001)), ("new", 1),
    ],
)  # fmt: skip
def test_fields_keep_to_the_schema(desk: Desk, first: Annotation, name: str, value: object) -> None:
    with pytest.raises(BadRequest):
        desk.send(EDITOR, field(first, name, value))


def test_an_id_that_is_not_its_key_is_refused(desk: Desk) -> None:
    with pytest.raises(BadRequest, match="another id"):
        desk.send(
            EDITOR, lambda doc: root(doc, "annotations").__setitem__("other", annotation_map(note(EDITOR)))
        )


def test_concurrent_edits_are_all_kept(desk: Desk, first: Annotation) -> None:
    base = new_document(desk.doc.get_update())
    assert desk.send(EDITOR, field(first, "label", "one"), base)
    assert desk.send(OWNER, field(first, "colour", "#000000"), base)
    assert desk.send(OWNER, lambda doc: replace_text(at(doc, first)["text"], "text, more"), base)
    assert desk.send(EDITOR, lambda doc: replace_text(at(doc, first)["text"], "my text"), base)
    assert desk.send(COMMENTER, reply(first, Comment.new("a", ("carl", "Carl"))), base)
    assert desk.send(OWNER, reply(first, Comment.new("b", ("ada", "Ada"))), base)
    found = read_all(desk.doc)[0]
    assert (found.label, found.colour, found.text) == ("one", "#000000", "my text, more")
    assert sorted(comment.text for comment in found.comments.values()) == ["a", "b", "why?"]


def test_an_update_that_builds_on_missing_ones_is_put_off_without_a_trace(
    desk: Desk, first: Annotation
) -> None:
    ahead = new_document(desk.doc.get_update())
    updates: list[bytes] = []
    for change in (
        put(late := note(EDITOR)),
        field(late, "label", "x"),
        lambda doc: root(doc, "annotations").pop(late.id),
    ):
        before = ahead.get_state()
        watch = ahead.observe(lambda event: updates.append(event.update))
        with ahead.transaction():
            change(ahead)  # type: ignore[operator]
        ahead.unobserve(watch)
        assert before is not None
    for update in updates[1:]:
        with pytest.raises(Ahead):
            desk.take(update, EDITOR)
    # A forbidden update must not slip in with somebody else's that it waited for.
    with pytest.raises(Ahead):
        desk.take(updates[1], COMMENTER)
    assert desk.take(updates[0], EDITOR)
    assert {item.id: item.label for item in read_all(desk.doc)}[late.id] == ""


def test_residues_must_be_there(first: Annotation) -> None:
    async def load(_: str) -> Any:
        return PAIR

    known = KnownResidues(load)
    desk = Desk(verify=known.verify)
    with pytest.raises(BadRequest, match="must name its structure"):
        desk.send(OWNER, put(note(OWNER)))
    with pytest.raises(Unread):
        desk.send(OWNER, put(note(OWNER, structure="s")))
    assert asyncio.run(known.read("s")) is PAIR  # type: ignore[arg-type]
    assert desk.send(OWNER, put(note(OWNER, structure="s")))
    other = helices({"A": "MKTAYIAKQRWW"}, first=24)
    gone = Annotation.new(anchor("A:34", other), "", ("ada", "Ada"), structure="s")
    with pytest.raises(BadRequest, match="A:34 is not in the structure"):
        desk.send(OWNER, put(gone))


def test_the_touched_parts_are_named_for_the_audit(desk: Desk) -> None:
    made = note(EDITOR)
    copy = new_document(desk.doc.get_update())
    before = copy.get_state()
    put(made)(copy)
    admitted = desk.gate.admit(copy.get_update(before), EDITOR)
    assert admitted is not None
    assert admitted.touched == (f"add annotations/{made.id}",)


@pytest.mark.parametrize("seed", range(60))
def test_noise_is_refused_and_harmless(desk: Desk, first: Annotation, seed: int) -> None:
    dice = random.Random(seed)
    update = bytearray(desk.doc.get_update())
    for _ in range(dice.randint(1, 4)):
        update[dice.randrange(len(update))] = dice.randrange(256)
    with contextlib.suppress(FoldSightError, Ahead):
        desk.take(bytes(update), dice.choice([EDITOR, COMMENTER, VIEWER]))
    read_all(desk.doc)
    assert desk.send(EDITOR, put(note(EDITOR)))


@given(st.binary(max_size=40))
def test_messages_of_noise_are_malformed_or_read(data: bytes) -> None:
    reader = wire.Reader(data)
    try:
        while not reader.ended:
            reader.number()
            reader.chunk()
        wire.read_awareness(data, 10)
        wire.state_vector(data)
    except wire.Malformed:
        pass


@given(st.integers(0, 2**53 - 1), st.binary(max_size=300))
def test_numbers_and_chunks_are_read_back(value: int, data: bytes) -> None:
    reader = wire.Reader(wire.number(value) + wire.chunk(data))
    assert (reader.number(), reader.chunk(), reader.ended) == (value, data, True)
