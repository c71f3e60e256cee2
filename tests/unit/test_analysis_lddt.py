"""lDDT against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from foldsight.analysis.lddt import lddt
from foldsight.errors import BadRequest

LINE = np.array([[0.0, 0, 0], [4.0, 0, 0], [8.0, 0, 0], [30.0, 0, 0]])


def test_the_same_structure_scores_one() -> None:
    np.testing.assert_array_equal(lddt(LINE, LINE)[:3], 1.0)


def test_superposition_plays_no_part() -> None:
    turned = LINE @ np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]) + 5
    np.testing.assert_allclose(lddt(turned, LINE)[:3], 1.0)


def test_a_case_by_hand() -> None:
    """The third of three atoms is 1.5 Å too far out.

    Distances 1-2: kept by all four limits. 1-3 and 2-3: off by 1.5, kept by 2 and 4 Å,
    one half. Atom 1 and 2: (1 + 1/2) / 2; atom 3: 1/2. The fourth atom is beyond 15 Å.
    """
    tested = LINE.copy()
    tested[2, 0] += 1.5
    np.testing.assert_allclose(lddt(tested, LINE)[:3], [0.75, 0.75, 0.5])


def test_a_residue_without_neighbours_has_no_score() -> None:
    assert np.isnan(lddt(LINE, LINE)[3])


def test_missing_residues_lose_their_distances() -> None:
    tested = LINE.copy()
    tested[2] = np.nan
    np.testing.assert_allclose(lddt(tested, LINE)[:3], [0.5, 0.5, 0.0])


def test_residues_missing_in_the_reference_do_not_count() -> None:
    reference = LINE.copy()
    reference[2] = np.nan
    found = lddt(LINE, reference)
    np.testing.assert_allclose(found[:2], 1.0)
    assert np.isnan(found[2])


def test_the_radius_decides_what_counts() -> None:
    tested = LINE.copy()
    tested[2, 0] += 1.5
    assert lddt(tested, LINE, radius=5.0)[0] == 1.0


@pytest.mark.parametrize("shape", [(3, 3), (4, 2)])
def test_shapes_must_agree(shape: tuple[int, int]) -> None:
    with pytest.raises(BadRequest, match="residue by residue"):
        lddt(np.zeros(shape), LINE)
