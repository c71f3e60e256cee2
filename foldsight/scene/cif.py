"""The data of a scene's structure: ModelCIF, the one format that every viewer colours rightly."""

from __future__ import annotations

from typing import Any

import numpy as np

from foldsight.scene.scene import SceneStructure

_SITE = "_atom_site."


def scene_cif(item: SceneStructure) -> bytes:
    """Return a structure of a scene as ModelCIF, with its confidence, and one model for each frame."""
    from foldsight.io.modelcif import modelcif_block

    block = modelcif_block(item.structure, item.confidence)
    if item.frames is not None:
        block.set_mmcif_category(_SITE, _models(block.get_mmcif_category(_SITE), item.frames))
    text: str = block.as_string()
    return text.encode()


def _models(site: dict[str, list[Any]], frames: np.ndarray[Any, Any]) -> dict[str, list[Any]]:
    """Return the table of atoms repeated for each frame, with the frame's coordinates."""
    count = len(frames)
    found = {name: column * count for name, column in site.items()}
    for axis, name in enumerate(("Cartn_x", "Cartn_y", "Cartn_z")):
        found[name] = [f"{value:.3f}" for value in frames[:, :, axis].ravel().tolist()]
    rows = frames.shape[1]
    found["pdbx_PDB_model_num"] = [str(1 + i // rows) for i in range(count * rows)]
    found["id"] = [str(1 + i) for i in range(count * rows)]
    return found
