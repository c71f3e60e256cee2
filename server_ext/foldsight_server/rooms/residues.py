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
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._kept: OrderedDict[str, Residued] = OrderedDict()

    def verify(self, annotation: Annotation) -> None:
        """Refuse an annotation whose residues are not in its structure.

        Raises
        ------
        BadRequest
        Unread
        """
        named = annotation.structure
        if not named:
            raise BadRequest("An annotation in a project must name its structure.", hint="Give its id.")
        if named not in self._kept:
            raise Unread(named)
        self._kept.move_to_end(named)
        covered(annotation, self._kept[named])

    async def read(self, structure: str) -> Residued:
        """Read a structure's residues and return them; raises NotFound."""
        if structure not in self._kept:
            self._kept[structure] = await self._load(structure)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return self._kept[structure]
