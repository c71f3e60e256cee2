"""Pictures of structures without a browser or graphics card: PNG by pixels, SVG by polygons.

The cartoon, colours and legend are those of the scene, so that a picture shows what the
view in a notebook shows.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from foldsight.errors import BadRequest
from foldsight.export.camera import Camera
from foldsight.export.caption import Caption, Words
from foldsight.export.raster import rasterise
from foldsight.export.ribbon import Mesh, cartoon, drawn_states
from foldsight.export.shade import THEMES, Theme, margin, rgb_of, shade
from foldsight.prediction import Prediction
from foldsight.scene import Coloring, Scene, SceneStructure, palettes
from foldsight.structure import Structure
from foldsight.typing import Floats

#: Pixels drawn per pixel shown, each way.
_FINER = 2
#: Smallest and largest side of a picture, pixels.
SMALLEST, LARGEST = 64, 8192
#: From this many residues on in so many pixels the mesh is coarser: its details would be under a pixel.
_MANY, _PIXELS = 3000, 1200 * 900


@dataclass(frozen=True, eq=False)
class _Drawing:
    """A scene ready to be drawn: one mesh, the colour of each face, and the words."""

    mesh: Mesh
    colors: Floats
    caption: Caption


def render_png(
    item: Prediction | Structure | Scene,
    size: tuple[int, int] = (1200, 900),
    background: str = "light",
    *,
    words: bool = True,
) -> bytes:
    """Draw a cartoon with title and legend.

    Parameters
    ----------
    item : Prediction, Structure or Scene
    size : tuple of int, optional
        Width and height in pixels.
    background : {'light', 'dark', 'transparent'}, optional
    words : bool, optional
        Whether title and legend are drawn.

    Raises
    ------
    BadRequest
        When there is no protein to draw, or the size or background is not known.
    """
    theme, size = _theme(background), _checked(size)
    drawing = _drawing(item, size, steps=8, corners=14)
    camera = _finer(Camera.fit(drawing.mesh.points, _box(size, words)))
    seen = rasterise(
        camera.project(drawing.mesh.points),
        camera.turn(drawing.mesh.normals),
        drawing.mesh.faces,
        (size[0] * _FINER, size[1] * _FINER),
    )
    pixels = np.empty((size[1], size[0], 4), dtype=np.float32)
    pixels[...] = (*rgb_of(theme.page), 0.0)
    # Most of a picture is page: only the window of the structure is worked on.
    height = size[1] * _FINER
    rows, columns = seen.window(margin(height), 2 * _FINER)
    fine = shade(seen.within(rows, columns), drawing.colors, theme, camera.scale, height)
    pixels[_coarser(rows), _coarser(columns)] = _averaged(fine)
    return _png(pixels, drawing.caption if words else None, theme, size)


def render_svg(
    item: Prediction | Structure | Scene,
    size: tuple[int, int] = (1200, 900),
    background: str = "light",
    *,
    words: bool = True,
) -> bytes:
    """Draw the same cartoon as vectors, text as text; parameters as :func:`render_png`."""
    from foldsight.export import vector

    theme, size = _theme(background), _checked(size)
    drawing = _drawing(item, size, steps=7, corners=8)
    mesh = drawing.mesh
    camera = Camera.fit(mesh.points, _box(size, words))
    corners, normals = camera.project(mesh.points), camera.turn(mesh.normals)
    body = ['<g stroke-width="0.6" stroke-linejoin="round" stroke-linecap="round">']
    body += vector.polygons(mesh, corners, normals, drawing.colors, theme, size)
    body.append("</g>")
    for part in drawing.caption.layout(size, theme) if words else []:
        if isinstance(part, Words):
            body.append(vector.text(part.x, part.y, part.text, part.size, part.color, bold=part.bold))
        else:
            body.append(vector.square(part.x, part.y, part.side, part.color))
    return vector.document(body, size, theme, drawing.caption.title)


def _theme(background: str) -> Theme:
    if background not in THEMES:
        raise BadRequest(f"There is no background {background!r}.", hint=f"Use {', '.join(THEMES)}.")
    return THEMES[background]


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    if not all(SMALLEST <= side <= LARGEST for side in size):
        raise BadRequest(
            f"No picture can be {size[0]} x {size[1]} pixels.", hint=f"Use {SMALLEST} to {LARGEST}."
        )
    return size


def _box(size: tuple[int, int], words: bool) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the part that the structure may fill."""
    width, height = size
    unit = min(width / 1200, height / 900)
    top, bottom = (118 * unit, 122 * unit) if words else (0.04 * height, 0.04 * height)
    return 0.05 * width, top, 0.90 * width, height - top - bottom


