"""Which template, and the refusal when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from foldsight.engines.template.choose import MIN_COVERAGE, MIN_IDENTITY, Shelf, choose, usable
from foldsight.errors import NoStructure
from foldsight.library import Library

HIV2 = "PQFSLWKRPVVTAYIEGQPVEVLLDTGADDSIVAGIELGNNYSPKIVGGIGGFINTKEYKNVEIEVLNKKVRATIMTGDTPINIFGRNILTALGMSLNL"
NEDD8 = "MLIKVKTLTGKEIEIDIEPTDKVERIKERVEEKEGIPPQQQRLIYSGKQMNDEKTAADYKILGGSVLHLVLALRGG"
ALONE = "MKVLSAQWERTYHHDGPLNAACVVKEWDRSTTYLLMMGHAQWEDDRKPGGSTFYLLVAAHPRRKEW"


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf(Library(Path("no-such-folder")))


def test_one_chain_takes_the_best_template(shelf: Shelf) -> None:
    (match,) = choose(shelf, (NEDD8,))
    assert str(match.hit) == "1ubi chain A"


def test_the_chains_of_a_complex_share_an_entry(shelf: Shelf) -> None:
    first, second = choose(shelf, (HIV2, HIV2))
    assert {str(first.hit), str(second.hit)} == {"1hpv chain A", "1hpv chain B"}
    assert first.assembly == second.assembly


def test_unrelated_chains_get_their_own_templates(shelf: Shelf) -> None:
    matches = choose(shelf, (HIV2, NEDD8))
    assert [match.hit.entry.id for match in matches] == ["1hpv", "1ubi"]
    assert matches[0].assembly != matches[1].assembly


def test_more_copies_than_the_template_has_go_to_a_second_assembly(shelf: Shelf) -> None:
    matches = choose(shelf, (HIV2, HIV2, HIV2))
    assert sorted(match.assembly for match in matches) == [0, 0, 1]


def test_a_sequence_without_relatives_is_refused(shelf: Shelf) -> None:
    with pytest.raises(NoStructure, match="resembles the sequence; 30% identity over 60%") as refusal:
        choose(shelf, (ALONE,))
    assert "foldsight library add" in refusal.value.hint


def test_the_refusal_names_the_chain(shelf: Shelf) -> None:
    with pytest.raises(NoStructure, match="chain 2"):
        choose(shelf, (NEDD8, ALONE))


def test_a_template_that_covers_too_little_is_refused_with_its_figures(shelf: Shelf) -> None:
    with pytest.raises(
        NoStructure, match=r"1ubi chain A, has \d\d% identity over 5\d% of the residues"
    ) as refusal:
        choose(shelf, (NEDD8 + ALONE,))
    assert refusal.value.details["template"] == "1ubi"
    assert refusal.value.details["coverage"] < MIN_COVERAGE


def test_what_is_usable_passes_both_thresholds(shelf: Shelf) -> None:
    hits = shelf.hits(HIV2)
    for hit in usable(hits):
        assert hit.identity >= MIN_IDENTITY
        assert hit.coverage >= MIN_COVERAGE
