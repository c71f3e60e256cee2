"""Volume of a pocket: the space that a probe sweeps between the pocket's walls.

A probe's centre may stand where no wall atom is nearer than both radii, and near the
pocket's points. The volume is that of all places outside the atoms that such a probe
covers, inside the convex hull of the lining atoms, which closes the pocket's mouth.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from foldsight.typing import Bools, Doubles, Floats, Ints

#: Edge of the grid's cells, Å.
CELL = 0.7
#: Radius of the probe, Å: about that of water or a methyl group.
PROBE = 1.4
#: A probe's centre is at most so far, Å, from a point of the pocket.
AROUND = 4.0
#: What a probe covers is widened by half a cell's diagonal and then cut by the atoms,
#: or the last layer of cells before each atom would be lost.
WIDER = CELL * 3**0.5 / 2


def swept_volume(points: Doubles, lining: Doubles, coord: Doubles, radius: Floats) -> float:
    """Return the volume in Å3.

    Parameters
    ----------
    points : ndarray, shape=(M, 3)
        Surface points of the pocket, Å.
    lining : ndarray, shape=(K, 3)
        Atoms that line it; their hull closes its mouth.
    coord, radius : ndarray, shape=(N, 3) and (N,)
        Wall atoms that could reach into it, and their van der Waals radii.
    """
    hull = _half_spaces(lining)
    if hull is None or not len(points):
        return 0.0
    grid = _Grid(points.min(axis=0) - AROUND, points.max(axis=0) + AROUND)
    solid, forbidden = grid.near(coord, radius, radius + np.float32(PROBE))
    (around,) = grid.near(points, np.full(len(points), AROUND, dtype=np.float32))
    space = grid.inside(hull, lining, ~solid)
    swept = grid.touched(space, around & ~forbidden, PROBE + WIDER)
    return float(np.count_nonzero(swept) * CELL**3)


def _half_spaces(lining: Doubles) -> Doubles | None:
    """Return the hull's facets as (normal, offset) rows; None for too few or flat atoms."""
    if len(lining) < 4:
        return None
    try:
        facets: Doubles = ConvexHull(lining).equations
    except QhullError:
        return None
    return facets


class _Grid:
    """Cells of a box with a margin wider than any ball that is drawn into it."""

    MARGIN = 8.0

    def __init__(self, low: Doubles, high: Doubles) -> None:
        self.low = low - self.MARGIN
        self.high = high + self.MARGIN
        self.shape = np.ceil((self.high - self.low) / CELL).astype(np.int32) + 1
        self.strides = np.array([self.shape[1] * self.shape[2], self.shape[2], 1], dtype=np.int32)

    def near(self, centre: Doubles, *reaches: Floats) -> list[Bools]:
        """Cells whose middle lies within its own reach of any centre, for each set of reaches.

        Parameters
        ----------
        centre : ndarray, shape=(N, 3)
            Those whose balls would leave the box are not drawn.
        *reaches : ndarray, shape=(N,)

        Returns
        -------
        list of ndarray, shape=(cells,)
        """
        widest = float(max(reach.max(initial=0.0) for reach in reaches))
        edge = widest + 2 * CELL
        inside = ((centre > self.low + edge) & (centre < self.high - edge)).all(axis=1)
        place = (centre[inside] - self.low) / CELL
        cell = np.floor(place)
        # |offset - rest|² as one product, which is far quicker than the difference itself.
        offsets, rest = _ball(widest), place - cell - 0.5
        ones = np.ones((len(rest), 1))
        left = np.hstack([-2 * rest, ones, (rest**2).sum(axis=1, keepdims=True)]).astype(np.float32)
        right = np.hstack([offsets, (offsets**2).sum(axis=1, keepdims=True), np.ones_like(offsets[:, :1])])
        apart = left @ right.T
        flat = (cell.astype(np.int32) @ self.strides)[:, None] + offsets.astype(np.int32) @ self.strides
        found = []
        for reach in reaches:
            marked = np.zeros(int(np.prod(self.shape)), dtype=bool)
            marked[flat[apart <= (reach[inside, None] / np.float32(CELL)) ** 2]] = True
            found.append(marked)
        return found

    def inside(self, hull: Doubles, corners: Doubles, chosen: Bools) -> Ints:
        """Chosen cells, by number, whose middle lies in the hull of ``corners``."""
        first = np.maximum(np.floor((corners.min(axis=0) - self.low) / CELL), 0).astype(np.int64)
        last = np.ceil((corners.max(axis=0) - self.low) / CELL).astype(np.int64)
        box = chosen.reshape(self.shape)[tuple(map(slice, first, last))]
        cells = np.stack(np.nonzero(box)) + first[:, None]
        middle = (self.low[:, None] + (cells + 0.5) * CELL).astype(np.float32)
        beyond = hull[:, :3].astype(np.float32) @ middle + hull[:, 3:].astype(np.float32)
        found: Ints = (self.strides @ cells)[beyond.max(axis=0) <= 0]
        return found

    def touched(self, cells: Ints, chosen: Bools, reach: float) -> Bools:
        """Which cells, by number, have the middle of a chosen one within ``reach``."""
        offsets = _ball(reach)
        offsets = offsets[(offsets**2).sum(axis=1) <= (reach / CELL) ** 2].astype(np.int32)
        found = chosen[cells]
        rest = np.flatnonzero(~found)
        found[rest] = chosen[cells[rest, None] + offsets @ self.strides].any(axis=1)
        return found


@cache
def _ball(reach: float) -> Floats:
    """Offsets of every cell that a ball centred in cell 0 may touch; shape (K, 3)."""
    steps = int(reach / CELL) + 1
    axis = np.arange(-steps, steps + 1, dtype=np.float32)
    offsets = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    nearest = np.maximum(np.abs(offsets) - 0.5, 0)
    touched: Floats = offsets[(nearest**2).sum(axis=1) <= (reach / CELL) ** 2]
    return touched
