"""Ways to colour residues: each gives every residue a class, and each class a colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from foldsight.confidence import BANDS, Confidence
from foldsight.errors import BadRequest
from foldsight.scene import palettes
from foldsight.structure import Structure
from foldsight.typing import Floats, Ints

CONFIDENCE, CHAIN, SECONDARY = "confidence", "chain", "secondary"

_TITLES = {
    "plddt": "pLDDT (predicted lDDT, 0–100)",
    "template_support": "Template support (estimated lDDT × 100; not pLDDT)",
}
_BAND_PALETTES = {"plddt": palettes.PLDDT, "template_support": palettes.TEMPLATE_SUPPORT}


@dataclass(frozen=True, eq=False)
class Coloring:
    """One way to colour the residues of a structure.

    Parameters
    ----------
    id : str
        Short name, unique within a scene: ``confidence``, ``chain``, ``secondary`` or your own.
    label : str
        Name in menus.
    title : str
        Title of the legend; says what the numbers are.
    entries : tuple of str
        Name of each class, in the order of the palettes.
    palettes : mapping of str to tuple of str
        Colours of the classes, by palette name; the first palette is the default.
    classes : ndarray, shape=(R,), dtype=int32, optional
        Class of each residue of the structure, -1 where it has none. ``None`` when the
        viewer works the classes out (secondary structure).
    values : ndarray, shape=(R,), dtype=float32, optional
        The number behind each class, shown when pointing at a residue.
    limits : tuple of float, optional
        Where the first class begins and the last ends, when the classes are equal steps of a
        ramp; viewers then draw one bar for a legend.
    """

    id: str
    label: str
    title: str
    entries: tuple[str, ...]
    palettes: Mapping[str, tuple[str, ...]]
    classes: Ints | None = None
    values: Floats | None = None
    limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        short = [name for name, colors in self.palettes.items() if len(colors) < len(self.entries)]
        if short or not self.palettes:
            raise BadRequest(f"The colouring {self.id!r} has fewer colours than classes.")
        if self.classes is not None and self.classes.size and self.classes.max() >= len(self.entries):
            raise BadRequest(f"The colouring {self.id!r} uses a class that it does not name.")

    def colors(self, palette: str | None = None) -> tuple[str, ...]:
        """Return the colours of a palette, or of the default one when it has none of that name."""
        default = next(iter(self.palettes.values()))
        return self.palettes.get(palette, default) if palette else default

    def residue_colors(self, palette: str | None = None) -> list[str]:
        """Return one ``#RRGGBB`` per residue; refused where only the viewer knows the classes."""
        if self.classes is None:
            raise BadRequest(f"The classes of {self.label!r} are worked out by the viewer.")
        colors = self.colors(palette)
        return [colors[int(c)] if c >= 0 else palettes.NONE for c in self.classes]


def band_classes(values: Floats) -> Ints:
    """Return the band of each 0-100 value, 0 for the highest, -1 for NaN; shape (R,).

    An edge belongs to the band above it: 90 is very high, 70 confident, 50 low.

    >>> band_classes(np.array([90, 89.99, 70, 50, 49.99, np.nan], dtype=np.float32)).tolist()
    [0, 1, 1, 2, 3, -1]
    """
    classes = np.full(len(values), -1, dtype=np.int32)
    for index, (edge, _) in reversed(list(enumerate(BANDS))):
        classes[values >= edge] = index
    return classes


def _band_entries() -> tuple[str, ...]:
    edges = [edge for edge, _ in BANDS]
    tops = [100.0, *edges[:-1]]
    return tuple(
        f"{word[0].upper()}{word[1:]} ({f'≥ {low:g}' if low else f'< {high:g}'})"
        if i in (0, len(BANDS) - 1)
        else f"{word[0].upper()}{word[1:]} ({low:g}–{high:g})"
        for i, ((low, word), high) in enumerate(zip(BANDS, tops, strict=True))
    )


