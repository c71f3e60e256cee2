"""Points a probe's centre can reach at the surface, thinned to an even spacing."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from foldsight.typing import Bools, Doubles, Floats, Ints

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
    """Return surface points of atoms at ``coord``; shape (P, 3), Å.

    One point stays per cell of :data:`SPACING`: the one nearest to the cell's centre, so
    that the choice does not hang on the order of the atoms.
    """
    directions = sphere(TRIED)
    one, two = tree.query_pairs(2 * REACH, output_type="ndarray").T
    atom, other = np.concatenate([one, two]), np.concatenate([two, one])
    order = np.argsort(atom, kind="stable")
    atom, other = atom[order], other[order]
    kept = []
    for start in range(0, len(coord), CHUNK):
        stop = min(start + CHUNK, len(coord))
        own = slice(*np.searchsorted(atom, (start, stop)))
        offset = (coord[other[own]] - coord[atom[own]]).astype(np.float32)
        bare, direction = np.nonzero(~_buried(atom[own] - start, offset, directions, stop - start))
        kept.append(coord[start + bare] + REACH * directions[direction])
    return _thin(np.concatenate(kept))


def _buried(atom: Ints, offset: Floats, directions: Doubles, size: int) -> Bools:
    """Return which directions of each atom another atom covers; shape (size, directions).

    As all atoms have one reach, an atom at r covers the half space of directions d with
    d·r > r²/(2 REACH): a product, where a search around every point would take far longer.

    Parameters
    ----------
    atom : ndarray, shape=(K,)
        Of each pair of atoms nearer than two reaches; sorted.
    offset : ndarray, shape=(K, 3), dtype=float32
        From it to the other, Å.
    """
    squared = (offset**2).sum(axis=1)
    limit = (squared + np.float32(REACH**2 - (REACH - SLACK) ** 2)) / np.float32(2 * REACH)
    buried = np.zeros((size, len(directions)), dtype=bool)
    axes = directions.T.astype(np.float32)
    # The nearest atoms bury most others wholly, so that few need to be held against the rest.
    bonded = squared < BONDED**2
    for chosen in (bonded, ~bonded):
        whole: Bools = np.asarray(buried.all(axis=1))
        rows = np.flatnonzero(chosen & ~whole[atom])
        if len(rows):
            atoms, starts = np.unique(atom[rows], return_index=True)
            covers = offset[rows] @ axes > limit[rows, None]
            buried[atoms] |= np.logical_or.reduceat(covers, starts, axis=0)
    return buried


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
