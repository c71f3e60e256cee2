"""A scene as MolViewSpec, so that any viewer of that format shows the same figure.

A MolViewSpec tree names its data by URL; :func:`to_mvsx` packs tree and data into one file.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from foldsight.errors import BadRequest
from foldsight.scene import palettes
from foldsight.scene.cif import scene_cif
from foldsight.scene.coloring import SECONDARY, Coloring
from foldsight.scene.scene import Scene, SceneStructure

#: MolViewSpec has no tube of one width; a putty is the nearest to it.
_REPRESENTATIONS = {
    "cartoon": "cartoon",
    "tube": "putty",
    "putty": "putty",
    "ball-and-stick": "ball_and_stick",
    "surface": "surface",
}
_OTHERS = ("ligand", "branched", "ion")


def to_molviewspec(scene: Scene) -> Any:
    """Return the scene as a ``molviewspec.State``; data are ``structure-<n>.cif`` beside it.

    Raises
    ------
    BadRequest
        When the colouring is one that only a viewer can work out.
    """
    mvs = _molviewspec()
    builder = mvs.create_builder()
    for number, item in enumerate(scene.structures, start=1):
        structure = builder.download(url=data_name(number)).parse(format="mmcif").model_structure()
        drawn = structure.component(selector="polymer").representation(
            type=_REPRESENTATIONS[scene.style.representation]
        )
        _color(drawn, scene, item, mvs)
        for kind in _OTHERS:
            structure.component(selector=kind).representation(type="ball_and_stick")
    return builder.get_state(title=scene.title or None)


def to_mvsx(scene: Scene) -> bytes:
    """Return the scene as MVSX: a zip file of the tree (``index.mvsj``) and its data."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.mvsj", to_molviewspec(scene).dumps(indent=1))
        for number, item in enumerate(scene.structures, start=1):
            archive.writestr(data_name(number), scene_cif(item))
    return held.getvalue()


def data_name(number: int) -> str:
    """Return the file name of the data of the n-th structure, counted from 1."""
    return f"structure-{number}.cif"


def _molviewspec() -> Any:
    """Import molviewspec; its use of an older pydantic's style warns, which is not our users' concern."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import molviewspec
    return molviewspec


def _color(drawn: Any, scene: Scene, item: SceneStructure, mvs: Any) -> None:
    found = [c for c in item.colorings if c.id == scene.style.coloring] or list(item.colorings[:1])
    coloring = found[0]
    if coloring.id == SECONDARY and coloring.classes is None:
        raise BadRequest(
            "MolViewSpec needs the colours of residues, and secondary structure is worked out by the viewer.",
            hint="Colour by confidence or chain instead.",
        )
    drawn.color(color=palettes.NONE)
    for color, label, first, last in _runs(item, coloring, scene.style.palette):
        selector = mvs.ComponentExpression(label_asym_id=label, beg_label_seq_id=first, end_label_seq_id=last)
        drawn.color(color=color, selector=selector)


def _runs(item: SceneStructure, coloring: Coloring, palette: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield ``(colour, label chain, first, last)`` of runs of one colour within a chain."""
    colors = np.array(coloring.residue_colors(palette))[item.rows]
    table, chains = item.structure.residues, item.structure.chains
    chain, seq = table.chain[item.rows], table.label_seq[item.rows]
    if not len(seq):
        return
    breaks = (np.diff(seq) != 1) | (np.diff(chain) != 0) | (colors[1:] != colors[:-1])
    starts = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    ends = np.concatenate([starts[1:], [len(seq)]]) - 1
    for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
        if colors[a] != palettes.NONE:
            yield str(colors[a]), chains[int(chain[a])].label, int(seq[a]), int(seq[b])
