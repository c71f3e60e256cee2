"""Pictures: the matrix of all pairs, its tree, and the distances along a superposition."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.errors import BadRequest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from foldsight.analysis.alignment.matrix import AlignmentMatrix
    from foldsight.analysis.alignment.result import Alignment

#: From this TM-score on two chains have the same fold (Xu & Zhang 2010).
SAME_FOLD = 0.5
#: Å at which the colours of a superposition saturate.
FAR = 8.0
_SUFFIXES = (".png", ".svg", ".pdf")
#: More names than this are not written along an axis.
_NAMED = 120
_INK, _SAME, _OTHER = "#222222", "#1b6ca8", "#9a9a9a"


def matrix_picture(matrix: AlignmentMatrix) -> Figure:
    """Draw the TM-scores of all pairs, similar structures side by side; grey: not aligned.

    Raises
    ------
    BadRequest
        When there is no structure.
    """
    from matplotlib.figure import Figure

    if not matrix.names:
        raise BadRequest("There is no structure to draw.", hint="All were refused; see the reasons.")

    order = _leaves(matrix)
    shown = matrix.tm[np.ix_(order, order)]
    side = float(np.clip(0.22 * len(order) + 2.6, 4.6, 16.0))
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.add_subplot()
    axes.set_facecolor("#d9d9d9")
    image = axes.imshow(shown, cmap="viridis", vmin=0.0, vmax=1.0, interpolation="nearest")
    _write_names(axes, [matrix.names[i] for i in order])
    if len(order) <= 12:
        _write_values(axes, shown)
    axes.set_title("TM-score, row on column, by the column's length", fontsize=9)
    figure.colorbar(image, ax=axes, label="TM-score", shrink=0.8)
    return figure


def tree_picture(matrix: AlignmentMatrix) -> Figure:
    """Draw the average-linkage tree; branches of the same fold (TM-score >= 0.5) in colour."""
    from matplotlib.figure import Figure
    from scipy.cluster.hierarchy import dendrogram

    count = len(matrix.names)
    figure = Figure(figsize=(7.0, float(np.clip(0.2 * count + 1.4, 2.6, 30.0))), layout="constrained")
    axes = figure.add_subplot()
    size = float(np.clip(560 / count, 3.0, 8.0))
    dendrogram(
        matrix.linkage, labels=list(matrix.names), orientation="left", ax=axes, leaf_font_size=size,
        color_threshold=1 - SAME_FOLD, above_threshold_color=_OTHER,
        link_color_func=lambda node: _SAME if matrix.linkage[node - count, 2] < 1 - SAME_FOLD else _OTHER,
    )  # fmt: skip
    axes.axvline(1 - SAME_FOLD, color=_INK, linewidth=0.6, linestyle=":")
    axes.set_xlim(1.0, 0.0)
    axes.set_xticks(np.arange(0, 1.01, 0.2), [f"{1 - x:.1f}" for x in np.arange(0, 1.01, 0.2)])
    axes.set_xlabel("TM-score by the longer chain, mean of the two branches", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    for edge in ("top", "right", "left"):
        axes.spines[edge].set_visible(False)
    return figure


def distance_picture(alignment: Alignment) -> Figure:
    """Draw the CA-CA distance along the reference; grey where nothing is aligned."""
    from matplotlib.figure import Figure

    length = len(alignment.reference)
    values = np.full(length, np.nan)
    values[alignment.pairs[:, 0]] = alignment.distances
    figure = Figure(figsize=(float(np.clip(0.03 * length + 3.0, 5.0, 14.0)), 2.6), layout="constrained")
    line, strip = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    line.plot(np.arange(1, length + 1), values, color=_SAME, linewidth=1.0)
    line.set_ylabel("CA-CA distance, Å", fontsize=8)
    line.set_ylim(bottom=0)
    line.set_title(str(alignment), fontsize=8)
    strip.set_facecolor("#d9d9d9")
    image = strip.imshow(
        values[None], cmap="cividis_r", vmin=0, vmax=FAR, aspect="auto", interpolation="nearest",
        extent=(0.5, length + 0.5, 0, 1),
    )  # fmt: skip
    strip.set_yticks([])
    strip.set_xlabel(f"residue of {alignment.reference.name}, counted from 1", fontsize=8)
    bar = figure.colorbar(image, ax=[line, strip], label="Å", extend="max", pad=0.01)
    for axes in (line, strip, bar.ax):
        axes.tick_params(labelsize=7)
    return figure


def save(figure: Figure, path: str | Path) -> Path:
    """Write a picture; its suffix says what kind.

    Raises
    ------
    BadRequest
        On another suffix than ``.png``, ``.svg`` and ``.pdf``.
    """
    target = Path(path)
    if target.suffix.lower() not in _SUFFIXES:
        raise BadRequest(
            f"{str(path)!r} has no suffix of a picture.", hint=f"Use one of {', '.join(_SUFFIXES)}."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=200)
    return target


def _leaves(matrix: AlignmentMatrix) -> list[int]:
    from scipy.cluster.hierarchy import leaves_list

    if len(matrix.names) < 2:
        return list(range(len(matrix.names)))
    return [int(i) for i in leaves_list(matrix.linkage)]


def _write_names(axes: Any, names: list[str]) -> None:
    if len(names) > _NAMED:
        axes.set_xticks([])
        axes.set_yticks([])
        return
    size = float(np.clip(560 / max(len(names), 1), 3.5, 8.0))
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)


def _write_values(axes: Any, values: Any) -> None:
    for (i, j), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink = "white" if value < 0.6 else "black"
            axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=6, color=ink)
