"""Search and alignment of library sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foldsight.library import Library
from foldsight.library.align import align, from_rows
from foldsight.library.search import digitise, scan

NEDD8 = "MLIKVKTLTGKEIEIDIEPTDKVERIKERVEEKEGIPPQQQRLIYSGKQMNDEKTAADYKILGGSVLHLVLALRGG"
STARTER = Library(Path("no-such-folder"))


def test_a_relative_is_found() -> None:
    best = STARTER.search(NEDD8)[0]
    assert (best.entry.id, best.chain) == ("1ubi", "A")
    assert best.identity == pytest.approx(0.58, abs=0.02)
    assert best.coverage == 1.0
    assert best.e_value < 1e-20


def test_an_unrelated_sequence_has_no_hits() -> None:
    assert STARTER.search("MKVLSAQWERTYHHDGPLNAACVVKEWDRSTTYLLMMGHAQWEDDRKPGG") == []


def test_limit_is_kept_and_order_is_stable() -> None:
    sequence = STARTER.get("7pbl").chains[0].sequence
    hits = STARTER.search(sequence, limit=3)
    assert len(hits) == 3
    assert [str(hit) for hit in hits] == [str(hit) for hit in STARTER.search(sequence, limit=3)]


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    assert Library(tmp_path, starter=None).search(NEDD8) == []


def test_unknown_residues_in_a_template_are_no_obstacle() -> None:
    block = digitise([NEDD8.replace("K", "X")])
    assert [position for position, _, _ in scan(NEDD8, block)] == [0]


def test_rows_are_read_into_positions() -> None:
    found = from_rows("AC-DE", "A-GDF")
    np.testing.assert_array_equal(found.query, [0, 2, 3])
    np.testing.assert_array_equal(found.template, [0, 2, 3])
    np.testing.assert_array_equal(found.identical, [True, True, False])
    assert found.identity == pytest.approx(2 / 3)
    assert found.coverage == pytest.approx(3 / 4)


def test_overhanging_ends_cost_nothing() -> None:
    found = align("WWWWWW" + NEDD8, NEDD8 + "PPPP")
    assert found.identity == 1.0
    assert found.query[0] == 6
