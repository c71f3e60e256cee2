"""Structures on each other, as alignments put them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from foldsight.analysis.alignment import Alignment, ComplexAlignment, align_complexes
from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.scene.coloring import by_category, by_value
from foldsight.scene.palettes import CHAINS, STANDARD, cycled
from foldsight.scene.scene import Scene, SceneStructure
from foldsight.structure import Structure
from foldsight.typing import Doubles, Ints

#: Ids of the two colourings: which structure it is, and how far apart aligned residues are.
STRUCTURE, DISTANCE = "structure", "distance"
#: Å at which the distance's colours saturate.
FAR = 8.0


def superposed(alignment: Alignment | ComplexAlignment, mobile: Structure, reference: Structure) -> Scene:
    """Return a scene with the reference and the moved mobile structure.

    Parameters
    ----------
    alignment : Alignment or ComplexAlignment
    mobile, reference : Structure
        The structures that were aligned, where they were read.

    Returns
    -------
    Scene
        Coloured by structure; of a pair of chains also by ``distance`` (CA-CA, Å, 0 to 8), where
        residues without a partner are grey.
    """
    both = reference, alignment.apply(mobile)
    scene = Scene.of(*both, title=f"{mobile.name} on {reference.name}")
    scene = _by_structure(scene)
    if isinstance(alignment, Alignment):
        sides = zip(scene.structures, (alignment.reference.rows, alignment.mobile.rows), (0, 1), strict=True)
        for item, rows, side in sides:
            values = _distances(item, rows[alignment.pairs[:, side]], alignment.distances)
            coloring = by_value(
                values, id=DISTANCE, label="Distance", title="CA-CA distance, Å", low=0.0, high=FAR
            )
            scene = scene.colored_by(coloring, structure=item.id)
    return scene.styled(coloring=STRUCTURE)


def together(items: Sequence[Prediction | Structure], title: str | None = None) -> Scene:
    """Return a scene of structures, each superposed on the first, coloured by structure.

    Raises
    ------
    BadRequest
        When one cannot be superposed: it has no protein chain that resembles one of the first.
    """
    if not items:
        raise BadRequest("A scene needs at least one structure.")
    first = _structure(items[0])
    moved = [items[0], *(_moved(item, first) for item in items[1:])]
    scene = Scene.of(*moved, title=title)
    return _by_structure(scene) if len(items) > 1 else scene


def _structure(item: Prediction | Structure) -> Structure:
    return item.structure if isinstance(item, Prediction) else item


def _moved(item: Prediction | Structure, reference: Structure) -> Prediction | Structure:
    structure = _structure(item)
    placed = align_complexes(structure, reference).apply(structure)
    return replace(item, structure=placed) if isinstance(item, Prediction) else placed


def _by_structure(scene: Scene) -> Scene:
    ids = [item.id for item in scene.structures]
    palette = cycled(CHAINS, len(ids))[STANDARD]
    for item in scene.structures:
        words = [item.id] * len(item.structure.residues)
        colors = {item.id: palette[ids.index(item.id)]}
        coloring = by_category(words, id=STRUCTURE, label="Structure", colors=colors)
        scene = scene.colored_by(coloring, structure=item.id)
    return scene.styled(coloring=STRUCTURE)


def _distances(item: SceneStructure, rows: Ints, distances: Doubles) -> list[float]:
    values = np.full(len(item.structure.residues), np.nan)
    values[rows] = distances
    return list(values)
