"""What points are told of the fold around them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.spatial import cKDTree

from foldsight.analysis.pockets.features import NAMES as FEATURES
from foldsight.analysis.pockets.features import Surface
from foldsight.analysis.pockets.fold import NAMES, Fold, describe_fold
from foldsight.analysis.pockets.walls import HELIX, STRAND, Walls
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.typing import Floats


@cache
def protease() -> Walls:
    return Walls.of(Library(STARTER.parent / "nowhere", STARTER).structure("1hpv"))


def column(table: Floats, name: str) -> Floats:
    found: Floats = table[:, NAMES.index(name)]
    return found


def made(centres: list[tuple[float, float, float]], chain: list[int], place: list[int]) -> Fold:
    """A fold of given places, all of it coil."""
    size = np.ones(len(centres))
    marks = np.zeros((len(centres), 8))
    marks[:, 2] = 1
    length = np.bincount(chain)[chain]
    return Fold(np.array(centres), size, np.array(chain), np.array(place), length, marks)


def described(fold: Fold, *points: tuple[float, float, float]) -> Floats:
    return describe_fold(np.array(points), fold, cKDTree(fold.centre))


def test_residues_are_counted_along_their_chains() -> None:
    walls = protease()
    fold = Fold.of(walls)
    assert len(fold) == len(np.unique(walls.residue)) == fold.length[0] + fold.length[-1]
    for chain in (0, 1):
        assert fold.place[fold.chain == chain].tolist() == list(range(99))
    assert fold.size.sum() == len(walls)
    assert fold.centre.T @ fold.size / fold.size.sum() == pytest.approx(np.zeros(3), abs=1e-9)


def test_marks_follow_the_secondary_structure() -> None:
    walls = protease()
    fold, (_, first) = Fold.of(walls), np.unique(walls.residue, return_index=True)
    state = walls.state[first]
    helix, strand, coil, starts, ends, strand_starts, strand_ends, glycine = fold.marks.T
    assert (helix == (state == HELIX)).all()
    assert (strand == (state == STRAND)).all()
    assert (helix + strand + coil == 1).all()
    # The one helix of the protease, residues 87-92, is in both chains.
    assert starts.sum() == ends.sum() == 2
    assert set(fold.place[starts > 0]) <= set(range(84, 89))
    assert strand_starts.sum() == strand_ends.sum() > 10
    assert ((glycine == 1) <= (coil == 1)).all()
    assert glycine.sum() > 4


def test_segments_and_chains_that_meet_are_counted() -> None:
    # Residues 0 and 1 of chain 0 are one segment, 40 of it another, chain 1 a third.
    fold = made([(0, 0, 0), (3, 0, 0), (0, 4, 0), (0, 0, 4)], [0, 0, 0, 1], [0, 1, 40, 0])
    found = described(fold, (0.5, 0.5, 0.5), (100, 0, 0))
    assert column(found, "segments").tolist() == [3, 0]
    assert column(found, "chains").tolist() == [2, 0]
    assert column(found, "residues closely around").tolist() == [4, 0]
    assert column(found, "share of other chains").tolist() == [0.25, 0]
    places = np.array([0, 1, 40])
    assert column(found, "log spread along the chain")[0] == pytest.approx(np.log1p(places.std()))
    assert column(found, "spread along the chain over its length")[0] == pytest.approx(places.std() / 3)
    assert np.isfinite(found).all()


def test_the_nearer_a_residue_the_more_its_state_counts() -> None:
    fold = made([(2, 0, 0), (-6, 0, 0)], [0, 0], [0, 1])
    fold.marks[0] = [1, 0, 0, 1, 0, 0, 0, 0]
    found = described(fold, (0, 0, 0))
    assert column(found, "helix")[0] == pytest.approx(0.8 / (0.8 + 0.4))
    assert column(found, "coil")[0] == pytest.approx(0.4 / (0.8 + 0.4))
    assert column(found, "helix start")[0] == column(found, "helix")[0]


def test_the_surface_holds_them_and_knows_its_neighbours() -> None:
    surface = Surface.of(protease())
    at = FEATURES.index(NAMES[0])
    assert FEATURES[at : at + len(NAMES)] == NAMES
    fold = Fold.of(protease())
    again = describe_fold(surface.points, fold, cKDTree(fold.centre))
    assert np.array_equal(surface.features[:, at : at + len(NAMES)], again)
    # Means over neighbours: of a constant the constant, and each point's own weight is the largest.
    ones = np.ones(len(surface.points), dtype=np.float32)
    assert surface.around @ ones == pytest.approx(ones, abs=1e-5)
    assert (surface.around.diagonal() >= surface.around.max(axis=1).toarray().ravel() - 1e-7).all()
