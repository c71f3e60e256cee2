"""A document of annotations: what every such document can do, and one without a room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from foldsight.annotation.check import SCHEMA_VERSION, check
from foldsight.annotation.values import Annotation, Comment
from foldsight.errors import BadRequest, NotFound
from foldsight.typing import Json

#: What may be changed of an annotation once it is there.
EDITABLE = ("ranges", "layer", "kind", "colour", "label", "text", "resolved", "structure")


class Document(Protocol):
    """Annotations by id, wherever they are kept."""

    @property
    def author(self) -> tuple[str, str]:
        """Id and name of who writes."""
        ...

    def all(self) -> list[Annotation]:
        """Return every annotation, oldest first."""
        ...

    def get(self, annotation_id: str) -> Annotation:
        """Return one; raises NotFound."""
        ...

    def add(self, annotation: Annotation) -> Annotation:
        """Add one and return it as it is kept."""
        ...

    def change(self, annotation_id: str, **fields: Any) -> Annotation:
        """Change fields of one."""
        ...

    def remove(self, annotation_id: str) -> None:
        """Remove one and its comments."""
        ...

    def comment(self, annotation_id: str, text: str) -> Comment:
        """Add a comment to one."""
        ...

    def edit_comment(self, annotation_id: str, comment_id: str, text: str) -> Comment:
        """Change one's own comment; what it said before is kept."""
        ...

    def remove_comment(self, annotation_id: str, comment_id: str) -> None:
        """Remove a comment."""
        ...


class Book:
    """A document that lives in this process and is saved with what it belongs to.

    Parameters
    ----------
    author : (str, str)
        Id and name of who writes.
    annotations : iterable of Annotation
    layers, scenes : dict, optional
        As ``schema.json`` says; kept as they are.
    """

    def __init__(
        self,
        author: tuple[str, str],
        annotations: Iterable[Annotation] = (),
        layers: Json | None = None,
        scenes: Json | None = None,
    ) -> None:
        self._author, self.layers, self.scenes = author, layers or {}, scenes or {}
        self._held = {item.id: item for item in annotations}

    @property
    def author(self) -> tuple[str, str]:
        """Id and name of who writes."""
        return self._author

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self.all())

    def all(self) -> list[Annotation]:
        """Return every annotation, oldest first."""
        return sorted(self._held.values(), key=lambda item: item.created)

    def get(self, annotation_id: str) -> Annotation:
        """Return one annotation; raises NotFound."""
        found = self._held.get(annotation_id)
        if found is None:
            raise NotFound(f"There is no annotation {annotation_id!r}.", hint="See p.annotations.")
        return found

    def add(self, annotation: Annotation) -> Annotation:
        """Add an annotation.

        Raises
        ------
        BadRequest
            When its id is taken.
        """
        if annotation.id in self._held:
            raise BadRequest(f"There is an annotation {annotation.id!r} already.", hint="Change that one.")
        self._held[annotation.id] = annotation
        return annotation

    def change(self, annotation_id: str, **fields: Any) -> Annotation:
        """Change fields of an annotation; raises BadRequest for one that cannot be changed."""
        changed = changed_annotation(self.get(annotation_id), fields)
        self._held[annotation_id] = changed
        return changed

    def remove(self, annotation_id: str) -> None:
        """Remove an annotation and its comments."""
        del self._held[self.get(annotation_id).id]

    def comment(self, annotation_id: str, text: str) -> Comment:
        """Add a comment to an annotation."""
        found, made = self.get(annotation_id), Comment.new(text, self.author)
        self._put(found, made)
        return made

    def edit_comment(self, annotation_id: str, comment_id: str, text: str) -> Comment:
        """Change the text of one's own comment."""
        found = self.get(annotation_id)
        if comment_id not in found.comments:
            raise NotFound(f"There is no comment {comment_id!r}.")
        made = found.comments[comment_id].edit(text, self.author[0])
        self._put(found, made)
        return made

    def remove_comment(self, annotation_id: str, comment_id: str) -> None:
        """Remove a comment; raises NotFound."""
        found = self.get(annotation_id)
        if comment_id not in found.comments:
            raise NotFound(f"There is no comment {comment_id!r}.")
        comments = {key: held for key, held in found.comments.items() if key != comment_id}
        self._held[annotation_id] = replace(found, comments=comments)

    def _put(self, annotation: Annotation, comment: Comment) -> None:
        comments = {**annotation.comments, comment.id: comment}
        # Through from_dict, so that the bounds hold.
        changed = replace(annotation, comments=comments)
        self._held[annotation.id] = Annotation.from_dict(changed.to_dict())

    def to_dict(self) -> Json:
        """Return the document as ``schema.json`` describes it."""
        return {
            "annotations": {item.id: item.to_dict() for item in self.all()},
            "layers": self.layers,
            "scenes": self.scenes,
            "meta": {"schema_version": SCHEMA_VERSION},
        }

    @classmethod
    def from_dict(cls, data: Json, author: tuple[str, str]) -> Book:
        """Rebuild a document.

        Raises
        ------
        BadRequest
            When it breaks the schema; a newer version of it says so.
        """
        version = data.get("meta", {}).get("schema_version") if isinstance(data, dict) else None
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise BadRequest(f"The annotations have schema version {version}.", hint="Upgrade FoldSight.")
        check("AnnotationDocument", data)
        held = map(Annotation.from_dict, data["annotations"].values())
        return cls(author, held, data["layers"], data["scenes"])


def changed_annotation(annotation: Annotation, fields: Json) -> Annotation:
    """Return an annotation with fields changed and checked.

    Raises
    ------
    BadRequest
        For a field that cannot be changed, or a value that breaks the schema.
    """
    if fixed := [name for name in fields if name not in EDITABLE]:
        raise BadRequest(
            f"{', '.join(fixed)} of an annotation cannot be changed.", hint=f"Change {', '.join(EDITABLE)}."
        )
    return Annotation.from_dict(replace(annotation, **fields).to_dict())
