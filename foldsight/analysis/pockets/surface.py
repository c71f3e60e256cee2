"""Points a probe's centre can reach in the hollows of the surface, thinned to an even spacing."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from foldsight.analysis.pockets.exposure import in_hollows
from foldsight.typing import Bools, Doubles

#: Distance, Å, of the points from the nearest heavy atoms: 1.7 (carbon) + 1.6 (probe).
REACH = 3.3
#: Edge, Å, of the cells of which each keeps one point.
SPACING = 2.5
#: Directions tried around each atom.
TRIED = 40
#: A point is buried when an atom is nearer than REACH by more than this, Å.
SLACK = 1e-3
#: Atoms nearer than this, Å, are held against each other first.
BONDED = 4.2
#: Atoms handled at once: bounds the memory that a large complex takes.
CHUNK = 4096


def sphere(n: int) -> Doubles:
    """Return ``n`` unit vectors spread evenly (Fibonacci lattice); shape (n, 3)."""
    step = np.arange(n) + 0.5
    polar, turn = np.arccos(1 - 2 * step / n), np.pi * (1 + 5**0.5) * step
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)


def surface_points(coord: Doubles, tree: cKDTree) -> Doubles:
    """Return surface points of atoms at ``coord`` that lie in hollows; shape (P, 3), Å.

    One point stays per cell of :data:`SPACING`: the one nearest to the cell's centre, so
    that the choice does not hang on the order of the atoms.
    """
    directions = sphere(TRIED)
    kept = []
    for start in range(0, len(coord), CHUNK):
        part = coord[start : start + CHUNK]
        buried = np.zeros((len(part), TRIED), dtype=bool)
        # The nearest atoms bury most others wholly, so that few need to be held against the rest.
        for reach in (BONDED, 2 * REACH):
            bare = np.flatnonzero(~buried.all(axis=1))
            buried[bare] |= _covered(part[bare], coord, tree, reach, directions)
        atom, direction = np.nonzero(~buried)
        kept.append(part[atom] + REACH * directions[direction])
    points = _thin(np.concatenate(kept))
    return points[in_hollows(points, coord)]


def _covered(places: Doubles, coord: Doubles, tree: cKDTree, reach: float, directions: Doubles) -> Bools:
    """Which directions of atoms at ``places`` others within ``reach`` cover; shape (places, directions).

    As all atoms have one reach, an atom at r covers the half space of directions d with
    d·r > r²/(2 REACH): a product, where a search around every point would take far longer.
    """
    pairs = cKDTree(places).sparse_distance_matrix(tree, reach, output_type="ndarray")
    # Numbers of 16 bits are sorted by their digits; a chunk has no more places than that.
    pairs = pairs[np.argsort(pairs["i"].astype(np.uint16), kind="stable")]
    place, squared = pairs["i"], (pairs["v"] ** 2).astype(np.float32)
    offset = (coord[pairs["j"]] - places[place]).astype(np.float32)
    limit = (squared + np.float32(REACH**2 - (REACH - SLACK) ** 2)) / np.float32(2 * REACH)
    covers = offset @ directions.T.astype(np.float32) > limit[:, None]
    # Every place is an atom and finds itself, which covers nothing: none is without pairs.
    starts = np.searchsorted(place, np.arange(len(places)))
    found: Bools = np.logical_or.reduceat(covers, starts, axis=0) if len(places) else covers
    return found


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
