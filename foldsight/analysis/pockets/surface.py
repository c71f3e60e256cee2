"""Points a probe's centre can reach at the surface, thinned to an even spacing."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from foldsight.typing import Doubles, Ints

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
    kept = []
    for start in range(0, len(coord), CHUNK):
        part = coord[start : start + CHUNK]
        atom, direction = _exposed(part, coord, tree, directions)
        kept.append(part[atom] + REACH * directions[direction])
    return _thin(np.concatenate(kept))


def _exposed(centres: Doubles, coord: Doubles, tree: cKDTree, directions: Doubles) -> tuple[Ints, Ints]:
    """Return atom and direction of the points that no other atom covers.

    As all atoms have one reach, an atom at r covers the half space of directions d with
    d·r > r²/(2 REACH): a product, where a search around every point would take far longer.
    """
    pairs = cKDTree(centres).sparse_distance_matrix(tree, 2 * REACH, output_type="ndarray")
    pairs = pairs[pairs["v"] > 0]
    buried = np.zeros((len(centres), len(directions)), dtype=bool)
    axes = directions.T.astype(np.float32)
    # The nearest atoms bury most others wholly, so that few need to be held against the rest.
    near = pairs["v"] < BONDED
    for chosen in (pairs[near], pairs[~near]):
        bare_atoms = np.flatnonzero(~buried.all(axis=1))
        open_still = chosen[np.isin(chosen["i"], bare_atoms)]
        atom, other, distance = (open_still[name] for name in ("i", "j", "v"))
        order = np.argsort(atom, kind="stable")
        atom, distance = atom[order], distance[order]
        offset = (coord[other[order]] - centres[atom]).astype(np.float32)
        limit = (distance**2 + REACH**2 - (REACH - SLACK) ** 2) / (2 * REACH)
        covers = offset @ axes > limit.astype(np.float32)[:, None]
        atoms, starts = np.unique(atom, return_index=True)
        if len(atoms):
            buried[atoms] |= np.logical_or.reduceat(covers, starts, axis=0)
    bare, direction = np.nonzero(~buried)
    return bare, direction


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
