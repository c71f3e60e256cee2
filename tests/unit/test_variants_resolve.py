"""Finding residues, and what is said when they are not where the variant says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foldsight.analysis.variants.parse import Scan, parse_request
from foldsight.analysis.variants.resolve import Found, resolve_all, rows_of
from foldsight.errors import BadRequest
from foldsight.library import Library
from foldsight.structure import Structure


@pytest.fixture(scope="module")
def protease() -> Structure:
    """HIV-1 protease: two copies of one chain, A and B, residues 1-99."""
    return Library.open().structure("1hpv")


def find(structure: Structure, text: str, chain: str | None = None) -> list[Found]:
    wanted = parse_request(text)
    assert not isinstance(wanted, Scan)
    return resolve_all(structure, wanted, chain)


def fault(structure: Structure, text: str) -> str:
    found = next(each.fault for each in find(structure, text) if each.fault is not None)
    return str(found)


def test_a_chain_is_chosen_when_its_copies_are_the_same(protease: Structure) -> None:
    change = find(protease, "V82A")[0].changes[0]
    assert str(protease.refs[change.row]) == "A:82"
    assert "copies B" in change.notes[0]
    assert str(protease.refs[find(protease, "B:V82A")[0].changes[0].row]) == "B:82"
    assert str(protease.refs[find(protease, "V82A", chain="B")[0].changes[0].row]) == "B:82"


def test_wrong_wild_type_says_what_is_there_and_where_it_is_found(protease: Structure) -> None:
    assert fault(protease, "A:K82A") == "Residue A:82 is VAL, not LYS. The nearest LYS are A:70, A:55, A:45."


def test_one_shift_that_mends_all_is_named(protease: Structure) -> None:
    message = fault(protease, "A:V92A A:I94V A:L100M")
    assert "when -10 is added" in message
    assert "V82A" in message


def test_absent_residues(protease: Structure) -> None:
    assert "it runs from 1 to 99" in fault(protease, "A:V500A")
    keep = np.array([ref.auth_seq not in (40, 41) for ref in protease.refs])
    assert "(a gap)" in fault(protease.subset(keep), "A:G40A")


def test_the_other_chain_is_tried(protease: Structure) -> None:
    keep = np.array([ref.chain == "B" or ref.auth_seq != 82 for ref in protease.refs])
    assert "Chain B has VAL 82." in fault(protease.subset(keep), "A:V82A")


def test_uniprot_numbers(protease: Structure) -> None:
    table = protease.residues
    numbered = replace(protease, residues=replace(table, uniprot=(table.auth_seq + 488).astype(np.int32)))
    change = find(numbered, "P04585:p.Val570Ala", "A")[0].changes[0]
    assert str(numbered.refs[change.row]) == "A:82"
    assert "UniProt" in change.notes[0]
    assert "VAL 570 of UniProt is A:82." in fault(numbered, "A:V570A")
    assert "82 was taken as author number" in find(protease, "P04585 V82A", "A")[0].changes[0].notes[0]


def test_modified_residues_are_told(protease: Structure) -> None:
    names = protease.residues.name.copy()
    names[[ref.auth_seq == 36 for ref in protease.refs]] = "MSE"
    changed = replace(protease, residues=replace(protease.residues, name=names))
    assert "is MSE, taken as MET" in find(changed, "A:M36L")[0].changes[0].notes[0]


def test_unknown_chains_are_refused(protease: Structure) -> None:
    assert "no protein chain 'Z'" in fault(protease, "Z:V82A")
    with pytest.raises(BadRequest, match="no protein chain 'Z'"):
        find(protease, "V82A", chain="Z")


def test_selections_of_a_scan(protease: Structure) -> None:
    assert len(rows_of(protease, "", "A")) == 99
    assert len(rows_of(protease, "A:25-27, B:82")) == 4
    with pytest.raises(BadRequest, match="no chain 'Z'"):
        rows_of(protease, "", "Z")
