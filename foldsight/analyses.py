"""What can be asked of a structure or prediction: the methods of both.

The answers are found by entry point (group ``foldsight.analyses``), as savers and viewers are,
so that values need not know who computes them. An entry is a function of the item and of what
the caller gives.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from foldsight.errors import Failed

if TYPE_CHECKING:
    import pandas as pd


@cache
def analysis(name: str) -> Any:
    """Return the function that an entry point names.

    Raises
    ------
    Failed
        When it is not installed.
    """
    for point in entry_points(group="foldsight.analyses"):
        if point.name == name:
            return point.load()
    raise Failed(f"The analysis {name!r} is not installed.", hint="Install again with: pip install .")


class Analyses:
    """What predictions and structures share: their analyses as methods."""

    def tracks(self) -> pd.DataFrame:
        """Return one row per residue: all numbers, and all that is computed from coordinates.

        See :func:`foldsight.analysis.tracks.tracks` for the columns.
        """
        found: pd.DataFrame = analysis("tracks")(self)
        return found

    def features(self, accession: str, **options: Any) -> pd.DataFrame:
        """Return the residue table with what UniProt and InterPro know of each residue.

        Asks the network, unless the answers are kept from before. ``options`` as
        :func:`foldsight.api.featuring.features`: ``interpro``, ``network``.
        """
        found: pd.DataFrame = analysis("features")(self, accession, **options)
        return found

    def interfaces(self, **options: Any) -> Any:
        """Return what holds the chains together: buried area, contacts, bonds, and scores from PAE.

        ``options`` as :func:`foldsight.analysis.interfaces.find_interfaces`: ``pae_cutoff``.

        Returns
        -------
        Interfaces
            A sequence with ``table``.
        """
        return analysis("interfaces")(self, **options)
