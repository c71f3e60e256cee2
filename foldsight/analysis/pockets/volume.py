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
    probe = grid.within(points, AROUND) & ~grid.within_each(coord, radius + PROBE)
    swept = grid.widened(probe, PROBE + WIDER) & ~grid.within_each(coord, radius)
    inside = (grid.positions(swept) @ hull[:, :3].T + hull[:, 3] <= 0).all(axis=1)
    return float(inside.sum() * CELL**3)


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

    MARGIN = 9.0

    def __init__(self, low: Doubles, high: Doubles) -> None:
        self.low = low - self.MARGIN
        self.high = high + self.MARGIN
        self.shape = tuple(int(n) for n in np.ceil((self.high - self.low) / CELL).astype(int) + 1)

    def positions(self, cells: Bools) -> Doubles:
        """Middle of the chosen cells; shape (K, 3)."""
        found: Doubles = self.low + (np.argwhere(cells) + 0.5) * CELL
        return found

    def widened(self, cells: Bools, reach: float) -> Bools:
        """Cells whose middle lies within ``reach`` of the middle of any chosen cell."""
        offsets = _ball(reach)
        offsets = offsets[(offsets**2).sum(axis=1) <= (reach / CELL) ** 2].astype(np.int32)
        marked = np.zeros(self.shape, dtype=bool)
        marked.ravel()[np.flatnonzero(cells)[:, None] + offsets @ self._strides()] = True
        return marked

    def _strides(self) -> Ints:
        return np.array([self.shape[1] * self.shape[2], self.shape[2], 1], dtype=np.int32)

    def within_each(self, centre: Doubles, radius: Floats) -> Bools:
        """Cells whose middle lies within its own radius of any centre."""
        marked = np.zeros(self.shape, dtype=bool)
        for reach in np.unique(radius):
            marked |= self.within(centre[radius == reach], float(reach))
        return marked

    def within(self, centre: Doubles, reach: float) -> Bools:
        """Cells whose middle lies within ``reach`` of any centre."""
        marked = np.zeros(self.shape, dtype=bool)
        edge = reach + 2 * CELL
        inside = ((centre > self.low + edge) & (centre < self.high - edge)).all(axis=1)
        place = (centre[inside] - self.low) / CELL
        cell = np.floor(place)
        # |offset - rest|² as a product, which is far quicker than the difference itself.
        offsets = _ball(reach)
        rest = (place - cell - 0.5).astype(np.float32)
        apart = (offsets**2).sum(axis=1) - 2 * (rest @ offsets.T) + (rest**2).sum(axis=1)[:, None]
        strides = self._strides()
        flat = (cell.astype(np.int32) @ strides)[:, None] + offsets.astype(np.int32) @ strides
        marked.ravel()[flat[apart <= (reach / CELL) ** 2]] = True
        return marked


@cache
def _ball(reach: float) -> Floats:
    """Offsets of every cell that a ball centred in cell 0 may touch; shape (K, 3)."""
    steps = int(reach / CELL) + 1
    axis = np.arange(-steps, steps + 1, dtype=np.float32)
    offsets = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    nearest = np.maximum(np.abs(offsets) - 0.5, 0)
    touched: Floats = offsets[(nearest**2).sum(axis=1) <= (reach / CELL) ** 2]
    return touched
