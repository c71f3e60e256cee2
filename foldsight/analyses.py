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

    def conservation(self, alignment: Any) -> pd.DataFrame:
        """Return the residue table with ``conservation``, 0-1, from an alignment (A3M or FASTA).

        See :func:`foldsight.api.featuring.conservation`.
        """
        found: pd.DataFrame = analysis("conservation")(self, alignment)
        return found

    def align(self, other: Any, **options: Any) -> Any:
        """Superpose this structure on another one, or several others on this one (TM-align).

        Parameters
        ----------
        other : Structure, Prediction, Path, str, or several of them
            A ``str`` is a path or an entry such as ``pdb:1HPV``.
        **options
            As :func:`foldsight.api.aligning.align`: ``chains``, ``complex``, ``min_tm``,
            ``network``.

        Returns
        -------
        Superposition or Matches
        """
        return analysis("align")(self, other, **options)

    def pockets(self, **options: Any) -> Any:
        """Return the pockets, the likeliest binding site first.

        ``options`` as :func:`foldsight.api.analysing.pockets`: ``method``.

        Returns
        -------
        Pockets
            A sequence with ``table`` and ``view()``.
        """
        return analysis("pockets")(self, **options)

    def variants(self, request: Any, **options: Any) -> Any:
        """Predict the ddG of folding of variants, kcal/mol, > 0 destabilises.

        Parameters
        ----------
        request : str or iterable of str
            ``V82A I84V``, ``A:R175H``, ``p.Arg175His``, or ``scan``.
        **options
            As :func:`foldsight.api.analysing.variants`.

        Returns
        -------
        VariantTable
            A sequence of rows with ``table``, ``heat_map()`` and ``view()``.
        """
        return analysis("variants")(self, request, **options)

    def interfaces(self, **options: Any) -> Any:
        """Return what holds the chains together: buried area, contacts, bonds, and scores from PAE.

        ``options`` as :func:`foldsight.api.analysing.interfaces`: ``pae_cutoff``.

        Returns
        -------
        Interfaces
            A sequence with ``table`` and ``view()``.
        """
        return analysis("interfaces")(self, **options)
