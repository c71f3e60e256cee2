"""What REST and notebooks do to a room's document: the same updates that browsers send.

Each function works on a copy and hands the difference to the room, so that it goes through the
gate, the log and to everybody like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pycrdt import Map

from foldsight.annotation import Annotation, Comment, Span
from foldsight.annotation.book import changed_annotation
from foldsight.annotation.values import new_id, now
from foldsight.errors import BadRequest, NotFound
from foldsight.typing import Json
from foldsight_server.rooms.document import (
    YDoc,
    annotation_map,
    comment_map,
    read,
    replace_text,
    root,
)
from foldsight_server.rooms.room import Room
from foldsight_server.rooms.rules import Person


async def _edit(room: Room, person: Person, change: Callable[[YDoc], None]) -> YDoc:
    copy = room.copy()
    before = copy.get_state()
    with copy.transaction():
        change(copy)
    await room.edit(copy.get_update(before), person)
    return copy


async def add(room: Room, person: Person, fields: Json) -> Annotation:
    """Add an annotation; who and when are the server's to say.

    Raises
    ------
    BadRequest
        When it breaks the schema or its id is taken.
    """
    given = {"structure": "", "layer": "default", "kind": "note", "label": "", "text": "", **fields}
    stamped = {"author": person.id, "author_name": person.name, "created": now(), "comments": {}}
    data = {"id": new_id(), "colour": "#e69f00", "resolved": False, **given, **stamped}
    made = Annotation.from_dict(data)

    def change(doc: YDoc) -> None:
        if made.id in root(doc, "annotations"):
            raise BadRequest(f"There is an annotation {made.id!r} already.", hint="Change that one.")
        root(doc, "annotations")[made.id] = annotation_map(made)

    await _edit(room, person, change)
    return made


async def change(room: Room, person: Person, annotation_id: str, fields: Json) -> Annotation:
    """Change fields of an annotation; what others write in other fields meanwhile stays."""

    def apply(doc: YDoc) -> None:
        values = dict(fields)
        if isinstance(values.get("ranges"), list):
            values["ranges"] = _spans(values["ranges"])
        made = changed_annotation(read(doc, annotation_id), values).to_dict()
        shared = root(doc, "annotations")[annotation_id]
        for name in fields:
            if name == "text":
                replace_text(shared["text"], made["text"])
            elif shared[name] != made[name]:
                shared[name] = made[name]

    return read(await _edit(room, person, apply), annotation_id)


def _spans(ranges: list[Any]) -> tuple[Span, ...]:
    try:
        return tuple(map(Span.from_dict, ranges))
    except (KeyError, TypeError, ValueError):
        raise BadRequest("The ranges are not spans of residues.", hint="Each has first and last.") from None


async def remove(room: Room, person: Person, annotation_id: str) -> None:
    """Remove an annotation and its comments."""

    def apply(doc: YDoc) -> None:
        del root(doc, "annotations")[read(doc, annotation_id).id]

    await _edit(room, person, apply)


async def comment(room: Room, person: Person, annotation_id: str, text: str) -> Comment:
    """Add a comment."""
    made = Comment.new(text, (person.id, person.name))

    def apply(doc: YDoc) -> None:
        read(doc, annotation_id)
        root(doc, "annotations")[annotation_id]["comments"][made.id] = comment_map(made)

    await _edit(room, person, apply)
    return made


async def edit_comment(room: Room, person: Person, annotation_id: str, comment_id: str, text: str) -> Comment:
    """Change the text of one's own comment; what it said before is kept."""
    changed: list[Comment] = []

    def apply(doc: YDoc) -> None:
        old, shared = _comment(doc, annotation_id, comment_id)
        changed.append(old.edit(text, person.id))
        data = changed[0].to_dict()
        for name in ("text", "edited", "history", "mentions"):
            if shared[name] != data[name]:
                shared[name] = data[name]

    await _edit(room, person, apply)
    return changed[0]


async def remove_comment(room: Room, person: Person, annotation_id: str, comment_id: str) -> None:
    """Remove a comment."""

    def apply(doc: YDoc) -> None:
        _comment(doc, annotation_id, comment_id)
        del root(doc, "annotations")[annotation_id]["comments"][comment_id]

    await _edit(room, person, apply)


def _comment(doc: YDoc, annotation_id: str, comment_id: str) -> tuple[Comment, Map[Any]]:
    found = read(doc, annotation_id).comments.get(comment_id)
    if found is None:
        raise NotFound(f"There is no comment {comment_id!r} on this annotation.", hint="It may be deleted.")
    return found, root(doc, "annotations")[annotation_id]["comments"][comment_id]
