"""Residue tracks on structures of the starter library."""

from __future__ import annotations

import numpy as np
import pytest

from foldsight.analysis.contacts import contact_pairs, disulfides, salt_bridges
from foldsight.analysis.surface_area import relative_area, residue_area
from foldsight.analysis.tracks import tracks
from foldsight.library import Library
from foldsight.structure import Structure


@pytest.fixture(scope="module")
def ubiquitin() -> Structure:
    return Library.open().structure("1ubi")


@pytest.fixture(scope="module")
def crambin() -> Structure:
    return Library.open().structure("1ejg")


def test_ubiquitin_has_its_known_secondary_structure(ubiquitin: Structure) -> None:
    """Vijay-Kumar et al. 1987: a helix 23-34, a mixed five-stranded sheet."""
    table = tracks(ubiquitin).set_index("auth_seq")
    assert (table.loc[23:33, "ss"] == "H").all()
    assert (table.loc[2:6, "ss"] == "E").all()
    assert (table.loc[66:71, "ss"] == "E").all()


def test_areas_are_those_of_a_folded_protein(ubiquitin: Structure) -> None:
    area = residue_area(ubiquitin)
    assert np.nansum(area[ubiquitin.protein_mask]) == pytest.approx(4800, rel=0.05)
    relative = relative_area(ubiquitin, area)[ubiquitin.protein_mask]
    assert np.nanmin(relative) >= 0
    # The C-terminal glycine, with its OXT, shows more than an inner one can.
    assert np.nanmax(relative[:-1]) < 1.3


def test_core_is_buried_and_the_tail_is_not(ubiquitin: Structure) -> None:
    table = tracks(ubiquitin).set_index("auth_seq")
    assert table.loc[[26, 30, 43, 56], "buried"].all()
    assert not table.loc[[75, 76], "buried"].any()


def test_crambin_has_three_disulfides(crambin: Structure) -> None:
    pairs = [(crambin.refs[a].auth_seq, crambin.refs[b].auth_seq) for a, b in disulfides(crambin)]
    assert pairs == [(3, 40), (4, 32), (16, 26)]
    table = tracks(crambin).set_index("auth_seq")
    assert table.loc[3, "disulfide"].endswith(":40")


def test_ubiquitin_salt_bridge(ubiquitin: Structure) -> None:
    """Lys11-Glu34 and Lys27-Asp52 are the ones described for ubiquitin."""
    found = {(ubiquitin.refs[a].auth_seq, ubiquitin.refs[b].auth_seq) for a, b in salt_bridges(ubiquitin)}
    assert (52, 27) in found


def test_contacts_are_symmetric_in_count_and_apart_in_sequence(ubiquitin: Structure) -> None:
    pairs = contact_pairs(ubiquitin)
    label = ubiquitin.residues.label_seq
    assert (np.abs(label[pairs[:, 0]] - label[pairs[:, 1]]) >= 3).all()
    assert tracks(ubiquitin)["contacts"].sum() == 2 * len(pairs)
