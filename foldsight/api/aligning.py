"""``align``: put a structure on another one and look at both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from foldsight import outlets
from foldsight.analysis.alignment import (
    Alignment,
    ComplexAlignment,
    Matches,
    Trace,
    align_complexes,
    align_many,
)
from foldsight.analysis.alignment import align as align_traces
from foldsight.analysis.alignment.batch import as_structure
from foldsight.analysis.alignment.many import Item, Refusal
from foldsight.api.shown import Displayed
from foldsight.api.viewing import Source, subject_of
from foldsight.errors import BadRequest, FoldSightError
from foldsight.scene import Scene
from foldsight.scene.superposed import superposed
from foldsight.structure import Structure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Superposition(Displayed):
    """A structure on another one: the numbers, the moved structure, a view of both.

    Attributes
    ----------
    alignment : Alignment or ComplexAlignment
    mobile, reference : Structure
        Where they were read.
    """

    alignment: Alignment | ComplexAlignment
    mobile: Structure
    reference: Structure

    @property
    def tm_by_reference(self) -> float:
        """TM-score by the length of the reference, 0-1."""
        return self.alignment.tm_by_reference

    @property
    def tm_by_mobile(self) -> float:
        """TM-score by the length of the mobile structure, 0-1."""
        return self.alignment.tm_by_mobile

    @property
    def rmsd(self) -> float:
        """Å over the ``n_aligned`` pairs of residues."""
        return self.alignment.rmsd

    @property
    def n_aligned(self) -> int:
        """Number of aligned pairs of residues."""
        return self.alignment.n_aligned

    @property
    def table(self) -> pd.DataFrame:
        """One row per aligned pair of residues; of complexes one per pair of chains."""
        if isinstance(self.alignment, Alignment):
            return self.alignment.table(self.reference, self.mobile)
        return self.alignment.table()

    @cached_property
    def moved(self) -> Structure:
        """The mobile structure, moved onto the reference."""
        return self.alignment.apply(self.mobile)

    @cached_property
    def scene(self) -> Scene:
        """Both, coloured by structure; of a pair of chains also by distance."""
        return superposed(self.alignment, self.mobile, self.reference)

    def view(self, **style: Any) -> Any:
        """Return an interactive view of both; ``coloring="distance"`` shows where they differ."""
        return outlets.view(self.scene.styled(**style))

    def figure(self, path: str | Path, *, coloring: str = "structure", **options: Any) -> Path:
        """Draw both into a ``.png`` or ``.svg`` file, or write an ``.html`` page."""
        return outlets.save(self.scene.styled(coloring=coloring), path, **options)

    def distances(self) -> Figure:
        """Draw the CA-CA distances along the reference.

        Raises
        ------
        BadRequest
            For whole complexes.
        """
        from foldsight.analysis.alignment.pictures import distance_picture

        if not isinstance(self.alignment, Alignment):
            raise BadRequest(
                "Distances are drawn for one pair of chains.", hint="Align without complex=True."
            )
        return distance_picture(self.alignment)

    def __repr__(self) -> str:
        return str(self.alignment)

    def _repr_html_(self) -> str:
        return f"<pre style='white-space:pre-wrap'>{escape(repr(self))}</pre>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Show both structures where a notebook asks; the numbers everywhere else."""
        bundle = self.view()._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self)}, metadata


def align(
    item: Source,
    other: Source | Iterable[Source],
    *,
    chains: tuple[str, str] | None = None,
    complex: bool = False,
    min_tm: float | None = None,
    network: str | None = None,
) -> Superposition | Matches:
    """Superpose a structure on another one (TM-align), or many on it.

    Parameters
    ----------
    item : Structure, Prediction, Fold, str or Path
        What is moved. With several others, the reference that they are moved onto.
    other : the same, or an iterable of them
        What it is put on.
    chains : tuple of str, optional
        Chain of each; default the first protein chain.
    complex : bool, optional
        Superpose all protein chains; which lies on which is found.
    min_tm : float, optional
        With several others: leave out what will not reach this TM-score.
    network : {'off', 'hash', 'sequence'}, optional
        For entries such as ``pdb:1HPV``: what may leave the machine.

    Returns
    -------
    Superposition or Matches
        Matches, a table of one row per structure, with several others.

    Raises
    ------
    BadRequest, Failed
    """
    if isinstance(other, Iterable) and not isinstance(other, str | bytes):
        if chains or complex:
            raise BadRequest("Chains and complexes are aligned in pairs.", hint="Give one other structure.")
        others = [_item(one, network) for one in cast("Iterable[Source]", other)]
        return align_many(_structure(item, network), others, min_tm=min_tm)
    if min_tm is not None:
        raise BadRequest("min_tm is for several structures.", hint="Give a list of them.")
    mobile, reference = _structure(item, network), _structure(other, network)
    if complex:
        if chains:
            raise BadRequest("A complex is aligned with all its chains.", hint="Leave chains out.")
        return Superposition(align_complexes(mobile, reference), mobile, reference)
    one, two = chains or (None, None)
    found = align_traces(Trace.of(mobile, one), Trace.of(reference, two))
    return Superposition(found, mobile, reference)


def _structure(source: Source, network: str | None) -> Structure:
    return as_structure(subject_of(source, network))


def _item(source: Source, network: str | None) -> Item:
    try:
        return _structure(source, network)
    except FoldSightError as fault:
        return Refusal(str(source), fault)
