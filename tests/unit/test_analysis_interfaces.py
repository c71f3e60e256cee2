"""Interfaces of starter structures, and scores from PAE worked out by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from foldsight.analysis.interface_scores import d0, ipsae, iptm_from_pae, pair_scores, pdockq2
from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.library import Library
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.structure import Structure
from foldsight.typing import Floats


@pytest.fixture(scope="module")
def protease() -> Structure:
    return Library.open().structure("1hpv")


def errors(*rows: list[float]) -> Floats:
    return np.array(rows, dtype=np.float32)


def test_d0_is_that_of_the_tm_score_and_never_below_one() -> None:
    assert d0(120) == pytest.approx(1.24 * 105 ** (1 / 3) - 1.8)
    assert d0(27) == d0(1) == pytest.approx(1.24 * 12 ** (1 / 3) - 1.8)
    assert d0(27) >= 1.0


def test_ipsae_by_hand() -> None:
    """Two residues count for the first row: d0 is that of 27, 1.0389; the second row has none."""
    scale = 1.24 * 12 ** (1 / 3) - 1.8
    first = (1 / (1 + (1 / scale) ** 2) + 1 / (1 + (2 / scale) ** 2)) / 2
    assert ipsae(errors([1, 2, 30], [30, 30, 30])) == pytest.approx(first)
    assert ipsae(errors([1, 2, 12], [30, 30, 30]), cutoff=15) < first
    assert ipsae(errors([10, 30])) == 0.0


def test_iptm_from_pae_by_hand() -> None:
    scale = 1.24 * 85 ** (1 / 3) - 1.8
    best = (1 / (1 + (3 / scale) ** 2) + 1 / (1 + (5 / scale) ** 2)) / 2
    assert iptm_from_pae(errors([3, 5], [20, 20]), 100) == pytest.approx(best)


def test_pdockq2_by_hand() -> None:
    """Interface: the pair (0, 1). Mean pLDDT (80 + 90) / 2, PAE 5: x = 85 x 0.8 = 68."""
    near = np.array([[False, True], [False, False]])
    found = pdockq2(errors([1, 5], [1, 1]), near, errors([80, 10])[0], errors([10, 90])[0])
    assert found == pytest.approx(1.31 / (1 + math.exp(-0.075 * (68 - 84.733))) + 0.005)
    assert pdockq2(errors([1, 5], [1, 1]), ~near & False, errors([80, 10])[0], errors([10, 90])[0]) == 0.0


def test_a_pair_takes_the_better_direction() -> None:
    there, back = errors([2, 2]), errors([6], [6])
    scores = pair_scores(there, back, np.array([[True, True]]), None)
    assert scores.ipsae == ipsae(there) > ipsae(back)
    assert scores.pdockq2 is None


def test_the_dimer_of_hiv_protease(protease: Structure) -> None:
    """Its ends interleave in a sheet of four strands, tips and the fireman's grip touch."""
    found = protease.interfaces()
    assert len(found) == 1
    dimer = found["B", "A"]
    assert 1500 < dimer.buried_area / 2 < 2000
    numbers = {ref.auth_seq for ref in dimer.residues_first}
    assert {1, 3, 5, 8, 26, 50, 87, 97, 99} <= numbers
    assert not numbers & {17, 40, 60}
    assert dimer.n_hydrogen_bonds >= 15
    assert dimer.n_salt_bridges == 2  # Asp29 with Arg8', both ways
    assert dimer.iptm is None
    assert dimer.scores is None


def test_area_and_counts_are_symmetric_in_the_dimer(protease: Structure) -> None:
    dimer = protease.interfaces()[0]
    first, second = ({ref.auth_seq for ref in side} for side in (dimer.residues_first, dimer.residues_second))
    assert len(first ^ second) <= 6


def test_several_chains_come_largest_first() -> None:
    found = Library.open().structure("2gtl").interfaces()
    areas = [item.buried_area for item in found]
    assert areas == sorted(areas, reverse=True)
    assert len(found) > 5
    assert all(item.n_contacts > 0 for item in found)


def test_scores_and_iptm_of_a_prediction(protease: Structure) -> None:
    size = len(protease.residues)
    pae = np.full((size, size), 4.0, dtype=np.float32)
    values = np.full(size, 90, dtype=np.float32)
    iptm = np.array([[np.nan, 0.8], [0.7, np.nan]], dtype=np.float32)
    confidence = Confidence("plddt", values, pae=pae, iptm=iptm)
    found = Prediction(
        protease, confidence, FoldManifest("made up", "1", "predicted", "", name="x")
    ).interfaces()
    scores = found[0].scores
    assert scores is not None
    assert scores.ipsae == pytest.approx(1 / (1 + (4 / float(d0(99))) ** 2))
    assert scores.iptm_from_pae == pytest.approx(1 / (1 + (4 / float(d0(198))) ** 2))
    x = 90 / (1 + 0.4**2)
    assert scores.pdockq2 == pytest.approx(1.31 / (1 + math.exp(-0.075 * (x - 84.733))) + 0.005)
    assert found[0].iptm == pytest.approx(0.8)
    assert {"iptm", "ipsae", "pdockq2"} <= set(found.table.columns)
    assert json.loads(json.dumps(found.to_dict()))["interfaces"][0]["iptm"] == 0.8
    assert "ipSAE" in str(found)


def test_the_table_leaves_out_what_is_not_known(protease: Structure) -> None:
    found = protease.interfaces()
    assert "ipsae" not in found.table.columns
    assert "<table" in found._repr_html_()
    with pytest.raises(BadRequest, match="no interface between A and C"):
        found["A", "C"]


def test_one_chain_is_refused() -> None:
    with pytest.raises(BadRequest, match="1 protein chain; an interface needs two"):
        Library.open().structure("1ubi").interfaces()