def _finer(camera: Camera) -> Camera:
    x, y = camera.origin
    return replace(camera, scale=camera.scale * _FINER, origin=(x * _FINER, y * _FINER))


def _drawing(
    item: Prediction | Structure | Scene, size: tuple[int, int], steps: int, corners: int
) -> _Drawing:
    scene = item if isinstance(item, Scene) else Scene.of(item)
    residues = sum(len(part.structure.residues) for part in scene.structures)
    if residues * _PIXELS > _MANY * size[0] * size[1]:
        steps, corners = steps // 2, corners // 2 + 1
    meshes: list[Mesh] = []
    colors: list[Floats] = []
    for part in scene.structures:
        mesh = cartoon(part.structure, steps=steps, corners=corners)
        if mesh is not None:
            meshes.append(mesh)
            colors.append(_residue_colors(part, scene)[mesh.residue])
    if not meshes:
        raise BadRequest(
            f"{scene.title or 'The structure'} has no protein chain to draw.",
            hint="Pictures show the cartoon of protein chains.",
        )
    blank = np.zeros((1, 3), dtype=np.float32)
    return _Drawing(Mesh.join(meshes), np.concatenate([*colors, blank]), _caption(scene))


def _coloring(item: SceneStructure, wanted: str) -> Coloring | None:
    return next((coloring for coloring in item.colorings if coloring.id == wanted), None)


def _residue_colors(item: SceneStructure, scene: Scene) -> Floats:
    """Return RGB 0-1 per residue, and one row more for what stands for no residue."""
    coloring, palette = _coloring(item, scene.style.coloring), scene.style.palette
    if coloring is None:
        names = [palettes.NONE] * len(item.structure.residues)
    elif coloring.classes is None:
        place = {"H": 0, "E": 1, "C": 2}
        known = coloring.colors(palette)
        names = [known[place[str(state)]] for state in drawn_states(item.structure)]
    else:
        names = coloring.residue_colors(palette)
    return np.array([rgb_of(name) for name in [*names, palettes.NONE]], dtype=np.float32)


def _caption(scene: Scene) -> Caption:
    legend: dict[str, str] = {}
    title = ""
    for item in scene.structures:
        coloring = _coloring(item, scene.style.coloring)
        if coloring is not None:
            title = title or coloring.title
            legend |= zip(coloring.entries, coloring.colors(scene.style.palette), strict=False)
    several = len(scene.structures) > 1
    lines = [f"{item.id}: {_facts(item)}" if several else _facts(item) for item in scene.structures]
    return Caption(scene.title, "; ".join(lines), title, tuple(legend.items()))


def _facts(item: SceneStructure) -> str:
    text = f"{int(item.structure.protein_mask.sum()):,} residues"
    if item.confidence is not None and np.isfinite(item.confidence.mean):
        text += f", mean {item.confidence.label} {item.confidence.mean:.1f}"
    return text


def _coarser(window: slice) -> slice:
    return slice(window.start // _FINER, window.stop // _FINER)


def _averaged(fine: Floats) -> Floats:
    """Average blocks of pixels, colours weighted by opacity, so that edges have no fringe."""
    quarters = [fine[i::_FINER, j::_FINER] for i in range(_FINER) for j in range(_FINER)]
    weight = np.add.reduce([quarter[..., 3:] for quarter in quarters])
    rgb = np.add.reduce([quarter[..., :3] * quarter[..., 3:] for quarter in quarters])
    found: Floats = np.concatenate([rgb / np.maximum(weight, 1e-6), weight / len(quarters)], axis=-1)
    return found


def _png(pixels: Floats, caption: Caption | None, theme: Theme, size: tuple[int, int]) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    # At 72 dots per inch a point is a pixel.
    figure = Figure(figsize=(size[0] / 72, size[1] / 72), dpi=72)
    canvas: Any = FigureCanvasAgg(figure)
    figure.patch.set(facecolor=theme.page, alpha=0.0 if theme.transparent else 1.0)
    figure.figimage(pixels, 0, 0, origin="upper")
    width, height = size
    for part in caption.layout(size, theme) if caption else []:
        if isinstance(part, Words):
            weight = "bold" if part.bold else "normal"
            figure.text(
                part.x / width, 1 - part.y / height, part.text, color=part.color, fontsize=part.size,
                weight=weight, va="baseline", parse_math=False,
            )  # fmt: skip
        else:
            corner = (part.x / width, 1 - (part.y + part.side) / height)
            across, up = part.side / width, part.side / height
            figure.add_artist(Rectangle(corner, across, up, facecolor=part.color, edgecolor="none"))
    out = io.BytesIO()
    # Without the name of the program in it the same structure gives the same bytes.
    canvas.print_png(out, metadata={"Software": None})
    return out.getvalue()
