"""The traits of a structure view: what it shows, what is selected, what the pointer is on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.residues import ResidueRef
from foldsight.scene import Scene
from foldsight.scene.payload import widget_payload
from foldsight.scene.scene import ref_from_dict
from foldsight.structure import Structure


class SceneTrait(traitlets.TraitType[Scene, Any]):
    """A :class:`Scene`; a prediction or structure becomes a scene of its own."""

    info_text = "a Scene, a Prediction or a Structure"

    def validate(self, obj: Any, value: Any) -> Scene:
        """Return ``value`` as a scene."""
        if isinstance(value, Scene):
            return value
        if isinstance(value, (Prediction, Structure)):
            return Scene.of(value)
        raise BadRequest(f"A view shows structures, not {type(value).__name__}.")


class SelectionTrait(traitlets.TraitType[list[ResidueRef], Any]):
    """Residues of the scene, in its order; may be set by text such as ``A:25-27``."""

    info_text = "residues, or text such as 'A:25-27'"

    def make_dynamic_default(self) -> list[ResidueRef]:
        """Return a list of its own for each view."""
        return []

    def validate(self, obj: Any, value: Any) -> list[ResidueRef]:
        """Return the scene's own references for what ``value`` names."""
        scene: Scene = obj.scene
        if value is None or value == "":
            return []
        if isinstance(value, ResidueRef):
            value = [value]
        return scene.ordered(scene.select(value) if isinstance(value, str) else scene.known(value))


class HoverTrait(traitlets.TraitType[ResidueRef | None, Any]):
    """One residue of the scene, or None; may be set by text such as ``A:25``."""

    info_text = "a residue, text such as 'A:25', or None"
    default_value = None
    allow_none = True

    def validate(self, obj: Any, value: Any) -> ResidueRef | None:
        """Return the scene's own reference."""
        scene: Scene = obj.scene
        refs = scene.select(value) if isinstance(value, str) else scene.known([value])
        return refs[0]


def scene_to_json(scene: Scene, _widget: object) -> dict[str, Any]:
    """Serialise the scene for the front end."""
    return widget_payload(scene)


def scene_from_json(_value: object, widget: Any) -> Scene:
    """Keep the kernel's scene: front ends show scenes and never write them."""
    scene: Scene = widget.scene
    return scene


def selection_to_json(selection: Sequence[ResidueRef], _widget: object) -> list[dict[str, Any]]:
    """Serialise the selection for the front end."""
    return [ref.to_dict() for ref in selection]


def selection_from_json(value: Sequence[Mapping[str, Any]], widget: Any) -> list[ResidueRef]:
    """Read a selection made in a front end; residues of an older scene are dropped."""
    scene: Scene = widget.scene
    return scene.still_shown(ref_from_dict(data) for data in value)
