"""What a surface point is to the fold: the segments, chains and secondary structure around it.

Binding sites tend to lie where many segments of a chain meet, at the ends of helices and
strands and between chains. None of this can be seen from the nearest atoms alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from foldsight.analysis.pockets.chemistry import AMINO_ACIDS
from foldsight.analysis.pockets.walls import COIL, HELIX, STRAND, Walls
from foldsight.typing import Bools, Doubles, Floats, Ints

#: Residues, by their centres, are around a point to this distance, Å; closely to the next.
AROUND, CLOSELY = 12.0, 9.0
#: Weights of secondary structure fall to 0 at this distance, Å.
FADING = 10.0
#: So many residues in a row are a segment.
SEGMENT = 8

NAMES: tuple[str, ...] = (
    "segments", "chains", "share of other chains", "log spread along the chain",
    "spread along the chain over its length", "residues closely around", "segments per residue",
    "helix", "strand", "coil", "helix start", "helix end", "strand start", "strand end", "coil glycine",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Fold:
    """The residues of walls as single places, in the order of the file.

    Attributes
    ----------
    centre : ndarray, shape=(R, 3), dtype=float64
        Mean position of the residue's heavy atoms; Å, in the walls' frame.
    size : ndarray, shape=(R,), dtype=float64
        Number of heavy atoms.
    chain, place : ndarray, shape=(R,), dtype=int64
        Number of the chain, and of the residue along it, from 0.
    length : ndarray, shape=(R,), dtype=int64
        Residues in the chain.
    marks : ndarray, shape=(R, 8), dtype=float64
        1 for: in a helix, in a strand, in coil; first and last of a helix, first and last of
        a strand; glycine in coil.
    """

    centre: Doubles
    size: Doubles
    chain: Ints
    place: Ints
    length: Ints
    marks: Doubles

    def __len__(self) -> int:
        return len(self.centre)

    @classmethod
    def of(cls, walls: Walls) -> Fold:
        """Gather the residues of walls."""
        _, first, size, centre = walls.by_residue()
        chain = np.unique(walls.chain[first], return_inverse=True)[1].astype(np.int64)
        length = np.bincount(chain)
        place = np.empty(len(first), dtype=np.int64)
        # A stable sort lists chain after chain, each in its own order.
        place[np.argsort(chain, kind="stable")] = np.concatenate([np.arange(n) for n in length])
        marks = _marks(walls.state[first], walls.amino_acid[first], chain)
        return cls(centre, size, chain, place, length[chain], marks)


def describe_fold(points: Doubles, fold: Fold, tree: cKDTree) -> Floats:
    """Return the features :data:`NAMES` of points; shape (P, len(NAMES)), float32.

    Parameters
    ----------
    points : ndarray, shape=(P, 3)
        Å, in the walls' frame.
    fold : Fold
    tree : cKDTree
        Over the centres of the fold's residues.
    """
    found = cKDTree(points).sparse_distance_matrix(tree, AROUND, output_type="ndarray")
    point, residue = found["i"].astype(np.int64), found["j"].astype(np.int64)
    around = _Around(fold, tree.query(points)[1], point, residue, found["v"])
    return np.concatenate([around.segments(), around.secondary_structure()], axis=1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Around:
    """Pairs of points and residues nearer than :data:`AROUND`, and the residue nearest to each point."""

    fold: Fold
    nearest: Ints
    point: Ints
    residue: Ints
    distance: Doubles

    def _sum(self, weight: Doubles | Bools) -> Doubles:
        sums = np.bincount(self.point, weights=weight, minlength=len(self.nearest))
        found: Doubles = sums.astype(np.float64)
        return found

    def segments(self) -> Doubles:
        """Return the first seven features: how much of the chains comes together here."""
        fold, size = self.fold, len(self.nearest)
        near = self.distance < CLOSELY
        point, residue = self.point[near], self.residue[near]
        per_chain = int(fold.place.max()) // SEGMENT + 1
        segments = _distinct(point, (fold.chain * per_chain + fold.place // SEGMENT)[residue], size)
        closely = np.bincount(point, minlength=size).astype(np.float64)
        own = fold.chain[self.residue] == fold.chain[self.nearest[self.point]]
        all_around, mates = np.maximum(self._sum(np.ones(len(own))), 1), np.maximum(self._sum(own), 1)
        place = fold.place[self.residue].astype(np.float64)
        off_mean = place - (self._sum(place * own) / mates)[self.point]
        spread = np.sqrt(self._sum(off_mean**2 * own) / mates)
        return np.stack(
            [
                segments,
                _distinct(point, fold.chain[residue], size),
                self._sum(~own) / all_around,
                np.log1p(spread),
                spread / fold.length[self.nearest],
                closely,
                segments / np.maximum(closely, 1),
            ],
            axis=1,
        )

    def secondary_structure(self) -> Doubles:
        """Return the other features: shares of the marks, the nearer a residue the weightier."""
        weight = np.maximum(0, 1 - self.distance / FADING)
        total = np.maximum(self._sum(weight), 1e-6)
        shares = [self._sum(weight * mark[self.residue]) / total for mark in self.fold.marks.T]
        return np.stack(shares, axis=1)


def _distinct(point: Ints, label: Ints, size: int) -> Doubles:
    """Number of distinct labels among the pairs of each point; shape (size,)."""
    several = int(label.max(initial=0)) + 1
    pairs = np.unique(point * several + label)
    found: Doubles = np.bincount(pairs // several, minlength=size).astype(np.float64)
    return found


def _marks(state: Ints, amino_acid: Ints, chain: Ints) -> Doubles:
    starts, ends = np.ones(len(state), dtype=bool), np.ones(len(state), dtype=bool)
    starts[1:] = (state[1:] != state[:-1]) | (chain[1:] != chain[:-1])
    ends[:-1] = starts[1:]
    helix, strand, coil = (state == which for which in (HELIX, STRAND, COIL))
    glycine = amino_acid == AMINO_ACIDS.index("G")
    columns = [helix, strand, coil]
    columns += [helix & starts, helix & ends, strand & starts, strand & ends, coil & glycine]
    marks: Doubles = np.stack(columns, axis=1).astype(np.float64)
    return marks
