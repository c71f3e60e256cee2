"""The PAE of a scene's structure, as a view shows it."""

from __future__ import annotations

import numpy as np

from foldsight.errors import BadRequest
from foldsight.scene.palettes import PAE
from foldsight.scene.scene import SceneStructure
from foldsight.typing import Floats, Json


def shown_pae(item: SceneStructure) -> Floats | None:
    """Return the PAE of the residues that the sequence shows; shape (R, R), Å.

    Raises
    ------
    BadRequest
        When its size is not that of the structure.
    """
    pae = item.pae
    if pae is None:
        return None
    rows, count = item.rows, len(item.structure.residues)
    if len(pae) == count:
        found: Floats = pae[np.ix_(rows, rows)]
        return found
    if len(pae) == len(rows):
        return pae
    raise BadRequest(
        f"The PAE is of {len(pae)} residues, but {item.id} has {len(rows)}.",
        hint="Give the PAE that was predicted with this structure.",
    )


def pae_payload(item: SceneStructure) -> Json | None:
    """Return the PAE in 256 steps, one byte each, row by row; a fault is told in its place."""
    try:
        pae = shown_pae(item)
    except BadRequest as fault:
        return {"size": 0, "top": 0.0, "data": b"", "colors": list(PAE), "fault": str(fault)}
    if pae is None:
        return None
    top = float(np.nanmax(pae)) if np.isfinite(pae).any() else 1.0
    steps = np.nan_to_num(np.asarray(pae, dtype=np.float32) / max(top, 1e-6), nan=1.0) * 255
    data = np.clip(np.rint(steps), 0, 255).astype(np.uint8).tobytes()
    return {"size": len(pae), "top": top, "data": data, "colors": list(PAE), "fault": ""}
