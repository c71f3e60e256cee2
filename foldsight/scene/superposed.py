"""Two structures on each other, as an alignment puts them."""

from __future__ import annotations

import numpy as np

from foldsight.analysis.alignment import Alignment, ComplexAlignment
from foldsight.scene.coloring import by_category, by_value
from foldsight.scene.palettes import CHAINS, STANDARD
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
    ids = [item.id for item in scene.structures]
    colors = dict(zip(ids, CHAINS[STANDARD], strict=False))
    for item in scene.structures:
        words = [item.id] * len(item.structure.residues)
        scene = scene.colored_by(
            by_category(words, id=STRUCTURE, label="Structure", colors=colors), structure=item.id
        )
    if isinstance(alignment, Alignment):
        sides = zip(scene.structures, (alignment.reference.rows, alignment.mobile.rows), (0, 1), strict=True)
        for item, rows, side in sides:
            values = _distances(item, rows[alignment.pairs[:, side]], alignment.distances)
            coloring = by_value(
                values, id=DISTANCE, label="Distance", title="CA-CA distance, Å", low=0.0, high=FAR
            )
            scene = scene.colored_by(coloring, structure=item.id)
    return scene.styled(coloring=STRUCTURE)


def _distances(item: SceneStructure, rows: Ints, distances: Doubles) -> list[float]:
    values = np.full(len(item.structure.residues), np.nan)
    values[rows] = distances
    return list(values)
