"""The cartoon as a drawing: SVG of depth-sorted polygons, text as text, no image inside."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np

from foldsight.export.raster import rasterise
from foldsight.export.ribbon import Mesh
from foldsight.export.shade import Theme, away, light_on, rgb_of
from foldsight.typing import Doubles, Floats, Ints

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
    # Depth and light are those of the shared diagonal, so that a patch is not seen as two triangles.
    depth = points[:, (0, 2), 2].mean(axis=1)
    order = np.argsort(depth, kind="stable")
    seen, points = seen[order], points[order]
    rgb = _shaded(mesh, normals, colors, theme, seen, depth[order])
    lines = _by_face(rims(corners, mesh))
    for index, face, color in zip(
        seen, points[:, :, :2].round(1), (rgb * 255).round().astype(int), strict=True
    ):
        (ax, ay), (bx, by), (cx, cy) = face.tolist()
        fill = "#{:02x}{:02x}{:02x}".format(*color)
        # The stroke in the face's own colour hides the seams.
        yield f'<path d="M{ax:g} {ay:g}L{bx:g} {by:g} {cx:g} {cy:g}z" fill="{fill}" stroke="{fill}"/>'
        for one, two in lines.get(int(index), ()):
            (ax, ay), (bx, by) = corners[[one, two], :2].round(1).tolist()
            yield f'<path class="rim" d="M{ax:g} {ay:g}L{bx:g} {by:g}"/>'


def _shaded(
    mesh: Mesh, normals: Doubles, colors: Floats, theme: Theme, faces: Ints, depth: Doubles
) -> Floats:
    normal = normals[mesh.faces[faces][:, (0, 2)]].mean(axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    bright, gloss = light_on(normal)
    rgb = colors[faces] * bright[:, None] + 0.12 * gloss[:, None]
    page = np.array(rgb_of(theme.page), dtype=np.float32)
    rgb += (page - rgb) * (0.35 * away(depth.astype(np.float32)))[:, None]
    found: Floats = rgb.clip(0, 1)
    return found


def rims(corners: Doubles, mesh: Mesh) -> Ints:
    """Return the edges where the surface turns away from the viewer.

    Returns
    -------
    ndarray, shape=(K, 3)
        Two corners, and the face beside them that is turned to the viewer.
    """
    a, b, c = (corners[mesh.faces[:, k]] for k in range(3))
    front = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    faces = mesh.faces
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    owner = np.tile(np.arange(len(faces)), 3)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    pair = np.flatnonzero((edges[order[1:]] == edges[order[:-1]]).all(axis=1))
    one, two = owner[order[pair]], owner[order[pair + 1]]
    turned = front[one] != front[two]
    near = np.where(front[one], one, two)
    found: Ints = np.column_stack([edges[order[pair]], near])[turned]
    return found


def _by_face(edges: Ints) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for one, two, face in edges.tolist():
        found.setdefault(face, []).append((one, two))
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
        f"<style>.rim {{fill:none;stroke:#101318;stroke-opacity:{theme.outline + 0.15:.2f}}}</style>\n"
    )
    return (head + page + "\n".join(body) + "\n</svg>\n").encode()
