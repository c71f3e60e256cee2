""":class:`VariantMap`: the ddG of a scan as a heat map, its columns in step with a structure view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets
from ipywidgets import VBox

from foldsight.analysis.variants import VariantTable
from foldsight.analysis.variants.heatmap import LIMIT, ORDER, column_labels
from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.errors import BadRequest
from foldsight_widgets.assets import asset
from foldsight_widgets.structure_view import StructureView


class VariantMap(anywidget.AnyWidget):
    """20 x L changes by colour: red destabilises, blue stabilises, white is 0.

    Parameters
    ----------
    table : VariantTable
        Usually of a scan.

    Attributes
    ----------
    selection : list of str
        Residues whose columns are selected, such as ``["A:82"]``.

    Raises
    ------
    BadRequest
        When the table has no single change.

    Examples
    --------
    >>> heat = VariantMap(p.variants("scan"))    # doctest: +SKIP
    >>> heat.follow(view)                        # doctest: +SKIP
    """

    _esm = asset("variant-map.js")
    facts = traitlets.Dict().tag(sync=True)
    values = traitlets.Bytes().tag(sync=True)
    selection = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, table: VariantTable) -> None:
        residues, ddg = table.matrix()
        if not residues:
            raise BadRequest("The table has no single change to draw.", hint="Ask for a scan.")
        labels, doubtful = column_labels(table)
        shown = ddg[:, [AMINO_ACIDS.index(letter) for letter in ORDER]].astype("<f4")
        facts = {
            "residues": residues, "labels": labels, "doubtful": doubtful.tolist(), "types": ORDER,
            "limit": LIMIT,
        }  # fmt: skip
        self._title = f"VariantMap of {table.structure}: {len(residues)} residues"
        super().__init__(facts=facts, values=np.ascontiguousarray(shown).tobytes())

    @traitlets.validate("selection")
    def _known(self, proposal: Mapping[str, Any]) -> list[str]:
        """Keep the residues that have a column, in the order of the columns."""
        wanted = set(proposal["value"])
        return [name for name in self.facts["residues"] if name in wanted]

    def follow(self, view: StructureView) -> None:
        """Keep the selection of this map and of a view in step, both ways."""

        def to_view(change: Mapping[str, Sequence[str]]) -> None:
            if change["new"] != self._columns_of(view):
                view.selection = ", ".join(change["new"])

        def to_map(_change: object) -> None:
            self.selection = self._columns_of(view)

        self.observe(to_view, names="selection")
        view.observe(to_map, names="selection")
        to_map(None)

    def _columns_of(self, view: StructureView) -> list[str]:
        named = {str(ref) for ref in view.selection}
        return [name for name in self.facts["residues"] if name in named]

    def __repr__(self) -> str:
        return self._title


def linked(table: Any, **style: Any) -> VBox:
    """Return the map of a scan above a view of its structure, in one selection."""
    heat, view = VariantMap(table), table.view(**style)
    heat.follow(view)
    return VBox([heat, view])
