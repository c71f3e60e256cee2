""":class:`StructureView`: structures in Mol* with their sequence, in step with Python."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import count
from typing import Any

import anywidget

from foldsight.errors import BadRequest, Failed
from foldsight.prediction import Prediction
from foldsight.residues import ResidueRef
from foldsight.scene import Coloring, Scene
from foldsight.scene.payload import MIME, saved_view
from foldsight.structure import Structure
from foldsight_widgets.answers import Answer
from foldsight_widgets.assets import asset, engine_gzip
from foldsight_widgets.traits import (
    SceneTrait,
    SelectionTrait,
    scene_from_json,
    scene_to_json,
    selection_from_json,
    selection_to_json,
)


class StructureView(anywidget.AnyWidget):
    """An interactive view of one or several structures.

    Parameters
    ----------
    *items : Prediction, Structure or Scene
        What to show; a scene stands alone.
    **style
        Fields of :class:`foldsight.scene.Style`: ``representation``, ``coloring``,
        ``palette``, ``height``, ``strip``.

    Attributes
    ----------
    scene : Scene
        What is shown. Assign a scene, a prediction or a structure.
    selection : list of ResidueRef
        What is selected, in step with the picture and the sequence. May be set by text.

    Examples
    --------
    >>> view = StructureView(prediction)         # doctest: +SKIP
    >>> view.selection = "A:25-27"               # doctest: +SKIP
    >>> view.restyle(representation="surface")   # doctest: +SKIP
    """

    _esm = asset("structure-view.js")
    scene = SceneTrait(allow_none=False).tag(sync=True, to_json=scene_to_json, from_json=scene_from_json)
    selection = SelectionTrait().tag(sync=True, to_json=selection_to_json, from_json=selection_from_json)

    def __init__(self, *items: Prediction | Structure | Scene, **style: Any) -> None:
        self._numbers = count(1)
        self._waiting: dict[str, Answer[Any]] = {}
        self._picture: bytes | None = None
        super().__init__(scene=_scene(items, style))
        self.on_msg(self._receive)
        self.observe(self._forget_missing, names="scene")

    def restyle(self, **style: Any) -> None:
        """Change how the view looks, by fields of :class:`foldsight.scene.Style`."""
        self.scene = self.scene.styled(**style)

    def color_by(self, coloring: Coloring, *, structure: str | None = None) -> None:
        """Add a colouring of your own and show it."""
        self.scene = self.scene.colored_by(coloring, structure=structure)

    def focus(self, selection: str | Sequence[ResidueRef] | None = None) -> Answer[None]:
        """Move the camera to residues: those given, else those selected."""
        refs: Sequence[ResidueRef] = self.selection if selection is None else []
        if selection is not None:
            refs = self.scene.select(selection) if isinstance(selection, str) else self.scene.known(selection)
        if not refs:
            raise BadRequest("Nothing is selected to focus on.", hint="Name residues, such as A:25-27.")
        return self._ask("focus", residues=[ref.to_dict() for ref in refs])

    def reset(self) -> Answer[None]:
        """Put everything into the frame."""
        return self._ask("reset")

    def snapshot(self, width: int = 1600, height: int = 1200, *, transparent: bool = False) -> Answer[bytes]:
        """Ask the page for a PNG of the view; ``.result()`` in the next cell gives the bytes."""
        if not (16 <= width <= 8192 and 16 <= height <= 8192):
            raise BadRequest(f"No picture can be {width} x {height}.", hint="Use 16 to 8192 pixels.")
        return self._ask("snapshot", width=width, height=height, transparent=transparent)

    def state(self) -> Answer[dict[str, Any]]:
        """Ask the page what is on screen: representation, colours, selection; see :meth:`snapshot`."""
        return self._ask("state")

    @property
    def picture(self) -> bytes | None:
        """The latest PNG that a page sent back, or None when none has."""
        return self._picture

    def _ask(self, name: str, **args: Any) -> Answer[Any]:
        """Send a command to the page; the future holds the first view's answer."""
        number = str(next(self._numbers))
        future: Answer[Any] = Answer()
        self._waiting[number] = future
        self.send({"type": "command", "id": number, "name": name, "args": args})
        return future

    def _receive(self, _widget: object, content: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        kind = content.get("type")
        if kind == "engine":
            self.send({"type": "engine"}, buffers=[engine_gzip()])
        elif kind == "picture" and buffers:
            self._picture = bytes(buffers[0])
        elif kind == "reply":
            self._reply(content, buffers)

    def _reply(self, content: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        future = self._waiting.pop(str(content.get("id")), None)
        if future is None:
            return
        if content.get("error"):
            future.set_exception(Failed(str(content["error"])))
        else:
            future.set_result(bytes(buffers[0]) if buffers else content.get("value"))

    def _forget_missing(self, _change: object) -> None:
        self.selection = self.scene.still_shown(self.selection)

    def __repr__(self) -> str:
        residues = sum(len(item.rows) for item in self.scene.structures)
        names = ", ".join(item.id for item in self.scene.structures)
        return f"StructureView of {names}: {residues} residues, {self.scene.style.representation}"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live widget, the figure that outlives it, a picture and words."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        data["text/plain"] = repr(self)
        saved = saved_view(self.scene, self.selection)
        if saved is not None:
            data[MIME] = saved
        picture = self._picture or _drawn(self.scene)
        if picture is not None:
            data["image/png"] = base64.b64encode(picture).decode("ascii")
        return data, metadata


def _scene(items: Sequence[Prediction | Structure | Scene], style: Mapping[str, Any]) -> Scene:
    scenes = [item for item in items if isinstance(item, Scene)]
    if not scenes:
        return Scene.of(*[item for item in items if not isinstance(item, Scene)], **style)
    if len(items) > 1:
        raise BadRequest("A scene is shown alone.", hint="Build one scene of all: Scene.of(a, b).")
    return scenes[0].styled(**style)


def _drawn(scene: Scene) -> bytes | None:
    """Return a picture drawn by the kernel, where that part is installed."""
    try:
        picture = import_module("foldsight.export.picture")
    except ModuleNotFoundError:
        return None
    try:
        png: bytes = picture.render_png(scene, (900, 675))
    except BadRequest:
        # Nothing that a still picture can show (no protein chain); the live view may still show it.
        return None
    return png
