"""Copies of a chain tell of each other: what one says of a place, the others know too.

In a crystal the copies of a chain differ a little, and so do the points that happen to lie on
them. The logits of points that lie at the same place of copies are averaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from foldsight.analysis.pockets.walls import Walls
from foldsight.analysis.vectors import superpose
from foldsight.typing import Doubles, Floats, Ints

#: Copies have so many residues in common, and this share of the shorter chain's.
LEAST, SHARE = 20, 0.6
#: A chain hears of at most so many copies: bounds the time that a virus' shell takes.
MOST = 8
#: Points of a copy are heard over this distance, Å, by a Gaussian of the next width.
HEARD, WIDTH = 2.5, 1.25
#: Residues that moved between copies, this many times as far as half of them do and farther than
#: so many Å, do not count for the superposition, which is made so many times more.
MOVED, STILL, AGAIN = 2.0, 2.0, 2
#: Fewer residues than this that stayed tell no superposition.
STAYED = 15


def agreed(logit: Floats, points: Doubles, walls: Walls, names: Ints) -> Floats:
    """Average the logits of points that lie at the same place of copies of a chain; shape (P,).

    Parameters
    ----------
    logit : ndarray, shape=(P,)
    points : ndarray, shape=(P, 3)
        Å, in the frame of the walls.
    walls : Walls
    names : ndarray, shape=(R,)
        From :func:`~foldsight.analysis.pockets.lining.residue_names`.
    """
    total, weight = logit.astype(np.float64), np.ones(len(logit))
    tree, chain = cKDTree(points), None
    for motion in motions(walls, names):
        if chain is None:
            chain = walls.chain[cKDTree(walls.coord).query(points)[1]]
        rows = np.flatnonzero(chain == motion.chain)
        if not len(rows):
            continue
        moved = points[rows] @ motion.rotation.T + motion.shift
        pairs = cKDTree(moved).sparse_distance_matrix(tree, HEARD, output_type="ndarray")
        near = np.exp(-0.5 * (pairs["v"] / WIDTH) ** 2)
        count = np.bincount(pairs["i"], weights=near, minlength=len(rows))
        said = np.bincount(pairs["i"], weights=near * logit[pairs["j"]], minlength=len(rows))
        # A point with few near it at the copy's place weighs less, and none more than the point itself.
        heard = np.minimum(count, 1.0)
        total[rows] += heard * said / np.maximum(count, 1e-9)
        weight[rows] += heard
    found: Floats = (total / weight).astype(np.float32)
    return found


@dataclass(frozen=True, eq=False)
class Motion:
    """What lays a chain on one of its copies: ``x_copy = x @ rotation.T + shift``.

    Attributes
    ----------
    chain : int
        Row of the chain table.
    rotation : ndarray, shape=(3, 3)
    shift : ndarray, shape=(3,)
        Å.
    """

    chain: int
    rotation: Doubles
    shift: Doubles


def motions(walls: Walls, names: Ints) -> Iterator[Motion]:
    """Find the motions that lay each chain on its copies, by the residues that have a name in common."""
    residues, first, _, centre = walls.by_residue()
    chain, chains = walls.chain[first], []
    for number in np.unique(chain).tolist():
        own = np.flatnonzero(chain == number)
        known, where, count = np.unique(names[residues[own]], return_index=True, return_counts=True)
        chains.append((number, known[count == 1], own[where[count == 1]]))
    for k, (number, known, own) in enumerate(chains):
        heard = 0
        # The next ones first, then from the start: every chain hears of as many, and of others.
        for _, others, rows in chains[k + 1 :] + chains[:k]:
            common, here, there = np.intersect1d(known, others, return_indices=True)
            if len(common) >= max(LEAST, SHARE * min(len(known), len(others))):
                yield Motion(number, *_superposed(centre[own[here]], centre[rows[there]]))
                heard += 1
            if heard == MOST:
                break


def _superposed(mobile: Doubles, target: Doubles) -> tuple[Doubles, Doubles]:
    """Return rotation and shift by least squares, without the residues that moved."""
    rotation, shift = superpose(mobile, target)
    for _ in range(AGAIN):
        apart = np.linalg.norm(mobile @ rotation.T + shift - target, axis=1)
        stayed = apart < max(STILL, MOVED * float(np.median(apart)))
        if stayed.sum() < STAYED:
            break
        rotation, shift = superpose(mobile[stayed], target[stayed])
    return rotation, shift
