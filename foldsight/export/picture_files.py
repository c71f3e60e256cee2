"""Exporters of pictures: PNG and SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foldsight.export.picture import render_png, render_svg
from foldsight.prediction import Prediction
from foldsight.scene import Scene
from foldsight.structure import Structure

_STYLE = ("coloring", "palette")


def save_png(item: Prediction | Structure | Scene, path: Path, **options: Any) -> None:
    """Write a PNG; options as :func:`~foldsight.export.picture.render_png`, and the scene's colours."""
    scene, rest = _styled(item, options)
    path.write_bytes(render_png(scene, **rest))


def save_svg(item: Prediction | Structure | Scene, path: Path, **options: Any) -> None:
    """Write an SVG; options as :func:`save_png`."""
    scene, rest = _styled(item, options)
    path.write_bytes(render_svg(scene, **rest))


def _styled(item: Prediction | Structure | Scene, options: dict[str, Any]) -> tuple[Scene, dict[str, Any]]:
    scene = item if isinstance(item, Scene) else Scene.of(item)
    style = {key: value for key, value in options.items() if key in _STYLE}
    rest = {key: value for key, value in options.items() if key not in _STYLE}
    return scene.styled(**style), rest
