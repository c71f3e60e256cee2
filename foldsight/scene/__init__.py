"""Scenes: what a view of structures shows, told once for widget, picture, page and other viewers.

``palettes``
    Every colour FoldSight uses for structures.
``coloring``
    Ways to give each residue a class and a colour (confidence, chain, ...).
``hydrophobicity``, ``columns``
    Colourings by residue type and by any column of the residue table.
``marks``
    Labels and distances.
``frames``
    Coordinates that are shown in turn.
``tracks``, ``pae``
    What the sequence and the PAE panels show beside.
``scene``
    :class:`Scene`, built from predictions and structures.
``payload``
    A scene as the widget and a saved figure carry it.
``mvs``, ``mvs_file``
    A scene as MolViewSpec, and such scenes of others.
"""

from __future__ import annotations

from foldsight.scene.coloring import Coloring, by_category, by_value
from foldsight.scene.columns import by_column
from foldsight.scene.marks import Mark
from foldsight.scene.scene import PlacedResidue, Scene, SceneStructure, Style

__all__ = [
    "Coloring",
    "Mark",
    "PlacedResidue",
    "Scene",
    "SceneStructure",
    "Style",
    "by_category",
    "by_column",
    "by_value",
]
