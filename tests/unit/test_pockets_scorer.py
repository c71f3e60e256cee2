"""The scorers are plain arrays, small, and fit the features they are given."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
from scipy.sparse import csr_array

from foldsight.analysis.pockets.features import NAMES, WIDTH
from foldsight.analysis.pockets.ranking import SITE_WIDTH
from foldsight.analysis.pockets.scorer import Scorer, scorers, sigmoid

FILE = files("foldsight.analysis.pockets").joinpath("data", "pockets.npz")


def test_the_file_is_small_and_holds_no_pickle() -> None:
    content = FILE.read_bytes()
    assert len(content) <= 3 * 2**20
    with FILE.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        assert all(stored[key].dtype.kind == "f" for key in stored.files)
        assert all(np.isfinite(stored[key]).all() for key in stored.files)


def test_the_scorers_fit_the_features() -> None:
    trained = scorers()
    assert trained.point.mean.shape == (WIDTH,)
    assert trained.site.mean.shape == trained.drug.mean.shape == (SITE_WIDTH,)
    assert len(set(NAMES)) == len(NAMES)


def test_probabilities_stay_in_range_far_from_the_training() -> None:
    odd = np.array([np.full(WIDTH, 1e6), np.full(WIDTH, -1e6)], dtype=np.float32)
    found = sigmoid(scorers().point.logit(odd, csr_array(np.eye(2, dtype=np.float32))))
    assert ((found >= 0) & (found <= 1)).all()
    assert sigmoid([-1e4, 0.0, 1e4]) == pytest.approx([0, 0.5, 1])


def test_a_scorer_is_what_it_says() -> None:
    weight = np.array([[1.0, -1.0], [2.0, 0.5]], dtype=np.float32)
    layers = (
        (weight, np.array([0.5, 0.0], np.float32)),
        (np.ones((2, 1), np.float32), np.zeros(1, np.float32)),
    )
    scorer = Scorer(np.array([1.0, 0.0], np.float32), np.array([2.0, 1.0], np.float32), (layers, layers))
    inputs = np.array([[3.0, 1.0], [-1.0, 0.0]], dtype=np.float32)
    # Standardised: (1, 1) and (-1, 0); hidden after ReLU: (3.5, 0) and (0, 1).
    assert scorer.logit(inputs) == pytest.approx([3.5, 1.0])
    again = Scorer.from_arrays(scorer.to_arrays("x"), "x")
    assert np.array_equal(again.logit(inputs), scorer.logit(inputs))
    assert len(again.networks) == 2


def test_a_network_of_points_sees_its_neighbours() -> None:
    hidden = (np.array([[1.0]], np.float32), np.zeros(1, np.float32))
    last = (np.array([[1.0], [10.0]], np.float32), np.zeros(1, np.float32))
    scorer = Scorer(np.zeros(1, np.float32), np.ones(1, np.float32), ((hidden, last),))
    around = csr_array(np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]], np.float32))
    inputs = np.array([[1.0], [3.0], [-2.0]], np.float32)
    # After ReLU 1, 3, 0; means over neighbours 2, 2, 0.
    assert scorer.logit(inputs, around) == pytest.approx([21, 23, 0])
