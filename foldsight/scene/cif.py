"""The data of a scene's structure: ModelCIF, the one format that every viewer colours rightly."""

from __future__ import annotations

from foldsight.scene.scene import SceneStructure


def scene_cif(item: SceneStructure) -> bytes:
    """Return a structure of a scene as ModelCIF, with its confidence where it has one."""
    from foldsight.io.modelcif import modelcif_text

    return modelcif_text(item.structure, item.confidence).encode()
