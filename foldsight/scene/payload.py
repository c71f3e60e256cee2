"""A scene as the widget carries it (JSON and buffers), and as a figure keeps it (JSON only).

The shape is mirrored by ``widgets/js/src/scene.ts``; raise :data:`VERSION` when it changes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from foldsight.residues import ResidueRef
from foldsight.scene.cif import scene_cif
from foldsight.scene.coloring import Coloring
from foldsight.scene.marks import Mark
from foldsight.scene.pae import pae_payload
from foldsight.scene.scene import Scene, SceneStructure
from foldsight.typing import Ints, Json

VERSION = 2

#: A figure whose packed structures are larger than this is kept as a picture only, so that
#: notebooks stay small enough to share.
SAVED_LIMIT = 3_000_000

#: Layouts that show the PAE; the others do not carry it.
WITH_PAE = ("pae", "workbench")

MIME = "application/vnd.foldsight.view+json"


def widget_payload(scene: Scene) -> Json:
    """Return the scene for the widget; the structures' data are ``bytes`` within it."""
    return {
        "version": VERSION,
        "title": scene.title,
        "style": _style(scene),
        "structures": [_structure(item, scene.style.layout in WITH_PAE) for item in scene.structures],
        "marks": [_mark(mark) for mark in scene.marks],
    }


def saved_view(scene: Scene, selection: Iterable[ResidueRef] = ()) -> Json | None:
    """Return the figure as JSON that outlives the kernel, or None when it would be too large."""
    view, size = _packed(scene, selection)
    return view if size <= SAVED_LIMIT else None


def packed_view(scene: Scene) -> Json:
    """Return the scene as JSON of any size, as a page fetches it; structures and PAE are gzip in base64."""
    return _packed(scene, ())[0]


def _packed(scene: Scene, selection: Iterable[ResidueRef]) -> tuple[Json, int]:
    payload = widget_payload(scene)
    held = [*payload["structures"], *(item["pae"] for item in payload["structures"] if item["pae"])]
    packed = [gzip.compress(item["data"], 6, mtime=0) for item in held]
    for item, data in zip(held, packed, strict=True):
        item["data"] = base64.b64encode(data).decode("ascii")
    return {"scene": payload, "selection": [ref.to_dict() for ref in selection]}, sum(map(len, packed))


def _style(scene: Scene) -> Json:
    style = scene.style
    return {
        "representation": style.representation,
        "coloring": style.coloring,
        "palette": style.palette or _default_palette(scene),
        "height": style.height,
        "strip": style.strip,
        "layout": style.layout,
        "clip": style.clip,
    }


def _default_palette(scene: Scene) -> str:
    offered = (c for item in scene.structures for c in item.colorings)
    chosen = next((c for c in offered if c.id == scene.style.coloring), None)
    return next(iter(chosen.palettes)) if chosen else ""


def _mark(mark: Mark) -> Json:
    refs = [ref.to_dict() for ref in mark.residues]
    return {"kind": mark.kind, "residues": refs, "text": mark.text}


def _structure(item: SceneStructure, with_pae: bool) -> Json:
    data = scene_cif(item)
    return {
        "id": item.id,
        "name": item.structure.name,
        "format": "mmcif",
        "digest": hashlib.sha256(data).hexdigest(),
        "data": data,
        "frames": 1 if item.frames is None else len(item.frames),
        "residues": _residues(item),
        "colorings": [_coloring(coloring, item.rows) for coloring in item.colorings],
        "pae": pae_payload(item) if with_pae else None,
    }


def _residues(item: SceneStructure) -> Json:
    structure, rows = item.structure, item.rows
    table = structure.residues
    return {
        "chains": [{"auth": chain.auth, "label": chain.label} for chain in structure.chains],
        "chain": table.chain[rows].tolist(),
        "label_seq": table.label_seq[rows].tolist(),
        "auth_seq": table.auth_seq[rows].tolist(),
        "ins_code": table.ins_code[rows].tolist(),
        "name": table.name[rows].tolist(),
        "letter": "".join(structure.one_letters[rows].tolist()),
        "uniprot": [int(v) if v > 0 else None for v in table.uniprot[rows]],
    }


def _coloring(coloring: Coloring, rows: Ints) -> Json:
    return {
        "id": coloring.id,
        "label": coloring.label,
        "title": coloring.title,
        "entries": list(coloring.entries),
        "classes": None if coloring.classes is None else coloring.classes[rows].tolist(),
        "values": None if coloring.values is None else [_number(v) for v in coloring.values[rows]],
        "palettes": {name: list(colors) for name, colors in coloring.palettes.items()},
        "limits": None if coloring.limits is None else list(coloring.limits),
    }


def _number(value: Any) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
