"""Triangles to pixels with a depth buffer, in numpy: what is seen at each pixel.

Triangles of like size are done together: each size class tests the pixels of one square
for all its triangles at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from foldsight.typing import Doubles, Floats, Ints

#: Pixel tests done at once; bounds the memory.
_BLOCK = 3_000_000


@dataclass(frozen=True, eq=False)
class Seen:
    """What is seen at each pixel.

    Attributes
    ----------
    face : ndarray, shape=(H, W)
        Index of the nearest face, -1 for the background.
    depth : ndarray, shape=(H, W), dtype=float32
        Towards the viewer, in Å; NaN for the background.
    normal : ndarray, shape=(H, W, 3), dtype=float32
        Unit normals; zero for the background.
    """

    face: Ints
    depth: Floats
    normal: Floats


def rasterise(corners: Doubles, normals: Doubles, faces: Ints, size: tuple[int, int]) -> Seen:
    """Draw a closed mesh.

    Parameters
    ----------
    corners : ndarray, shape=(V, 3)
        x and y in pixels (y downwards), depth towards the viewer.
    normals : ndarray, shape=(V, 3)
        Right, up, towards the viewer.
    faces : ndarray, shape=(F, 3)
    size : tuple of int
        Width and height in pixels.
    """
    width, height = size
    face = np.full(width * height, -1, dtype=np.int32)
    depth = np.full(width * height, -np.inf, dtype=np.float32)
    shares = np.zeros((width * height, 2), dtype=np.float32)
    for pixel, z, index, share in _fragments(corners.astype(np.float32), faces, size):
        order = np.argsort(z, kind="stable")
        order = order[z[order] > depth[pixel[order]]]
        # Of repeated pixels the last assignment stays: the nearest.
        face[pixel[order]] = index[order]
        depth[pixel[order]] = z[order]
        shares[pixel[order]] = share[order]
    hit = face >= 0
    normal = np.zeros((width * height, 3), dtype=np.float32)
    normal[hit] = _interpolated(normals, faces[face[hit]], shares[hit])
    depth[~hit] = np.nan
    return Seen(face.reshape(height, width), depth.reshape(height, width), normal.reshape(height, width, 3))


def _interpolated(values: Doubles, corners: Ints, shares: Floats) -> Floats:
    first, second = shares[:, :1], shares[:, 1:]
    a, b, c = (values[corners[:, k]].astype(np.float32) for k in range(3))
    mixed = a * (1 - first - second) + b * first + c * second
    found: Floats = mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-6)
    return found


def _fragments(
    corners: Floats, faces: Ints, size: tuple[int, int]
) -> Iterator[tuple[Ints, Floats, Ints, Floats]]:
    """Yield pixel, depth, face and the shares of its second and third corner, in blocks."""
    width, height = size
    a, b, c = (corners[faces[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    low = np.minimum(np.minimum(a, b), c)[:, :2]
    high = np.maximum(np.maximum(a, b), c)[:, :2]
    inside = (high >= 0).all(axis=1) & (low[:, 0] < width) & (low[:, 1] < height)
    # y runs downwards on screen, so a face turned to the viewer has a negative area.
    front = np.flatnonzero((area < -1e-6) & inside)
    start = np.floor(low[front]).astype(np.int32)
    span = (np.ceil(high[front]).astype(np.int32) - start).max(axis=1, initial=1)
    classes = np.ceil(np.log2(np.maximum(span, 2)) * 2).astype(int)
    for kind in np.unique(classes):
        members = np.flatnonzero(classes == kind)
        side = int(span[members].max()) + 1
        for part in np.array_split(members, max(1, len(members) * side * side // _BLOCK)):
            chosen = front[part]
            yield _test(a[chosen], b[chosen], c[chosen], area[chosen], start[part], side, chosen, size)


def _test(
    a: Floats,
    b: Floats,
    c: Floats,
    area: Floats,
    start: Ints,
    side: int,
    index: Ints,
    size: tuple[int, int],
) -> tuple[Ints, Floats, Ints, Floats]:
    """Test a square of pixels for each triangle; keep those whose middle is inside."""
    step = np.arange(side, dtype=np.int32)
    x = start[:, 0, None, None] + step[None, None, :]
    y = start[:, 1, None, None] + step[None, :, None]
    px, py = x + np.float32(0.5), y + np.float32(0.5)

    def cross(p: Floats, q: Floats) -> Floats:
        (px0, py0), (qx, qy) = (p[:, :2].T[..., None, None], q[:, :2].T[..., None, None])
        found: Floats = (qx - px0) * (py - py0) - (qy - py0) * (px - px0)
        return found

    whole = area[:, None, None]
    second, third = cross(c, a) / whole, cross(a, b) / whole
    first = 1 - second - third
    edge = np.float32(-1e-4)
    hit = (first >= edge) & (second >= edge) & (third >= edge)
    hit &= (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])
    z = first * a[:, 2, None, None] + second * b[:, 2, None, None] + third * c[:, 2, None, None]
    pixel = (y.astype(np.int64) * size[0] + x)[hit]
    which = np.broadcast_to(index[:, None, None], hit.shape)[hit]
    return pixel, z[hit], which, np.stack([second[hit], third[hit]], axis=1)
