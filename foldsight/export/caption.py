"""Title and legend of a picture: what is written where, for pixels and vectors alike."""

from __future__ import annotations

from dataclasses import dataclass

from foldsight.export.shade import Theme
from foldsight.scene import palettes

#: More names than this are not listed in a legend.
_NAMES = 8
#: Width of a letter as a part of its size, on average, on the generous side.
_LETTER = 0.60


@dataclass(frozen=True)
class Words:
    """One line of text; ``x`` and base line ``y`` in pixels from the upper left corner."""

    x: float
    y: float
    text: str
    size: float
    color: str
    bold: bool = False


@dataclass(frozen=True)
class Swatch:
    """A filled square by its upper left corner, pixels."""

    x: float
    y: float
    side: float
    color: str


@dataclass(frozen=True)
class Caption:
    """What is written around a structure.

    Attributes
    ----------
    title, subtitle, legend_title : str
    legend : tuple of (str, str)
        Name and colour of each class.
    """

    title: str
    subtitle: str
    legend_title: str
    legend: tuple[tuple[str, str], ...]

    def layout(self, size: tuple[int, int], theme: Theme) -> list[Words | Swatch]:
        """Place everything on a picture of this size."""
        width, height = size
        unit = min(width / 1200, height / 900)
        left = 0.04 * width
        title = Words(left, 62 * unit, _short(self.title, 56), 26 * unit, theme.ink, bold=True)
        subtitle = Words(left, 98 * unit, _short(self.subtitle, 105), 17 * unit, theme.faint)
        legend_title = Words(left, height - 88 * unit, self.legend_title, 16 * unit, theme.ink)
        return [title, subtitle, legend_title, *self._legend(left, height - 46 * unit, unit, theme)]

    def _legend(self, x: float, y: float, unit: float, theme: Theme) -> list[Words | Swatch]:
        placed: list[Words | Swatch] = []
        side = 16 * unit
        for name, color in self._listed():
            placed.append(Swatch(x, y - 13.5 * unit, side, color))
            placed.append(Words(x + 1.5 * side, y, name, 15 * unit, theme.ink))
            x += 1.5 * side + _LETTER * 15 * unit * len(name) + 24 * unit
        return placed

    def _listed(self) -> list[tuple[str, str]]:
        if len(self.legend) <= _NAMES:
            return list(self.legend)
        return [*self.legend[:_NAMES], (f"and {len(self.legend) - _NAMES} more", palettes.NONE)]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
