"""Which surface points lie on bulges, where nothing binds: left out before anything dear is computed.

The atoms around a point, each weighing by a Gaussian of its distance, have their mean at
some offset from it. On a flat or bulging surface that offset is about the Gaussian's width
or more; in a hollow the atoms of its far walls pull the mean back.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from foldsight.typing import Bools, Doubles, Floats

#: Width of the Gaussian, Å, and edge of the grid's cells on which atoms are smoothed, Å.
WIDTH, CELL = 6.0, 3.0
#: A point whose offset, in widths, is beyond this lies on a bulge: in 60 training
#: structures 52 % of all points, and 2 % of those near a ligand.
BULGE = 0.96
#: At least this share of the points is kept, the least exposed: the smallest proteins are all bulge.
LEAST = 0.25
#: Room around the atoms, Å, for points, and around points for the Gaussian's tail, cut at three widths.
MARGIN, TAIL = 4 * CELL, 4 * WIDTH
#: Space is handled in cubes of this edge, Å: bounds the memory that chains far apart take.
BLOCK = 400.0


def in_hollows(points: Doubles, coord: Doubles) -> Bools:
    """Return which points are not on bulges of the atoms at ``coord``; shape (P,)."""
    offset = one_sidedness(points, coord)
    found: Bools = offset <= BULGE
    if found.sum() < LEAST * len(points):
        found = offset <= np.quantile(offset, LEAST)
    return found


def one_sidedness(points: Doubles, coord: Doubles) -> Floats:
    """Return how far off the mean of the atoms around each point is, in widths; shape (P,).

    The offset is the gradient of the smoothed density of atoms over that density, as in mean
    shift (Fukunaga & Hostetler 1975), times the width.
    """
    block = np.floor((points - points.min(axis=0, initial=np.inf)) / BLOCK).astype(np.int64)
    blocks, which = np.unique(block, axis=0, return_inverse=True)
    which, found = which.reshape(-1), np.empty(len(points), dtype=np.float32)
    for i in range(len(blocks)):
        rows = np.flatnonzero(which == i)
        own = points[rows]
        near = ((coord > own.min(axis=0) - TAIL) & (coord < own.max(axis=0) + TAIL)).all(axis=1)
        found[rows] = _one_sidedness(own, coord[near])
    return found


def _one_sidedness(points: Doubles, coord: Doubles) -> Floats:
    low = coord.min(axis=0) - MARGIN
    shape = tuple(int(n) for n in np.ceil((coord.max(axis=0) + MARGIN - low) / CELL))
    cell = np.ravel_multi_index(tuple(((coord - low) / CELL).astype(np.int64).T), shape)
    count = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(np.float32)
    density = gaussian_filter(count, WIDTH / CELL, mode="constant", truncate=3.0)
    place = ((points - low) / CELL - 0.5).T
    slopes = [map_coordinates(slope, place, order=1) for slope in np.gradient(density)]
    here = np.maximum(map_coordinates(density, place, order=1), np.finfo(np.float32).tiny)
    found: Floats = (WIDTH / CELL) * np.linalg.norm(slopes, axis=0) / here
    return found
