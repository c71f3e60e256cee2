"""The shape of a room's Yjs document, to and from plain annotations.

::

    annotations: Map<id, Map{..., text: Text, comments: Map<id, Map>}>
    layers:      Map<id, Map>
    scenes:      Map<id, Map>
    meta:        Map{schema_version}

Everything that has an id is a shared type of its own, so that two people who write at the same
time both keep what they wrote. Fields are what ``foldsight/annotation/schema.json`` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from pycrdt import Doc, Map, Text

from foldsight.annotation import Annotation, Comment
from foldsight.annotation.check import SCHEMA_VERSION, schema
from foldsight.errors import BadRequest, NotFound
from foldsight.typing import Json

ROOTS = ("annotations", "layers", "scenes", "meta")
YMap = Map[Any]
YDoc = Doc[Any]
MOST_ANNOTATIONS = int(schema()["$defs"]["AnnotationDocument"]["properties"]["annotations"]["maxProperties"])


def new_document(update: bytes = b"") -> YDoc:
    """Return a document with the four roots, filled from an update."""
    doc: YDoc = Doc()
    for name in ROOTS:
        doc.get(name, type=Map)
    if update:
        doc.apply_update(update)
    return doc


def merge(doc: YDoc, updates: Iterable[bytes]) -> None:
    """Apply updates as one transaction; empty ones are passed over."""
    with doc.transaction():
        for update in updates:
            if update:
                doc.apply_update(update)


def root(doc: YDoc, name: str) -> YMap:
    """Return one of the four roots."""
    return cast(YMap, doc.get(name, type=Map))


def keys(shared: YMap) -> list[str]:
    """Return the keys of a shared map."""
    return list(shared.keys())


def seed(doc: YDoc) -> None:
    """Write what a new room holds."""
    root(doc, "meta")["schema_version"] = SCHEMA_VERSION


def annotation_map(annotation: Annotation) -> YMap:
    """Return an annotation as a shared map that is not in a document yet."""
    data = annotation.to_dict()
    comments = {key: Map(comment) for key, comment in data["comments"].items()}
    return Map({**data, "text": Text(data["text"]), "comments": Map(comments)})


def comment_map(comment: Comment) -> YMap:
    """Return a comment as a shared map that is not in a document yet."""
    return Map(comment.to_dict())


def plain(shared: YMap) -> Json:
    """Return a shared annotation as JSON values.

    Raises
    ------
    BadRequest
        When it is not built of the shared types that it should be.
    """
    if not isinstance(shared, Map):
        raise BadRequest("An annotation must be a Y.Map.")
    data: Json = {key: shared[key] for key in keys(shared)}
    text, comments = data.get("text"), data.get("comments")
    if not isinstance(text, Text) or not isinstance(comments, Map):
        raise BadRequest("An annotation needs a Y.Text as text and a Y.Map of comments.")
    parts = {key: comments[key] for key in keys(comments)}
    if not all(isinstance(part, Map) for part in parts.values()):
        raise BadRequest("A comment must be a Y.Map.")
    return {**data, "text": str(text), "comments": {key: part.to_py() for key, part in parts.items()}}


def read(doc: YDoc, annotation_id: str) -> Annotation:
    """Return one annotation; raises NotFound."""
    held = root(doc, "annotations")
    if annotation_id not in held:
        raise NotFound(f"There is no annotation {annotation_id!r} in this room.", hint="It may be deleted.")
    return Annotation.from_dict(plain(held[annotation_id]))


def read_all(doc: YDoc) -> list[Annotation]:
    """Return all annotations, oldest first."""
    held = root(doc, "annotations")
    found = [Annotation.from_dict(plain(held[key])) for key in keys(held)]
    return sorted(found, key=lambda item: (item.created, item.id))


def replace_text(shared: Text, text: str) -> None:
    """Make a shared text say ``text``, touching only what differs, so that others' words stay."""
    old = str(shared)
    start = 0
    while start < min(len(old), len(text)) and old[start] == text[start]:
        start += 1
    end = 0
    while end < min(len(old), len(text)) - start and old[-1 - end] == text[-1 - end]:
        end += 1
    # pycrdt counts in UTF-8 bytes.
    at, gone = len(old[:start].encode()), len(old[start : len(old) - end].encode())
    if gone:
        del shared[at : at + gone]
    if added := text[start : len(text) - end]:
        shared.insert(at, added)
