"""Which residues there are to annotate: read from the stored structures, a few kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from foldsight.annotation import Annotation, covered
from foldsight.annotation.values import Residued
from foldsight.errors import BadRequest
from foldsight_server.rooms.gate import Unread

#: Structures whose residues are kept in memory.
MOST_KEPT = 64
Load = Callable[[str], Awaitable[Residued]]


class KnownResidues:
    """The residues of the structures of one room.

    Parameters
    ----------
    load : callable
        Returns a structure by its id; raises NotFound.
    only : str, optional
        The structure of a room that has one; else every annotation names its own.
    """

    def __init__(self, load: Load, only: str | None = None) -> None:
        self._load, self._only = load, only
        self._kept: OrderedDict[str, Residued] = OrderedDict()

    def verify(self, annotation: Annotation) -> None:
        """Refuse an annotation whose residues are not in its structure.

        Raises
        ------
        BadRequest
        Unread
        """
        named = annotation.structure or self._only
        if named is None:
            raise BadRequest("An annotation in a project must name its structure.", hint="Give its id.")
        if self._only is not None and named != self._only:
            raise BadRequest("This room is of another structure.", hint="Leave the structure empty.")
        if named not in self._kept:
            raise Unread(named)
        self._kept.move_to_end(named)
        covered(annotation, self._kept[named])

    async def read(self, structure: str) -> None:
        """Read a structure's residues; raises NotFound."""
        self._kept[structure] = await self._load(structure)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
