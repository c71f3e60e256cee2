"""Single panels, and all of them together: what a :class:`StructureView` shows in other layouts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.scene import Scene
from foldsight.scene.pae import shown_pae
from foldsight.scene.tracks import with_tracks
from foldsight.structure import Structure
from foldsight_widgets.structure_view import StructureView

Item = Prediction | Structure | Scene


class PaeView(StructureView):
    """Predicted aligned error as a map; a dragged rectangle selects two ranges of residues.

    Parameters
    ----------
    item : Prediction, Structure or Scene
    pae : array_like, shape=(R, R), optional
        Å, row = aligned on, column = scored; the prediction's own by default.
    **style
        Fields of :class:`foldsight.scene.Style`.

    Raises
    ------
    BadRequest
        When there is no PAE, or its size is not that of the structure.
    """

    def __init__(self, item: Item, pae: Any = None, **style: Any) -> None:
        scene = _with_pae(item if isinstance(item, Scene) else Scene.of(item), pae)
        if shown_pae(scene.structures[0]) is None:
            raise BadRequest(f"{scene.structures[0].id} has no PAE.", hint="Give it: PaeView(p, pae).")
        super().__init__(scene, **{"layout": "pae", **style})


class SequenceView(StructureView):
    """The sequence with its tracks, without a picture.

    Parameters
    ----------
    item : Prediction, Structure or Scene
    **style
        Fields of :class:`foldsight.scene.Style`.
    """

    def __init__(self, item: Item, **style: Any) -> None:
        scene = with_tracks(item if isinstance(item, Scene) else Scene.of(item))
        super().__init__(scene, **{"layout": "sequence", "height": 260, **style})


class Workbench(StructureView):
    """3D, sequence with tracks, PAE and details of one or several structures, in one selection.

    Parameters
    ----------
    *items : Prediction, Structure or Scene
    pae : array_like, shape=(R, R), optional
        For the first structure; the prediction's own by default.
    **style
        Fields of :class:`foldsight.scene.Style`.

    Raises
    ------
    BadRequest
        When the given PAE is of another size than the structure.
    """

    def __init__(self, *items: Item, pae: Any = None, **style: Any) -> None:
        scenes = [item for item in items if isinstance(item, Scene)]
        scene = scenes[0] if scenes else Scene.of(*[i for i in items if not isinstance(i, Scene)])
        super().__init__(
            with_tracks(_with_pae(scene, pae)), **{"layout": "workbench", "height": 760, **style}
        )


def _with_pae(scene: Scene, pae: Any) -> Scene:
    if pae is None:
        return scene
    matrix = np.asarray(pae, dtype=np.float32)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise BadRequest(f"A PAE is a square matrix, not one of shape {matrix.shape}.")
    first = replace(scene.structures[0], pae=matrix)
    shown_pae(first)
    return replace(scene, structures=(first, *scene.structures[1:]))
