"""How structures and predictions carry annotations: a book of their own, or a room that is shared."""

from __future__ import annotations

import getpass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, cast

from foldsight.annotation.book import Book, Document
from foldsight.annotation.remap import remap
from foldsight.annotation.table import to_frame
from foldsight.annotation.values import Annotation, Comment, Residued, anchor
from foldsight.errors import Failed

if TYPE_CHECKING:
    import pandas as pd


class Annotated:
    """What predictions and structures share: annotations of their residues."""

    @property
    def notes(self) -> Document:
        """The document of annotations: this object's own, or the room that was joined."""
        found: Document | None = self.__dict__.get("_notes")
        if found is None:
            found = Book(local_author())
            # Past the frozen dataclass: what people say of a structure is no part of its value.
            self.__dict__["_notes"] = found
        return found

    @property
    def annotations(self) -> pd.DataFrame:
        """One row per annotation, oldest first: id, residues, kind, label, text, author and more."""
        return to_frame(self.notes.all())

    def annotate(self, selection: str, text: str = "", **fields: Any) -> Annotation:
        """Say something of residues.

        Parameters
        ----------
        selection : str
            Such as ``A:25-27`` or ``A:25-27,B:50``, in author numbers.
        text : str, optional
            Markdown.
        **fields
            ``label``, ``kind`` (``note``, ``active site``...), ``colour`` (``#rrggbb``), ``layer``.

        Raises
        ------
        BadRequest
            When a residue is not there or a field breaks the rules.
        NotAllowed
            When the room does not let you.
        """
        made = Annotation.new(anchor(selection, self._residued), text, self.notes.author, **fields)
        return self.notes.add(made)

    def comment(self, annotation: str | Annotation, text: str) -> Comment:
        """Add to the thread of an annotation; ``@id`` mentions somebody."""
        key = annotation if isinstance(annotation, str) else annotation.id
        return self.notes.comment(key, text)

    def join(self, room: str, *, bring: bool = False) -> Document:
        """Share annotations: from now on they are those of a room of the service.

        Parameters
        ----------
        room : str
            The id of a stored structure, or ``local-`` and a name for a room of your own.
        bring : bool, optional
            Add the annotations made so far to the room, as yours; residues are found again by
            identity where the numbers differ.

        Raises
        ------
        NotFound
            When there is no such room for you.
        """
        own, shared = self.notes.all(), _service_room(room)
        shared.about()
        if bring:
            for annotation in own:
                shared.add(annotation)
        self.__dict__["_notes"] = shared
        return cast(Document, shared)

    def adopt(self, document: Document, source: Residued | None = None) -> list[tuple[Annotation, str]]:
        """Take over annotations that were written on another structure of the same protein.

        Parameters
        ----------
        document : Document
        source : Structure, optional
            What they were written on.

        Returns
        -------
        list of (Annotation, str)
            Those whose residues are not here, with the reason.
        """
        moved, lost = remap(document.all(), self._residued, source)
        for annotation in moved:
            self.notes.add(annotation)
        return lost

    @property
    def _residued(self) -> Residued:
        return cast(Residued, getattr(self, "structure", self))


def local_author() -> tuple[str, str]:
    """Return id and name of who writes without a service."""
    try:
        return "local", getpass.getuser()
    except (KeyError, OSError):
        return "local", "local user"


def _service_room(room: str) -> Any:
    """Return a room of the service; who can reach one is found by entry point, as viewers are."""
    for point in entry_points(group="foldsight.rooms"):
        if point.name == "service":
            return point.load()(room)
    raise Failed("No client of rooms is installed.", hint="Install again with: pip install .")
