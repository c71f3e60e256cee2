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

    def window(self, margin: int, step: int) -> tuple[slice, slice]:
        """Return rows and columns that hold all that is seen, at multiples of ``step``."""
        hit = self.face >= 0
        found = []
        for axis in (0, 1):
            taken = np.flatnonzero(hit.any(axis=1 - axis))
            first, last = (int(taken[0]), int(taken[-1]) + 1) if taken.size else (0, 0)
            low, high = max(0, first - margin), min(hit.shape[axis], last + margin)
            found.append(slice(low // step * step, -(-high // step) * step))
        return found[0], found[1]

    def within(self, rows: slice, columns: slice) -> Seen:
        """Return a window of it."""
        return Seen(self.face[rows, columns], self.depth[rows, columns], self.normal[rows, columns])


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
    depth = np.full(width * height, np.nan, dtype=np.float32)
    shares = np.zeros((width * height, 2), dtype=np.float32)
    nearest = np.full(width * height, np.iinfo(np.int64).min)
    for pixel, z, index, share in _fragments(corners.astype(np.float32), faces, size):
        # Depth above, number of the fragment below: the greatest is the nearest, and names itself.
        rank = (_ordered(z).astype(np.int64) << 32) | np.arange(len(z))
        np.maximum.at(nearest, pixel, rank)
        won = np.flatnonzero(nearest[pixel] == rank)
        place = pixel[won]
        face[place], depth[place], shares[place] = index[won], z[won], share[won]
    hit = face >= 0
    normal = np.zeros((width * height, 3), dtype=np.float32)
    normal[hit] = _interpolated(normals, faces[face[hit]], shares[hit])
    return Seen(face.reshape(height, width), depth.reshape(height, width), normal.reshape(height, width, 3))


def _ordered(values: Floats) -> Ints:
    """Return whole numbers in the order of the values: the bits of a float, mirrored below zero."""
    bits = values.view(np.int32)
    found: Ints = np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits)
    return found


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
    points = corners[faces]
    first, second, third = (points[:, k, :2] for k in range(3))
    low = np.minimum(np.minimum(first, second), third)
    high = np.maximum(np.maximum(first, second), third)
    inside = (high[:, 0] >= 0) & (high[:, 1] >= 0) & (low[:, 0] < size[0]) & (low[:, 1] < size[1])
    # y runs downwards on screen, so a face turned to the viewer has a negative area.
    front = np.flatnonzero((_area(points) < -1e-6) & inside)
    start = np.floor(low[front]).astype(np.int32)
    span = (np.ceil(high[front]).astype(np.int32) - start).max(axis=1, initial=1)
    classes = np.ceil(np.log2(np.maximum(span, 2)) * 2).astype(int)
    for kind in np.unique(classes):
        members = np.flatnonzero(classes == kind)
        side = int(span[members].max()) + 1
        for part in np.array_split(members, max(1, len(members) * side * side // _BLOCK)):
            yield _test(points[front[part]], start[part], side, front[part], size)


def _area(points: Floats) -> Floats:
    (ax, ay), (bx, by), (cx, cy) = (points[:, k, :2].T for k in range(3))
    area: Floats = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return area


def _test(
    points: Floats, start: Ints, side: int, index: Ints, size: tuple[int, int]
) -> tuple[Ints, Floats, Ints, Floats]:
    """Test a square of pixels for each triangle; keep those whose middle is inside."""
    step = np.arange(side, dtype=np.float32)
    second, third = (_share(points, start, step, k) for k in (1, 2))
    first = 1 - second - third
    edge = np.float32(-1e-4)
    hit = (first >= edge) & (second >= edge) & (third >= edge)
    which, down, right = np.nonzero(hit)
    x, y = start[which, 0] + right, start[which, 1] + down
    within = (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])
    which, pixel = which[within], (y.astype(np.int64) * size[0] + x)[within]
    shares = np.stack([second[hit], third[hit]], axis=1)[within]
    a, b, c = (points[which, k, 2] for k in range(3))
    depth = a + shares[:, 0] * (b - a) + shares[:, 1] * (c - a)
    return pixel, depth, index[which], shares


def _share(points: Floats, start: Ints, step: Floats, corner: int) -> Floats:
    """Return the barycentric share of a corner (1 or 2) at each pixel of the squares.

    It is linear in x and y, so one sum per pixel is enough.
    """
    from_, to = (points[:, 2], points[:, 0]) if corner == 1 else (points[:, 0], points[:, 1])
    area = _area(points)
    by_x, by_y = -(to[:, 1] - from_[:, 1]) / area, (to[:, 0] - from_[:, 0]) / area
    # Small differences of large numbers, so taken before they are single.
    x0, y0 = (start + 0.5 - from_[:, :2]).astype(np.float32).T
    rows = (by_x * x0 + by_y * y0)[:, None] + by_y[:, None] * step
    found: Floats = rows[:, :, None] + (by_x[:, None] * step)[:, None, :]
    return found
