"""The 20 x L picture of a scan: colour is ddG, red destabilises, blue stabilises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.analysis.variants.table import SIGN, VariantTable
from foldsight.errors import BadRequest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Rows from top to bottom: by kind of side chain, as structural biologists sort them.
ORDER = "GAVLIMCFYWHKRDENQSTP"
#: Colours saturate here, kcal/mol.
LIMIT = 4.0


def heat_map(table: VariantTable) -> Figure:
    """Draw the single changes of a table.

    Parameters
    ----------
    table : VariantTable
        Usually of a scan.

    Returns
    -------
    matplotlib.figure.Figure
        Columns are residues, rows the types in the order :data:`ORDER`; a dot marks the
        wild type, hatching what was not computed. White is 0.

    Raises
    ------
    BadRequest
        When the table has no single change.
    """
    from matplotlib.figure import Figure

    names, ddg = table.matrix()
    if not names:
        raise BadRequest("The table has no single change to draw.", hint="Ask for a scan.")
    shown = ddg[:, [AMINO_ACIDS.index(letter) for letter in ORDER]].T
    figure = Figure(figsize=(max(5.0, 0.14 * len(names) + 2.0), 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_facecolor("#eeeeee")
    axes.patch.set_hatch("////")
    axes.patch.set_edgecolor("#bbbbbb")
    image = axes.imshow(shown, cmap="RdBu_r", vmin=-LIMIT, vmax=LIMIT, aspect="auto", interpolation="nearest")
    rows, columns = np.nonzero(shown == 0)
    axes.plot(columns, rows, ".", color="black", markersize=3)
    step = max(1, len(names) // 40)
    axes.set_xticks(range(0, len(names), step), names[::step], rotation=90, fontsize=7)
    axes.set_yticks(range(len(ORDER)), list(ORDER), fontsize=7)
    axes.set_title(f"{table.structure} ({table.method})", fontsize=9)
    figure.colorbar(image, ax=axes, label=SIGN, extend="both", pad=0.01)
    return figure
