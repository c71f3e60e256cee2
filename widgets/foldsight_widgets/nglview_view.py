"""The viewer ``nglview``: a scene in NGL, with the colours that Mol* would give it."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from jupyter_core.paths import jupyter_path

from foldsight.errors import BadRequest
from foldsight.io.pdb_writer import pdb_text
from foldsight.prediction import Prediction
from foldsight.scene import Coloring, Scene
from foldsight.scene.palettes import NONE
from foldsight.scene.scene import SceneStructure
from foldsight.structure import Structure
from foldsight_widgets.structure_view import scene_of

_REPRESENTATIONS = {
    "cartoon": "cartoon",
    "tube": "tube",
    "ball-and-stick": "ball+stick",
    "surface": "surface",
}
_schemes = count(1)


def show(*items: Prediction | Structure | Scene, **style: Any) -> Any:
    """Return an ``nglview.NGLWidget`` of one or several structures.

    Parameters
    ----------
    *items : Prediction, Structure or Scene
    **style
        ``representation``, ``coloring``, ``palette`` and ``height`` of
        :class:`foldsight.scene.Style`. NGL has no putty, no panels and no labels of ours.

    Returns
    -------
    nglview.NGLWidget

    Raises
    ------
    BadRequest
        When nglview is not installed, or the scene asks for what NGL cannot show.

    Examples
    --------
    >>> fs.view(p, viewer="nglview")             # doctest: +SKIP
    """
    scene = scene_of(items, style)
    _check_chains(scene)
    kind = _representation(scene)
    colored = [list(selection_scheme(item, _coloring(scene, item), scene.style.palette))
               for item in scene.structures]  # fmt: skip
    ngl = _nglview()
    widget = ngl.NGLWidget(layout={"height": f"{scene.style.height}px"})
    widget._set_size("100%", f"{scene.style.height}px")
    for item, entries in zip(scene.structures, colored, strict=True):
        # Not ModelCIF: NGL reads it only with categories that predictions have no use for.
        structure = ngl.TextStructure(pdb_text(item.structure, item.confidence), ext="pdb")
        component = widget.add_component(structure, default_representation=False, name=item.id)
        name = f"foldsight_{next(_schemes)}"
        ngl.color.ColormakerRegistry.add_selection_scheme(name, entries)
        component.add_representation(kind, selection="polymer", color=name)
        component.add_representation("ball+stick", selection="hetero and not water")
    return widget


def _representation(scene: Scene) -> str:
    style = scene.style
    if style.representation not in _REPRESENTATIONS:
        raise BadRequest(
            f"nglview draws no {style.representation}.", hint=f"Use {', '.join(_REPRESENTATIONS)}."
        )
    if style.layout != "structure" or scene.marks:
        what = "labels" if scene.marks else f"layout {style.layout}"
        raise BadRequest(f"nglview has no {what} of ours.", hint="Leave out viewer='nglview' for all panels.")
    return _REPRESENTATIONS[style.representation]


def _check_chains(scene: Scene) -> None:
    """Refuse chain ids that PDB text, which NGL is given, would change."""
    for item in scene.structures:
        long = [auth for auth in item.structure.auth_chains if len(auth) != 1]
        if long:
            raise BadRequest(
                f"nglview is given PDB text, which cannot hold chain {long[0]!r} of {item.id}.",
                hint="Leave out viewer='nglview'.",
            )


def _coloring(scene: Scene, item: SceneStructure) -> Coloring:
    """Return the scene's colouring, or the first of a structure that has no such one."""
    found = [c for c in item.colorings if c.id == scene.style.coloring] or list(item.colorings[:1])
    if found[0].classes is None:
        raise BadRequest(
            f"The classes of {found[0].label!r} are worked out by the viewer.",
            hint="With nglview, colour by confidence, chain or a column.",
        )
    return found[0]


def selection_scheme(item: SceneStructure, coloring: Coloring, palette: str) -> Iterator[list[str]]:
    """Yield ``[colour, selection]`` in NGL's language, by author chain and number; the rest last."""
    colors = np.array(coloring.residue_colors(palette))
    for color in dict.fromkeys(colors[item.rows].tolist()):
        if color != NONE:
            yield [color, " or ".join(_runs(item, item.rows[colors[item.rows] == color].tolist()))]
    yield [NONE, "*"]


def _runs(item: SceneStructure, rows: list[int]) -> Iterator[str]:
    """Yield selections such as ``25-31:A`` of consecutive rows; ``25^B:A`` with an insertion code."""
    refs = item.structure.refs
    first = 0
    for last in range(len(rows)):
        here, after = refs[rows[last]], refs[rows[last + 1]] if last + 1 < len(rows) else None
        joined = (
            after is not None
            and not here.ins_code
            and not after.ins_code
            and (after.chain, after.auth_seq) == (here.chain, here.auth_seq + 1)
        )
        if joined:
            continue
        start = refs[rows[first]]
        if here.ins_code:
            yield f"{here.auth_seq}^{here.ins_code}:{here.chain}"
        else:
            yield f"{start.auth_seq}-{here.auth_seq}:{here.chain}"
        first = last + 1


def _nglview() -> Any:
    """Import nglview; what it warns of while it loads is not our users' concern."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _agree_on_version()
            return importlib.import_module("nglview")
    except ModuleNotFoundError as fault:
        raise BadRequest(
            f"The viewer nglview is not installed ({fault.name} is missing).",
            hint='Install it with: pip install "foldsight[viewers]"',
        ) from None


def _agree_on_version() -> None:
    """Let nglview ask for the front end that it came with.

    Its wheels hold a front end of another version than the one that their Python part asks
    JupyterLab for (nglview issues 1172 and 1181), and nothing is shown. The part that names the
    version is imported before the rest, which makes widgets as it is imported.
    """
    if "nglview" in sys.modules or importlib.util.find_spec("nglview") is None:
        return
    for folder in jupyter_path("labextensions", "nglview-js-widgets"):
        manifest = Path(folder) / "package.json"
        if manifest.is_file():
            named = ModuleType("nglview._frontend")
            named.__dict__["__frontend_version__"] = json.loads(manifest.read_text("utf-8"))["version"]
            sys.modules[named.__name__] = named
            return
