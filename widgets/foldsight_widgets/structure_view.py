""":class:`StructureView`: structures in Mol* with their sequence, in step with Python."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import count
from typing import Any

import anywidget
import traitlets

from foldsight.errors import BadRequest, Failed
from foldsight.prediction import Prediction
from foldsight.residues import ResidueRef
from foldsight.scene import Coloring, Mark, Scene, by_column
from foldsight.scene.marks import ca_distance
from foldsight.scene.payload import MIME, saved_view
from foldsight.scene.scene import ref_from_dict
from foldsight.structure import Structure
from foldsight_widgets.answers import Answer
from foldsight_widgets.assets import asset, engine_gzip
from foldsight_widgets.noted import Noted
from foldsight_widgets.traits import (
    HoverTrait,
    SceneTrait,
    SelectionTrait,
    scene_from_json,
    scene_to_json,
    selection_from_json,
    selection_to_json,
)

#: Width and height in pixels of the still picture, for readers without a kernel; each view waits for it.
STILL = (640, 480)


class StructureView(Noted, anywidget.AnyWidget):
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
    frame : int
        Which frame of :meth:`animate` is on screen, from 0; in step with the page.
    hover : ResidueRef or None
        What the pointer is on. May be set, by text too; not kept, and not sent to other pages.

    Examples
    --------
    >>> view = StructureView(prediction)         # doctest: +SKIP
    >>> view.selection = "A:25-27"               # doctest: +SKIP
    >>> view.restyle(representation="surface")   # doctest: +SKIP
    >>> view.color(p.residues["sasa"])           # doctest: +SKIP
    >>> view.observe(lambda change: print(change["new"]), "hover")   # doctest: +SKIP
    """

    _esm = asset("structure-view.js")
    scene = SceneTrait(allow_none=False).tag(sync=True, to_json=scene_to_json, from_json=scene_from_json)
    selection = SelectionTrait().tag(sync=True, to_json=selection_to_json, from_json=selection_from_json)
    hover = HoverTrait()
    frame = traitlets.Int(0).tag(sync=True)

    def __init__(self, *items: Prediction | Structure | Scene, **style: Any) -> None:
        self._numbers = count(1)
        self._waiting: dict[str, Answer[Any]] = {}
        self._picture: bytes | None = None
        self._from_page = False
        super().__init__(scene=scene_of(items, style))
        self.on_msg(self._receive)
        self.observe(self._forget_missing, names="scene")
        self.observe(self._tell_hover, names="hover")

    def restyle(self, **style: Any) -> None:
        """Change how the view looks, by fields of :class:`foldsight.scene.Style`."""
        self.scene = self.scene.styled(**style)

    def color_by(self, coloring: Coloring, *, structure: str | None = None) -> None:
        """Add a colouring of your own and show it."""
        self.scene = self.scene.colored_by(coloring, structure=structure)

    def color(self, column: Any, *, structure: str | None = None, **scale: Any) -> None:
        """Colour by a column, such as ``p.residues["sasa"]`` or ``{"A:82": 1.4}``.

        ``scale`` is passed to :func:`foldsight.scene.by_column`: ``label``, ``title``, ``low``,
        ``high`` and ``center``; numbers on both sides of zero get two hues.
        """
        item = self.scene.structure(structure)
        self.color_by(by_column(item.structure, column, **scale), structure=item.id)

    def label(self, selection: str | Sequence[ResidueRef], text: str | None = None) -> None:
        """Write a label at the middle of residues; their names by default."""
        refs = self._refs(selection)
        words = text or (selection if isinstance(selection, str) else ", ".join(map(str, refs)))
        self.scene = self.scene.marked(Mark("label", tuple(refs), words))

    def measure(self, first: str | ResidueRef, second: str | ResidueRef) -> float:
        """Draw the distance of two residues (CA to CA) and return it in Å."""
        ends = [self._one(end) for end in (first, second)]
        distance = ca_distance(self.scene, *ends)
        self.scene = self.scene.marked(Mark("distance", tuple(ends), f"{distance:.1f} Å"))
        return distance

    def unmark(self) -> None:
        """Take labels and distances away."""
        self.scene = replace(self.scene, marks=())

    def animate(self, frames: Any, *, structure: str | None = None) -> None:
        """Show coordinates in turn: recycles, a trajectory, models of one molecule.

        ``frames`` as :func:`foldsight.scene.frames.checked_frames` takes them. The view gets a
        button that plays them; ``view.frame`` is the one on screen, from 0.
        """
        self.scene = self.scene.animated(frames, structure=structure)

    def clip(self, percent: int) -> None:
        """Cut into the picture from the front: 0 not at all, 99 nearly to its middle."""
        self.restyle(clip=percent)

    @traitlets.validate("frame")
    def _known_frame(self, proposal: Mapping[str, Any]) -> int:
        frame: int = proposal["value"]
        if not 0 <= frame < self.scene.frame_count:
            raise BadRequest(f"There is no frame {frame}.", hint=f"Use 0 to {self.scene.frame_count - 1}.")
        return frame

    def _refs(self, selection: str | Sequence[ResidueRef]) -> list[ResidueRef]:
        return self.scene.select(selection) if isinstance(selection, str) else self.scene.known(selection)

    def _one(self, residue: str | ResidueRef) -> ResidueRef:
        refs = self._refs(residue if isinstance(residue, str) else [residue])
        if len(refs) != 1:
            raise BadRequest(f"{residue} names {len(refs)} residues, and a distance has two ends of one.")
        return refs[0]

    def focus(self, selection: str | Sequence[ResidueRef] | None = None) -> Answer[None]:
        """Move the camera to residues: those given, else those selected."""
        refs = self.selection if selection is None else self._refs(selection)
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
        elif kind == "note":
            self.note(str(content.get("deed")), content.get("args") or {})
        elif kind == "hover":
            self._hovered(content.get("residue"))
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

    def _hovered(self, residue: Mapping[str, Any] | None) -> None:
        """The pointer moved in a page: take it over without telling the page."""
        shown = self.scene.still_shown([ref_from_dict(residue)]) if residue else []
        self._from_page = True
        try:
            self.hover = shown[0] if shown else None
        finally:
            self._from_page = False

    def _tell_hover(self, _change: object) -> None:
        if not self._from_page:
            self.send({"type": "hover", "residue": self.hover and self.hover.to_dict()})

    def _forget_missing(self, _change: object) -> None:
        self.selection = self.scene.still_shown(self.selection)
        self.frame = min(self.frame, self.scene.frame_count - 1)

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


def scene_of(items: Sequence[Prediction | Structure | Scene], style: Mapping[str, Any]) -> Scene:
    """Return the scene that a viewer's arguments ask for.

    Raises
    ------
    BadRequest
    """
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
        png: bytes = picture.render_png(scene, STILL)
    except BadRequest:
        # Nothing that a still picture can show (no protein chain); the live view may still show it.
        return None
    return png
