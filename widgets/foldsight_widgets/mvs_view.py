""":class:`MolViewSpecView`: a MolViewSpec scene as it is, drawn by Mol*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from foldsight.errors import BadRequest
from foldsight.scene.mvs_file import MvsScene
from foldsight_widgets.assets import asset, engine_gzip


class MolViewSpecView(anywidget.AnyWidget):
    """A scene that was made elsewhere, with its own colours, labels and camera.

    Parameters
    ----------
    scene : MvsScene
    height : int, optional
        CSS pixels, 160 to 4000.

    Examples
    --------
    >>> fs.view("figure.mvsj")                   # doctest: +SKIP
    """

    _esm = asset("mvs-view.js")
    scene = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(520).tag(sync=True)

    def __init__(self, scene: MvsScene, *, height: int = 520) -> None:
        if not 160 <= height <= 4000:
            raise BadRequest(f"A view cannot be {height} pixels high.", hint="Use 160 to 4000.")
        self._about = f"MolViewSpec scene {scene.name}"
        super().__init__(
            scene={"name": scene.name, "tree": scene.tree, "files": dict(scene.files)}, height=height
        )
        self.on_msg(self._receive)

    def _receive(self, _widget: object, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        if content.get("type") == "engine":
            self.send({"type": "engine"}, buffers=[engine_gzip()])

    def __repr__(self) -> str:
        return self._about

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, "text/plain": repr(self)}, metadata