def by_confidence(confidence: Confidence) -> Coloring:
    """Colour by confidence: bands for pLDDT and template support, a ramp for B-factors."""
    if confidence.kind == "b_factor":
        return by_value(confidence.values, id=CONFIDENCE, label="B-factor", title=confidence.label)
    return Coloring(
        id=CONFIDENCE,
        label="pLDDT" if confidence.kind == "plddt" else "Template support",
        title=_TITLES[confidence.kind],
        entries=_band_entries(),
        palettes=_BAND_PALETTES[confidence.kind],
        classes=band_classes(confidence.values),
        values=confidence.values,
    )


def by_chain(structure: Structure) -> Coloring:
    """Colour by author chain."""
    names = structure.auth_chains
    index = {name: i for i, name in enumerate(names)}
    per_chain = np.array([index[chain.auth] for chain in structure.chains], dtype=np.int32)
    return Coloring(
        id=CHAIN,
        label="Chain",
        title="Chain",
        entries=names,
        palettes=palettes.cycled(palettes.CHAINS, len(names)),
        classes=per_chain[structure.residues.chain],
    )


def by_secondary() -> Coloring:
    """Colour by secondary structure, as the viewer assigns it (DSSP where the file has none)."""
    return Coloring(
        id=SECONDARY,
        label="Secondary structure",
        title="Secondary structure",
        entries=("Helix", "Strand", "Coil"),
        palettes=palettes.SECONDARY,
    )


def by_value(
    values: Floats | Sequence[float],
    *,
    id: str,
    label: str,
    title: str | None = None,
    low: float | None = None,
    high: float | None = None,
    center: float | None = None,
    palette: Mapping[str, tuple[str, ...]] | None = None,
) -> Coloring:
    """Colour by a number per residue, from low to high.

    Parameters
    ----------
    values : array_like, shape=(R,)
        NaN where a residue has no value.
    low, high : float, optional
        Ends of the ramp; the 2nd and 98th percentile when not given, so that one outlier
        does not flatten the rest.
    center : float, optional
        The value in the middle of a scale of two hues; the ends lie equally far from it.
    palette : mapping of str to tuple of str, optional
        Colours in equal steps, by palette name.
    """
    column = np.asarray(values, dtype=np.float32)
    bottom, top = _ends(column, low, high, center)
    colors = palette or (palettes.RAMP if center is None else palettes.DIVERGING)
    steps = len(next(iter(colors.values())))
    edges = np.linspace(bottom, top, steps + 1)
    finite = np.where(np.isfinite(column), column, bottom)
    classes = np.clip(np.searchsorted(edges, finite, side="right") - 1, 0, steps - 1).astype(np.int32)
    classes[~np.isfinite(column)] = -1
    entries = tuple(f"{a:.3g} to {b:.3g}" for a, b in pairwise(edges))
    return Coloring(id, label, title or label, entries, colors, classes, column, (bottom, top))


def _ends(column: Floats, low: float | None, high: float | None, center: float | None) -> tuple[float, float]:
    known = column[np.isfinite(column)]
    ends = np.percentile(known, [2, 98]) if known.size else np.array([0.0, 1.0])
    bottom = float(ends[0]) if low is None else low
    top = float(ends[1]) if high is None else high
    if center is not None:
        reach = max(abs(bottom - center), abs(top - center))
        bottom, top = center - reach, center + reach
    return (bottom, top) if top > bottom else (bottom - 0.5, bottom + 0.5)


def by_category(
    categories: Sequence[str | None],
    *,
    id: str,
    label: str,
    title: str | None = None,
    colors: Mapping[str, str] | None = None,
) -> Coloring:
    """Colour by a word per residue, ``None`` for no word; ``colors`` may set the colour of each word."""
    names = tuple(dict.fromkeys(word for word in categories if word is not None))
    index = {name: i for i, name in enumerate(names)}
    palette = palettes.cycled(palettes.CHAINS, len(names))
    if colors is not None:
        missing = [name for name in names if name not in colors]
        if missing:
            raise BadRequest(f"No colour is given for {missing[0]!r}.")
        palette = {palettes.STANDARD: tuple(colors[name] for name in names)}
    classes = np.array([-1 if word is None else index[word] for word in categories], dtype=np.int32)
    return Coloring(id, label, title or label, names, palette, classes)
