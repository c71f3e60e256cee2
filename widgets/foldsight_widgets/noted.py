"""Annotations in a view: what the kernel keeps goes to pages, what pages write is done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import Dict, HasTraits, Unicode

from foldsight.annotation import Annotation
from foldsight.annotation.annotated import Annotated
from foldsight.annotation.values import Span
from foldsight.errors import BadRequest, FoldSightError
from foldsight.typing import Json

#: What a page may set of an annotation.
FIELDS = ("ranges", "layer", "kind", "colour", "label", "text", "resolved")


class Noted(HasTraits):
    """A widget that shows the annotations of a structure.

    Attributes
    ----------
    room : str
        The room that the structure has joined: a page that is from its server joins it, too, and
        needs the kernel no more. Empty without one.
    notes : dict
        The annotations as the kernel has them, for pages that cannot join.
    """

    room = Unicode("").tag(sync=True)
    notes = Dict(allow_none=True, default_value=None).tag(sync=True)
    _subject: Annotated | None = None

    def keep_notes(self, subject: Annotated) -> None:
        """Show the annotations of ``subject``, and write into them what pages write."""
        self._subject = subject
        self.refresh_notes()

    def refresh_notes(self, words: str = "") -> None:
        """Read the annotations again; ``words`` are shown to the reader."""
        if self._subject is None:
            return
        document = self._subject.notes
        room = str(getattr(document, "room", ""))
        about: Mapping[str, Any] = document.about() if room else {}  # type: ignore[attr-defined]
        name, title = document.author
        self.notes = {
            "notes": [item.to_dict() for item in document.all()],
            "me": {"id": name, "name": title},
            "may": about.get("may", {"comment": True, "edit": True}),
            "words": words,
        }
        self.room = room

    def note(self, deed: str, args: Mapping[str, Any]) -> None:
        """Do what a page asks; a refusal is told there."""
        if self._subject is None:
            return
        words = ""
        try:
            self._do(self._subject, deed, args)
        except FoldSightError as refusal:
            words = str(refusal)
        except (KeyError, TypeError, ValueError) as fault:
            words = f"The page sent no annotation that can be read ({type(fault).__name__})."
        self.refresh_notes(words)

    def _do(self, subject: Annotated, deed: str, args: Mapping[str, Any]) -> None:
        document = subject.notes
        key = str(args.get("id", ""))
        if deed == "add":
            fields = _fields(args)
            spans, text = fields.pop("ranges", ()), fields.pop("text", "")
            document.add(Annotation.new(spans, text, document.author, **fields))
        elif deed == "change":
            document.change(key, **_fields(args.get("fields", {})))
        elif deed == "remove":
            document.remove(key)
        elif deed == "comment":
            document.comment(key, str(args.get("text", "")))
        elif deed == "edit_comment":
            document.edit_comment(key, str(args.get("comment", "")), str(args.get("text", "")))
        elif deed == "remove_comment":
            document.remove_comment(key, str(args.get("comment", "")))
        else:
            raise BadRequest(f"There is no such deed as {deed!r}.", hint="Show the view again.")


def _fields(given: Json | Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a page may set, with ranges as spans."""
    fields = {name: given[name] for name in FIELDS if name in given}
    if "ranges" in fields:
        fields["ranges"] = tuple(Span.from_dict(span) for span in fields["ranges"])
    return fields
