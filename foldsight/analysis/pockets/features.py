"""What surrounds each surface point: crowding, enclosure, atom classes, residue types, fold, frustration.

The same function feeds training (``bench/train_pockets.py``) and detection, so the two
cannot drift apart. Nothing here reads B-factors, occupancies or anything but protein.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree

from foldsight.analysis.pockets import fold, frustration
from foldsight.analysis.pockets.chemistry import AMINO_ACIDS, CLASSES
from foldsight.analysis.pockets.surface import sphere, surface_points
from foldsight.analysis.pockets.walls import Walls
from foldsight.typing import Doubles, Floats, Ints

#: Atoms are seen to this distance, Å; residues (by their centre) to the next one.
NEAR, FAR = 10.0, 15.0
#: Short range of the weighted sums of classes and types, Å.
CLOSE = 6.0
#: Atoms are counted within these distances, Å.
SHELLS = (4.0, 5.0, 6.0, 8.0, 10.0)
#: Residue centres are counted within these distances, Å.
WIDE_SHELLS = (12.5, 15.0)
#: Enclosure: share of this many directions that are blocked within each distance, Å.
DIRECTIONS = 60
BLOCKED_WITHIN = (5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
#: Neighbouring points lend their features over these distances, Å.
SMOOTHING = (5.0, 9.0)
#: The networks see the points within this distance, Å, around each.
AROUND = 6.0
#: Points handled at once: bounds the memory that a large complex takes.
CHUNK = 4096
#: Offsets are rounded to this, Å, to look their direction up.
GRAIN = 0.5

NAMES: tuple[str, ...] = (
    *(f"atoms within {r:g}" for r in SHELLS),
    *(f"{name} within {r:g}" for r in (CLOSE, NEAR) for name in CLASSES),
    *(f"residue {letter} within {r:g}" for r in (CLOSE, NEAR) for letter in AMINO_ACIDS),
    *(f"hydropathy within {r:g}" for r in (CLOSE, NEAR)),
    *(f"blocked within {r:g}" for r in BLOCKED_WITHIN),
    f"blocked within {FAR:g}",
    "blocked both ways",
    "one-sidedness",
    *(f"residues within {r:g}" for r in WIDE_SHELLS),
    *fold.NAMES,
    *(f"{name} within {r:g}" for r in (CLOSE, NEAR) for name in frustration.NAMES),
)
_SMOOTHED = tuple(
    NAMES.index(name)
    for name in (
        *(f"atoms within {r:g}" for r in (6.0, 8.0, 10.0)),
        *(f"hydropathy within {r:g}" for r in (CLOSE, NEAR)),
        *(f"blocked within {r:g}" for r in (6.0, 8.0, 10.0)),
        f"blocked within {FAR:g}",
        "blocked both ways",
        "one-sidedness",
        f"residues within {FAR:g}",
    )
)
_ENCLOSURE = NAMES.index("blocked within 10")
WIDTH = len(NAMES) + len(SMOOTHING) * (len(_SMOOTHED) + 1) + 1


@dataclass(frozen=True, eq=False)
class Surface:
    """Surface points of a structure with what surrounds them.

    Attributes
    ----------
    walls : Walls
    tree : cKDTree
        Over the atoms of the walls.
    points : ndarray, shape=(P, 3), dtype=float64
        Å, in the frame of the walls.
    features : ndarray, shape=(P, WIDTH), dtype=float32
    around : csr_array, shape=(P, P), dtype=float32
        Weights of the points around each, falling to 0 at :data:`AROUND`; rows add up to 1.
    """

    walls: Walls
    tree: cKDTree
    points: Doubles
    features: Floats
    around: csr_array

    @classmethod
    def of(cls, walls: Walls) -> Surface:
        """Lay points on the surface and describe each."""
        tree = cKDTree(walls.coord)
        points = surface_points(walls.coord, tree)
        means = Means.of(points)
        features = describe(points, walls, tree, means)
        return cls(walls, tree, points, features, means.within(AROUND)[0])

    @property
    def enclosure(self) -> Floats:
        """Share of directions blocked within 10 Å of each point, 0-1; shape (P,)."""
        found: Floats = self.features[:, _ENCLOSURE] / np.float32(DIRECTIONS)
        return found


def describe(points: Doubles, walls: Walls, tree: cKDTree, means: Means) -> Floats:
    """Return the features of points; shape (P, WIDTH), float32."""
    residues = fold.Fold.of(walls)
    residue_tree = cKDTree(residues.centre)
    table = np.empty((len(points), WIDTH), dtype=np.float32)
    for start in range(0, len(points), CHUNK):
        part = points[start : start + CHUNK]
        local = _Local(part, walls, tree)
        wide = _Wide(part, residue_tree, residues)
        blocked = local.blocked()
        columns = [local.counts(), local.classes(), local.types(), local.hydropathy()]
        columns += [blocked.sum(axis=2).T, _both(blocked[-1], wide.blocked())]
        columns += [local.one_sidedness(), wide.counts(), fold.describe_fold(part, residues, residue_tree)]
        columns.append(local.frustration())
        table[start : start + CHUNK, : len(NAMES)] = np.concatenate(columns, axis=1)
    values, columns = table[:, _SMOOTHED], []
    for matrix, total in map(means.within, SMOOTHING):
        columns += [matrix @ values, total[:, None]]
    table[:, len(NAMES) : -1] = np.concatenate(columns, axis=1)
    table[:, -1] = np.log(len(residues))
    return table


@dataclass(frozen=True, eq=False)
class Means:
    """Pairs of points nearer than the last of :data:`SMOOTHING`, for means over neighbours.

    Attributes
    ----------
    size : int
        Number of points.
    point, other : ndarray, shape=(K,)
        Both ways, and each point with itself; sorted by ``point``.
    distance : ndarray, shape=(K,), dtype=float32
        Å.
    """

    size: int
    point: Ints
    other: Ints
    distance: Floats

    @classmethod
    def of(cls, points: Doubles) -> Means:
        """Find the pairs."""
        tree = cKDTree(points)
        found = tree.sparse_distance_matrix(tree, max(SMOOTHING), output_type="ndarray")
        shape = (len(points), len(points))
        matrix = coo_array((found["v"].astype(np.float32), (found["i"], found["j"])), shape=shape).tocsr()
        point = np.repeat(np.arange(len(points)), np.diff(matrix.indptr))
        return cls(len(points), point, matrix.indices, matrix.data)

    def within(self, reach: float) -> tuple[csr_array, Floats]:
        """Return the matrix that takes means, and the sum of weights at each point.

        Weights fall from 1 at the point to 0 at ``reach``, Å.
        """
        inside = self.distance < reach
        weight = 1 - self.distance[inside] / np.float32(reach)
        point = self.point[inside]
        # Every point is its own neighbour at distance 0, so the total is never 0.
        total = np.bincount(point, weights=weight, minlength=self.size).astype(np.float32)
        starts = np.zeros(self.size + 1, dtype=np.int64)
        np.cumsum(np.bincount(point, minlength=self.size), out=starts[1:])
        shape = (self.size, self.size)
        return csr_array((weight / total[point], self.other[inside], starts), shape=shape), total


class _Local:
    """Pairs of points and atoms nearer than :data:`NEAR`."""

    def __init__(self, points: Doubles, walls: Walls, tree: cKDTree) -> None:
        self.size, self.walls = len(points), walls
        self.point, self.atom, self.distance = _pairs(points, tree, NEAR)
        own = points.astype(np.float32)[self.point]
        self.offset = walls.coord.astype(np.float32)[self.atom] - own
        self.weights = [np.maximum(0, 1 - self.distance / reach) for reach in (CLOSE, NEAR)]

    def counts(self) -> Floats:
        return _shell_counts(self.point, self.distance, np.ones(1), SHELLS, self.size)

    def _sums(self, label: Ints, n: int) -> Floats:
        key = self.point * n + label[self.atom]
        tables = [np.bincount(key, weights=w, minlength=self.size * n) for w in self.weights]
        found: Floats = np.concatenate([table.reshape(self.size, n) for table in tables], axis=1)
        return found

    def classes(self) -> Floats:
        return self._sums(self.walls.kind, len(CLASSES))

    def types(self) -> Floats:
        return self._sums(self.walls.amino_acid, len(AMINO_ACIDS))

    def hydropathy(self) -> Floats:
        value = self.walls.hydropathy[self.atom]
        sums = [np.bincount(self.point, weights=w * value, minlength=self.size) for w in self.weights]
        return np.stack(sums, axis=1)

    def frustration(self) -> Floats:
        """Means over the atoms of residues whose frustration is known; 0 where there are none."""
        suited, residue = self.walls.suited, self.walls.residue[self.atom]
        known = np.isfinite(suited)
        # One product gives sums and weights; a residue comes by once for each of its atoms.
        table = np.concatenate([np.where(known, suited, 0), known], axis=1, dtype=np.float32)
        columns = []
        for weight in self.weights:
            matrix = coo_array((weight, (self.point, residue)), shape=(self.size, len(table)))
            sums, total = np.hsplit(matrix @ table, 2)
            columns.append(sums / np.maximum(total, 1e-6))
        return np.concatenate(columns, axis=1)

    def blocked(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Which directions are blocked within each distance; shape (distances, points, directions)."""
        key = self.point * DIRECTIONS + _direction(self.offset, NEAR)
        found = np.zeros((len(BLOCKED_WITHIN), self.size * DIRECTIONS), dtype=bool)
        for row, reach in zip(found, BLOCKED_WITHIN, strict=True):
            row[key[self.distance <= reach]] = True
        return found.reshape(len(BLOCKED_WITHIN), self.size, DIRECTIONS)

    def one_sidedness(self) -> Floats:
        """Length of the mean direction to the atoms: 0 when surrounded, 1 when on one side."""
        unit = self.offset / self.distance[:, None]
        total = np.stack([np.bincount(self.point, weights=axis, minlength=self.size) for axis in unit.T])
        count = np.maximum(np.bincount(self.point, minlength=self.size), 1)
        found: Floats = (np.linalg.norm(total, axis=0) / count)[:, None]
        return found


