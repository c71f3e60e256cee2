"""Results that know what they are about: a table, and a view of the structure coloured by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight import outlets
from foldsight.analysis.interfaces import Interfaces
from foldsight.analysis.pockets import Pockets
from foldsight.analysis.variants import VariantTable
from foldsight.api.tables import interfaces_html, pockets_html
from foldsight.prediction import Prediction
from foldsight.residues import ResidueRef
from foldsight.scene import Coloring, Scene, by_value, palettes
from foldsight.structure import Structure

if TYPE_CHECKING:
    import pandas as pd

#: Pockets that get a colour of their own; a structure can have dozens.
COLORED = 8
#: kcal/mol at which the colours of ddG saturate.
WORST = 4.0


class Displayed:
    """Shows itself in a notebook: words or a table (``_repr_html_``), and below them the view."""

    def _ipython_display_(self) -> None:
        from IPython import display

        result: Any = self
        show: Any = display.display
        show({"text/html": result._repr_html_(), "text/plain": str(self)}, raw=True)
        show(result.view())


class Shown(Displayed):
    """What results about one structure share: a scene, a view and a figure."""

    subject: Structure | Prediction

    @property
    def coloring(self) -> Coloring:
        """The colouring that shows the result."""
        raise NotImplementedError

    @property
    def highlighted(self) -> list[ResidueRef]:
        """The residues that are selected in the view."""
        return []

    @cached_property
    def scene(self) -> Scene:
        """The structure, coloured by the result."""
        return Scene.of(self.subject).colored_by(self.coloring)

    def view(self, **style: Any) -> Any:
        """Return an interactive view; ``style`` as :class:`foldsight.scene.Style`."""
        found = outlets.view(self.scene.styled(**style))
        found.selection = self.scene.still_shown(self.highlighted)
        return found

    def figure(self, path: str | Path, **options: Any) -> Path:
        """Draw the scene into a ``.png`` or ``.svg`` file, or write an ``.html`` page."""
        return outlets.save(self.scene, path, **{"coloring": self.coloring.id, **options})


@dataclass(frozen=True, eq=False, repr=False)
class ShownPockets(Shown, Pockets):
    """Pockets of ``subject``; in the view each of the first eight has its colour."""

    subject: Structure | Prediction = None  # type: ignore[assignment]

    @property
    def coloring(self) -> Coloring:
        """By pocket, the first that a residue lines."""
        sets = [(f"pocket {pocket.rank}", pocket.residues) for pocket in self.pockets[:COLORED]]
        return _by_set(self.subject, sets, id="pocket", label="Pocket")

    def view(self, **style: Any) -> Any:
        """Return an interactive view of the surface, pockets coloured."""
        return super().view(**{"representation": "surface", **style})

    def _repr_html_(self) -> str:
        return pockets_html(self)


@dataclass(frozen=True, eq=False, repr=False)
class ShownInterfaces(Shown, Interfaces):
    """Interfaces of ``subject``; in the view each side of each has its colour."""

    subject: Structure | Prediction = None  # type: ignore[assignment]

    @property
    def coloring(self) -> Coloring:
        """By interface and side, the largest that a residue is in."""
        sets: list[tuple[str, Iterable[ResidueRef]]] = []
        for item in self.interfaces:
            sets.append((f"{item.first} at {item.second}", item.residues_first))
            sets.append((f"{item.second} at {item.first}", item.residues_second))
        return _by_set(self.subject, sets, id="interface", label="Interface")

    def _repr_html_(self) -> str:
        return interfaces_html(self)


@dataclass(frozen=True, eq=False, repr=False)
class ShownVariants(Shown, VariantTable):
    """Variants of ``subject``; in the view each changed residue has the colour of its largest ddG."""

    subject: Structure | Prediction = None  # type: ignore[assignment]

    @property
    def table(self) -> pd.DataFrame:
        """One row per variant; the same as ``frame``."""
        return self.frame

    @property
    def coloring(self) -> Coloring:
        """By the largest ddG of each residue, 0 to 4 kcal/mol."""
        most = self._most()
        values = [most.get(str(ref), np.nan) for ref in _structure(self.subject).refs]
        title = "Largest ddG of a variant there, kcal/mol (> 0 destabilises)"
        return by_value(values, id="ddg", label="ddG", title=title, low=0.0, high=WORST)

    def map(self, **style: Any) -> Any:
        """Return the heat map of a scan above the view, in one selection: a column is a residue."""
        return outlets.viewer_named("variants")(self, **style)

    @property
    def highlighted(self) -> list[ResidueRef]:
        """The changed residues, unless the whole chain was scanned."""
        names = self._most()
        found = [ref for ref in _structure(self.subject).refs if str(ref) in names]
        return found if len(found) <= COLORED * 4 else []

    def _most(self) -> dict[str, float]:
        """Return the largest ddG of any variant that changes a residue, by residue."""
        found: dict[str, float] = {}
        for row in self.rows:
            for change in row.variant.split("+"):
                chain, _, what = change.rpartition(":")
                ref = f"{chain}:{what[1:-1]}"
                found[ref] = np.fmax(found.get(ref, np.nan), row.ddg_kcal_mol)
        return found


def _structure(item: Structure | Prediction) -> Structure:
    return item.structure if isinstance(item, Prediction) else item


def _by_set(
    item: Structure | Prediction, sets: Iterable[tuple[str, Iterable[ResidueRef]]], *, id: str, label: str
) -> Coloring:
    """Colour residues by the first set that holds them."""
    given = list(sets)
    place: dict[str, int] = {}
    for i, (_, refs) in enumerate(given):
        for ref in refs:
            place.setdefault(str(ref), i)
    classes = np.array([place.get(str(ref), -1) for ref in _structure(item).refs], dtype=np.int32)
    names = tuple(name for name, _ in given)
    return Coloring(id, label, label, names, palettes.cycled(palettes.CHAINS, len(names)), classes)
