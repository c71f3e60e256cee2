"""The cartoon as a drawing: SVG of depth-sorted polygons, text as text, no image inside."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np

from foldsight.export.raster import rasterise
from foldsight.export.ribbon import Mesh
from foldsight.export.shade import Theme, away, light_on, rgb_of
from foldsight.typing import Bools, Doubles, Floats, Ints

_FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"


def polygons(
    mesh: Mesh, corners: Doubles, normals: Doubles, colors: Floats, theme: Theme, size: tuple[int, int]
) -> Iterable[str]:
    """Yield one SVG path per face that can be seen, the furthest first.

    Parameters
    ----------
    mesh : Mesh
    corners, normals : ndarray, shape=(V, 3)
        As :func:`foldsight.export.raster.rasterise` takes them.
    colors : ndarray, shape=(F + 1, 3)
        RGB 0-1 of each face.
    theme : Theme
    size : tuple of int
        Width and height in pixels.
    """
    seen = np.unique(rasterise(corners, normals, mesh.faces, size).face)
    seen = seen[seen >= 0]
    points = corners[mesh.faces[seen]]
    order = np.argsort(points[:, :, 2].mean(axis=1), kind="stable")
    seen, points = seen[order], points[order]
    rgb = _shaded(mesh, normals, colors, theme, seen, points[:, :, 2].mean(axis=1))
    rim = rims(corners, mesh)[seen]
    rgb[rim] *= 0.72
    for face, color in zip(points[:, :, :2].round(1), (rgb * 255).round().astype(int), strict=True):
        (ax, ay), (bx, by), (cx, cy) = face.tolist()
        fill = "#{:02x}{:02x}{:02x}".format(*color)
        # The stroke of the group takes the colour of each path, which hides the seams.
        yield f'<path d="M{ax:g} {ay:g}L{bx:g} {by:g} {cx:g} {cy:g}z" fill="{fill}" stroke="{fill}"/>'


def _shaded(
    mesh: Mesh, normals: Doubles, colors: Floats, theme: Theme, faces: Ints, depth: Doubles
) -> Floats:
    normal = normals[mesh.faces[faces]].mean(axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    bright, gloss = light_on(normal)
    rgb = colors[faces] * bright[:, None] + 0.12 * gloss[:, None]
    page = np.array(rgb_of(theme.page), dtype=np.float32)
    rgb += (page - rgb) * (0.35 * away(depth.astype(np.float32)))[:, None]
    found: Floats = rgb.clip(0, 1)
    return found


def rims(corners: Doubles, mesh: Mesh) -> Bools:
    """Say of each face whether the surface turns away from the viewer beside it; shape (F,)."""
    a, b, c = (corners[mesh.faces[:, k]] for k in range(3))
    front = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    faces = mesh.faces
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    owner = np.tile(np.arange(len(faces)), 3)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    pair = (edges[order[1:]] == edges[order[:-1]]).all(axis=1)
    one, two = owner[order[:-1]][pair], owner[order[1:]][pair]
    turned = front[one] != front[two]
    found = np.zeros(len(faces), dtype=bool)
    found[one[turned]] = found[two[turned]] = True
    return found


def text(x: float, y: float, words: str, size: float, color: str, *, bold: bool = False) -> str:
    """Return one line of text with its base line at ``y``; sizes in pixels."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" fill="{color}"{weight}>{escape(words)}</text>'
    )


def square(x: float, y: float, side: float, color: str) -> str:
    """Return a filled square by its upper left corner."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" fill="{color}"/>'


def document(body: Iterable[str], size: tuple[int, int], theme: Theme, title: str) -> bytes:
    """Return a whole SVG file."""
    width, height = size
    page = "" if theme.transparent else f'<rect width="100%" height="100%" fill="{theme.page}"/>\n'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONT}">\n<title>{escape(title)}</title>\n'
    )
    return (head + page + "\n".join(body) + "\n</svg>\n").encode()
