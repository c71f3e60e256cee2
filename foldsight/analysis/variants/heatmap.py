"""The 20 x L picture of a scan: colour is ddG, red destabilises, blue stabilises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.analysis.variants.table import SIGN, VariantTable
from foldsight.errors import BadRequest
from foldsight.typing import Bools, Doubles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

#: Rows from top to bottom: by kind of side chain, as structural biologists sort them.
ORDER = "GAVLIMCFYWHKRDENQSTP"
#: Colours saturate here, kcal/mol.
LIMIT = 4.0
#: Residues side by side; longer scans go on in the next panel.
PANEL = 100


def heat_map(table: VariantTable) -> Figure:
    """Draw the single changes of a table.

    Parameters
    ----------
    table : VariantTable
        Usually of a scan.

    Returns
    -------
    matplotlib.figure.Figure
        Columns are residues, named by chain, wild type and author number; a chain, and
        every :data:`PANEL` residues of it, has a panel. Rows are the types in the order
        :data:`ORDER`. White is 0, a dot marks the wild type, grey what was not computed, a
        square above a column a warning (low confidence, near a gap, missing atoms).

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
    labels, doubtful = column_labels(table)
    panels = _panels(labels)
    widest = max(part.stop - part.start for part in panels)
    size = (max(5.0, 0.14 * widest + 2.0), 1.0 + 3.2 * len(panels))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axes, part in zip(grid, panels, strict=True):
        image = _panel(axes, shown[:, part], labels[part], doubtful[part])
        axes.set_xlim(-0.5, widest - 0.5)  # columns of one width
    context = next((row.context for row in table if row.context), "")
    words = ", ".join(word for word in (table.method, f"{context} context" if context else "") if word)
    figure.suptitle(f"{table.structure} ({words})", fontsize=9)
    bar = figure.colorbar(image, ax=list(grid), extend="both", pad=0.01, aspect=25, shrink=1 / len(panels))
    bar.set_label(SIGN, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure


def column_labels(table: VariantTable) -> tuple[list[str], Bools]:
    """Return the name of each residue as ``A:V82``, and whether it has a warning."""
    found: dict[str, bool] = {}
    for row in table:
        if row.auth_seq is not None:
            label = f"{row.chain}:{row.wild}{row.auth_seq}{row.ins_code}"
            found[label] = found.get(label, False) or bool(row.warnings)
    return list(found), np.array(list(found.values()), dtype=bool)


def _panels(labels: list[str]) -> list[slice]:
    """Split residues by chain, and long chains again."""
    chains = [label.split(":")[0] for label in labels]
    found, start = [], 0
    for i in range(1, len(labels) + 1):
        if i == len(labels) or chains[i] != chains[start] or i - start == PANEL:
            found.append(slice(start, i))
            start = i
    return found


def _panel(axes: Axes, shown: Doubles, labels: list[str], doubtful: Bools) -> AxesImage:
    from matplotlib import colormaps

    colours = colormaps["RdBu_r"].with_extremes(bad="#cccccc")
    image = axes.imshow(shown, cmap=colours, vmin=-LIMIT, vmax=LIMIT, aspect="auto", interpolation="nearest")
    rows = [ORDER.find(label.split(":")[1][0]) for label in labels]
    axes.plot(range(len(labels)), rows, ".", color="black", markersize=3)
    axes.plot(
        np.flatnonzero(doubtful), np.full(int(doubtful.sum()), -0.9), "s", color="#777777", markersize=3
    )
    axes.set_ylim(len(ORDER) - 0.5, -1.4)
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=6)
    axes.set_yticks(range(len(ORDER)), list(ORDER), fontsize=7)
    axes.set_ylabel("mutant", fontsize=8)
    return image
