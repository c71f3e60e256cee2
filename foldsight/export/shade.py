"""Light and shadow on what is seen: lamps, the shade of crevices, outlines, distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from foldsight.export.raster import Seen
from foldsight.typing import Bools, Doubles, Floats

_KEY = np.array([-0.45, 0.60, 0.66], dtype=np.float32)
_FILL = np.array([0.70, 0.10, 0.70], dtype=np.float32)
_OUTLINE = np.array((0.05, 0.06, 0.09), dtype=np.float32)
#: Radii of the crevice shade as a part of the picture's height.
_REACH = (0.012, 0.04)


@dataclass(frozen=True)
class Theme:
    """Colours of the page around a structure."""

    page: str
    ink: str
    faint: str
    outline: float
    transparent: bool = False


THEMES = {
    "light": Theme("#FFFFFF", "#1F2328", "#636C76", 0.30),
    "dark": Theme("#14171C", "#E6EAF0", "#98A2B3", 0.28),
    "transparent": Theme("#FFFFFF", "#1F2328", "#636C76", 0.30, transparent=True),
}


def light_on(normals: Floats | Doubles) -> tuple[Floats, Floats]:
    """Return how bright a matt surface is (about 0.4 to 1.1), and its gloss (0 to 1)."""
    n = normals.astype(np.float32)
    key = np.clip(n @ (_KEY / np.linalg.norm(_KEY)), 0, 1)
    fill = np.clip(n @ (_FILL / np.linalg.norm(_FILL)), 0, 1)
    half = _KEY / np.linalg.norm(_KEY) + np.array([0, 0, 1], dtype=np.float32)
    gloss: Floats = np.clip(n @ (half / np.linalg.norm(half)), 0, 1) ** 40
    sky = 0.5 + 0.5 * n[..., 1]
    bright: Floats = 0.40 + 0.12 * sky + 0.50 * key + 0.14 * fill
    return bright, gloss


def shade(seen: Seen, colors: Floats, theme: Theme, scale: float, height: int) -> Floats:
    """Return what is seen as RGBA 0-1; shape (H, W, 4).

    Parameters
    ----------
    seen : Seen
    colors : ndarray, shape=(F + 1, 3)
        RGB 0-1 of each face; the last row is never shown.
    theme : Theme
    scale : float
        Pixels per Å, so that outlines have one strength at every size.
    height : int
        Of the whole picture in pixels, of which ``seen`` may be a window with the :func:`margin`.
    """
    hit = seen.face >= 0
    page = np.array(rgb_of(theme.page), dtype=np.float32)
    rgba = np.empty((*hit.shape, 4), dtype=np.float32)
    rgba[...] = (*page, 0.0)
    if not hit.any():
        return rgba
    # Only the pixels that show something are worked on.
    bright, gloss = light_on(seen.normal[hit])
    bright *= 1 - 0.52 * crevices(seen.depth, hit, height)
    rgb = colors[seen.face[hit]] * bright[:, None] + 0.16 * gloss[:, None]
    rgb += (page - rgb) * (0.30 * away(seen.depth[hit]))[:, None]
    line = (2.2 * theme.outline * outlines(seen.depth, hit, scale)).clip(0, 0.85)
    rgb += (_OUTLINE - rgb) * line[:, None]
    rgba[hit] = np.concatenate([rgb.clip(0, 1), np.ones((len(rgb), 1), dtype=np.float32)], axis=1)
    return rgba


def away(depth: Floats) -> Floats:
    """Return 0 for what is nearest and 1 for what is furthest."""
    if not depth.size:
        return depth
    near, far = float(depth.max()), float(depth.min())
    found: Floats = ((near - depth) / max(near - far, 1.0)) ** 1.3
    return found


def margin(height: int) -> int:
    """Return how many pixels of page around a structure have a part in its shade."""
    return 2 * 3 * (_radius(max(_REACH), height) + 1)


def _radius(reach: float, height: int) -> int:
    """Return the pixels that a blur reaches in a picture of half the size."""
    return max(1, int(reach * height / 2))


def crevices(depth: Floats, hit: Bools, height: int) -> Floats:
    """Return 0-1 for each pixel of ``hit``: how far it lies behind its surroundings.

    The depth is compared with its own blur (Luft et al. 2006, ACM Trans. Graph. 25:1206).
    """
    weight = hit[::2, ::2].astype(np.float32)
    small = np.where(hit[::2, ::2], depth[::2, ::2], np.float32(0))
    dark = np.zeros_like(small)
    for reach, depth_scale in zip(_REACH, (3.0, 9.0), strict=True):
        radius = _radius(reach, height)
        around = blur(small * weight, radius) / np.maximum(blur(weight, radius), 1e-3)
        dark += np.clip((around - small) / depth_scale, 0, 1)
    wide = np.repeat(np.repeat(dark / 1.4, 2, axis=0), 2, axis=1)[: depth.shape[0], : depth.shape[1]]
    found: Floats = wide[hit].clip(0, 1)
    return found


def outlines(depth: Floats, hit: Bools, scale: float) -> Floats:
    """Return 0-1 for each pixel of ``hit``: steps in depth, seen on their nearer side."""
    filled = np.where(hit, depth, np.nanmin(depth) - 20 if hit.any() else 0).astype(np.float32)
    width = max(1, round(scale * 0.045))
    step = np.zeros_like(filled)
    for axis in (0, 1):
        for way in (-width, width):
            step = np.maximum(step, filled - np.roll(filled, way, axis=axis))
    found: Floats = np.clip((step[hit] - 1.2) / 3.5, 0, 1)
    return found


def blur(image: Floats, radius: int) -> Floats:
    """Return the image under three passes of a box of ``2 radius + 1`` pixels."""
    for axis in (0, 1):
        for _ in range(3):
            image = uniform_filter1d(image, 2 * radius + 1, axis=axis, mode="nearest")
    return image


def rgb_of(color: str) -> tuple[float, float, float]:
    """Return ``#RRGGBB`` as three numbers 0-1."""
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue
