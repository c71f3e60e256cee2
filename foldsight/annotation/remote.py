"""A room of the service as a document: every edit is in the room's log when the call returns."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import quote

from foldsight.annotation.values import Annotation, Comment
from foldsight.typing import Json

#: Fields that the service sets by itself.
_SERVERS = ("author", "author_name", "created", "comments")


class Caller(Protocol):
    """Calls one operation of the service and returns its JSON answer; errors are raised."""

    def __call__(self, method: str, path: str, **options: Any) -> Json:
        """Call."""
        ...


class SharedBook:
    """The annotations of a room, read and written through REST.

    Parameters
    ----------
    call : callable
        Of the client.
    room : str
        The id of a project or structure, or of a local room.
    """

    def __init__(self, call: Caller, room: str) -> None:
        self._call, self.room = call, room
        self._path = f"/rooms/{quote(room, safe='')}"
        self._me: tuple[str, str] | None = None

    def about(self) -> Json:
        """Return the caller's role and id in the room, and who is there."""
        return self._call("GET", f"{self._path}/about")

    @property
    def author(self) -> tuple[str, str]:
        """Id and name that the service knows the caller by."""
        if self._me is None:
            me = self.about()["me"]
            self._me = (str(me["id"]), str(me["name"]))
        return self._me

    def all(self) -> list[Annotation]:
        """Return every annotation, oldest first."""
        found = self._call("GET", f"{self._path}/annotations")["annotations"]
        return [Annotation.from_dict(item) for item in found]

    def get(self, annotation_id: str) -> Annotation:
        """Return one annotation; raises NotFound."""
        return Annotation.from_dict(self._call("GET", self._of(annotation_id)))

    def add(self, annotation: Annotation) -> Annotation:
        """Add an annotation in the caller's name; its comments stay behind."""
        body = {name: value for name, value in annotation.to_dict().items() if name not in _SERVERS}
        if not body["structure"]:
            # The service knows which structure this door is of.
            del body["structure"]
        return Annotation.from_dict(self._call("POST", f"{self._path}/annotations", json=body))

    def change(self, annotation_id: str, **fields: Any) -> Annotation:
        """Change fields of an annotation; what others change meanwhile stays."""
        if "ranges" in fields:
            fields["ranges"] = [span.to_dict() for span in fields["ranges"]]
        return Annotation.from_dict(self._call("PATCH", self._of(annotation_id), json=fields))

    def remove(self, annotation_id: str) -> None:
        """Remove an annotation and its comments."""
        self._call("DELETE", self._of(annotation_id))

    def comment(self, annotation_id: str, text: str) -> Comment:
        """Add a comment to an annotation."""
        path = f"{self._of(annotation_id)}/comments"
        return Comment.from_dict(self._call("POST", path, json={"text": text}))

    def edit_comment(self, annotation_id: str, comment_id: str, text: str) -> Comment:
        """Change the text of one's own comment."""
        path = f"{self._of(annotation_id)}/comments/{quote(comment_id, safe='')}"
        return Comment.from_dict(self._call("PATCH", path, json={"text": text}))

    def remove_comment(self, annotation_id: str, comment_id: str) -> None:
        """Remove a comment: one's own, or any as an editor."""
        self._call("DELETE", f"{self._of(annotation_id)}/comments/{quote(comment_id, safe='')}")

    def _of(self, annotation_id: str) -> str:
        return f"{self._path}/annotations/{quote(annotation_id, safe='')}"
