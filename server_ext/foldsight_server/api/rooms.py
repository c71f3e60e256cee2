"""Handlers of rooms: annotations and comments of the same document that browsers edit live."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType, to_builtins

from foldsight.annotation import Annotation, anchor
from foldsight.errors import BadRequest
from foldsight_server.api.bodies import Body, Comment
from foldsight_server.api.calls import Call, Response
from foldsight_server.rooms import editing
from foldsight_server.rooms.document import read, read_all
from foldsight_server.rooms.rooms import Entered


class AnnotationChange(Body):
    """Body of ``PATCH`` of an annotation: fields as in ``schema.json``, or residues as ``A:25-27,B:50``."""

    residues: str | UnsetType = UNSET
    ranges: list[dict[str, Any]] | UnsetType = UNSET
    layer: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    colour: str | UnsetType = UNSET
    label: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    resolved: bool | UnsetType = UNSET


class NewAnnotation(AnnotationChange):
    """Body of ``POST`` of an annotation; without ``structure`` it is the one that the path names."""

    id: str | UnsetType = UNSET
    structure: str | UnsetType = UNSET


class CommentText(Body):
    """Body of ``POST`` and ``PATCH`` of a comment."""

    text: Comment


async def show_room(call: Call) -> Response:
    """Show a room: the caller's role and id in it, who is there, how much it holds."""
    entered = await _enter(call)
    room, person = entered.room, entered.person
    return Response(
        {
            "id": room.id,
            "structure": entered.door.structure or None,
            "role": entered.door.role,
            "me": {"id": person.id, "name": person.name},
            "may": {"comment": person.may_comment, "edit": person.may_edit},
            "here": room.presence.people(),
            "annotations": len(read_all(room.doc)),
        }
    )


async def list_room_annotations(call: Call) -> Response:
    """List the annotations of a room with their comments, oldest first."""
    entered = await _enter(call)
    only = call.text("structure") or entered.door.structure
    found = [item for item in read_all(entered.room.doc) if not only or item.structure == only]
    return Response({"annotations": [item.to_dict() for item in found]})


async def add_annotation(call: Call) -> Response:
    """Annotate residues."""
    body = call.decode(NewAnnotation)
    entered = await _enter(call)
    fields = {"structure": entered.door.structure, **to_builtins(body)}
    made = await editing.add(entered.room, entered.person, await _anchored(entered, fields))
    return Response(made.to_dict(), status=201)


async def show_annotation(call: Call) -> Response:
    """Show an annotation with its comments."""
    entered = await _enter(call)
    return Response(read(entered.room.doc, call.path["annotation"]).to_dict())


async def change_annotation(call: Call) -> Response:
    """Change fields of an annotation."""
    fields = to_builtins(call.decode(AnnotationChange))
    entered = await _enter(call)
    name = call.path["annotation"]
    if "residues" in fields:
        structure = read(entered.room.doc, name).structure
        fields = await _anchored(entered, {**fields, "structure": structure})
        del fields["structure"]
    made: Annotation = await editing.change(entered.room, entered.person, name, fields)
    return Response(made.to_dict())


async def delete_annotation(call: Call) -> Response:
    """Delete an annotation and its comments."""
    entered = await _enter(call)
    await editing.remove(entered.room, entered.person, call.path["annotation"])
    return Response({"ok": True})


async def add_reply(call: Call) -> Response:
    """Comment on an annotation; ``@id`` mentions somebody."""
    body = call.decode(CommentText)
    entered = await _enter(call)
    made = await editing.comment(entered.room, entered.person, call.path["annotation"], body.text)
    return Response(made.to_dict(), status=201)


async def change_reply(call: Call) -> Response:
    """Change one's own comment; what it said before is kept."""
    body = call.decode(CommentText)
    entered = await _enter(call)
    where = (call.path["annotation"], call.path["comment"])
    return Response((await editing.edit_comment(entered.room, entered.person, *where, body.text)).to_dict())


async def delete_reply(call: Call) -> Response:
    """Delete a comment: one's own, or any as an editor."""
    entered = await _enter(call)
    await editing.remove_comment(entered.room, entered.person, call.path["annotation"], call.path["comment"])
    return Response({"ok": True})


async def show_room_history(call: Call) -> Response:
    """List who did what in a room, newest first; older deeds are told by the hour."""
    entered = await _enter(call)
    rows = await call.service.rooms.log.history(entered.room.id, call.limit())
    return Response({"history": msgspec.to_builtins(rows)})


async def _enter(call: Call) -> Entered:
    return await call.service.rooms.enter(call.identity, call.path["room"])


async def _anchored(entered: Entered, fields: dict[str, Any]) -> dict[str, Any]:
    """Replace a selection by the spans that it names."""
    selection = fields.pop("residues", None)
    if selection is None:
        return fields
    residues = entered.room.residues
    if residues is None or not fields["structure"]:
        raise BadRequest("This room does not know the residues of a structure.", hint="Give ranges.")
    structure = await residues.read(fields["structure"])
    return {**fields, "ranges": [span.to_dict() for span in anchor(selection, structure)]}
