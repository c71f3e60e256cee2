"""Points a probe's centre can reach at the surface, thinned to an even spacing."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from foldsight.typing import Doubles

#: Distance, Å, of the points from the nearest heavy atoms: 1.7 (carbon) + 1.6 (probe).
REACH = 3.3
#: Edge, Å, of the cells of which each keeps one point.
SPACING = 2.0
#: Directions tried around each atom.
TRIED = 26
#: Candidates tested at once: bounds the memory that a large complex takes.
CHUNK = 2**17


def sphere(n: int) -> Doubles:
    """Return ``n`` unit vectors spread evenly (Fibonacci lattice); shape (n, 3)."""
    step = np.arange(n) + 0.5
    polar, turn = np.arccos(1 - 2 * step / n), np.pi * (1 + 5**0.5) * step
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)


def surface_points(coord: Doubles, tree: cKDTree) -> Doubles:
    """Return surface points of atoms at ``coord``; shape (P, 3), Å.

    One point stays per cell of :data:`SPACING`: the one nearest to the cell's centre, so
    that the choice does not hang on the order of the atoms.
    """
    directions = REACH * sphere(TRIED)
    step = max(1, CHUNK // TRIED)
    kept = []
    for start in range(0, len(coord), step):
        tried = (coord[start : start + step, None] + directions).reshape(-1, 3)
        near, _ = tree.query(tried, distance_upper_bound=REACH - 1e-3)
        kept.append(tried[~np.isfinite(near)])
    return _thin(np.concatenate(kept))


def _thin(points: Doubles) -> Doubles:
    if not len(points):
        return points
    cell = np.floor(points / SPACING).astype(np.int64)
    off_centre = ((points - (cell + 0.5) * SPACING) ** 2).sum(axis=1)
    cell -= cell.min(axis=0)
    size = cell.max(axis=0) + 1
    key = (cell[:, 0] * size[1] + cell[:, 1]) * size[2] + cell[:, 2]
    order = np.lexsort((off_centre, key))
    first = np.ones(len(order), dtype=bool)
    first[1:] = key[order][1:] != key[order][:-1]
    thinned: Doubles = points[order[first]]
    return thinned