class _Wide:
    """Pairs of points and residue centres nearer than :data:`FAR`."""

    def __init__(self, points: Doubles, tree: cKDTree, residues: fold.Fold) -> None:
        self.size, self.weights = len(points), residues.size
        self.point, self.residue, self.distance = _pairs(points, tree, FAR)
        own = points.astype(np.float32)[self.point]
        self.offset = residues.centre.astype(np.float32)[self.residue] - own

    def counts(self) -> Floats:
        weight = self.weights[self.residue]
        return _shell_counts(self.point, self.distance, weight, WIDE_SHELLS, self.size)

    def blocked(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        found = np.zeros(self.size * DIRECTIONS, dtype=bool)
        found[self.point * DIRECTIONS + _direction(self.offset, FAR)] = True
        return found.reshape(self.size, DIRECTIONS)


def _pairs(points: Doubles, tree: cKDTree, reach: float) -> tuple[Ints, Ints, Floats]:
    found = cKDTree(points).sparse_distance_matrix(tree, reach, output_type="ndarray")
    distance = np.maximum(found["v"], 1e-3).astype(np.float32)
    return found["i"].astype(np.int64), found["j"].astype(np.int64), distance


def _shell_counts(
    point: Ints, distance: Floats, weight: Doubles, shells: tuple[float, ...], size: int
) -> Floats:
    """Weighted number of neighbours within each distance; shape (size, shells)."""
    shell = np.searchsorted(np.array(shells, dtype=np.float32), distance)
    n = len(shells) + 1
    key, weights = point * n + shell, np.broadcast_to(weight, point.shape)
    table = np.bincount(key, weights=weights, minlength=size * n).reshape(size, n)
    found: Floats = np.cumsum(table[:, :-1], axis=1)
    return found


def _both(near: np.ndarray, far: np.ndarray) -> Floats:
    """Directions blocked at all, and those blocked on both sides; shape (points, 2)."""
    opposite = near & near[:, _opposite()]
    return np.stack([(near | far).sum(axis=1), opposite.sum(axis=1)], axis=1)


@cache
def _opposite() -> Ints:
    directions = sphere(DIRECTIONS)
    found: Ints = np.argmin(directions @ directions.T, axis=1)
    return found


@cache
def _direction_table(steps: int) -> Ints:
    """Nearest of the directions for every rounded offset up to ``steps`` grains."""
    axis = np.arange(-steps, steps + 1, dtype=np.float32)
    offsets = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    nearest: Ints = np.argmax(offsets @ sphere(DIRECTIONS).T.astype(np.float32), axis=1)
    return nearest


def _direction(offset: Floats, reach: float) -> Ints:
    """Return the number of the direction nearest to each offset; shape (pairs,)."""
    steps = int(reach / GRAIN) + 1
    side = 2 * steps + 1
    grain = np.rint(offset * np.float32(1 / GRAIN)).astype(np.int64) + steps
    found: Ints = _direction_table(steps)[(grain[:, 0] * side + grain[:, 1]) * side + grain[:, 2]]
    return found
