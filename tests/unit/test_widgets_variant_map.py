"""VariantMap in the kernel: its numbers, and its selection in step with a view."""

from __future__ import annotations

import numpy as np
import pytest
from foldsight_widgets import StructureView, VariantMap
from foldsight_widgets.variant_map import linked

from foldsight.analysis.variants import predict_variants
from foldsight.analysis.variants.heatmap import ORDER
from foldsight.api.shown import ShownVariants
from foldsight.errors import BadRequest
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.structure import Structure


@pytest.fixture(scope="module")
def ubiquitin() -> Structure:
    return Library(STARTER.parent / "nowhere", STARTER).structure("1ubi")


@pytest.fixture(scope="module")
def scan(ubiquitin: Structure) -> ShownVariants:
    return ShownVariants(**vars(predict_variants(ubiquitin, "scan")), subject=ubiquitin)


def test_the_map_holds_the_numbers_of_the_table(scan: ShownVariants) -> None:
    heat = VariantMap(scan)
    values = np.frombuffer(heat.values, "<f4").reshape(76, 20)
    row = next(row for row in scan if row.variant == "A:I44A")
    assert values[43, ORDER.index("A")] == pytest.approx(row.ddg_kcal_mol)
    assert values[43, ORDER.index("I")] == 0
    assert heat.facts["labels"][43] == "A:I44"
    assert repr(heat) == f"VariantMap of {scan.structure}: 76 residues"


def test_the_selection_is_in_step_both_ways(scan: ShownVariants, ubiquitin: Structure) -> None:
    heat, view = VariantMap(scan), StructureView(ubiquitin)
    view.selection = "A:3"
    heat.follow(view)
    assert heat.selection == ["A:3"]
    heat.selection = ["A:46", "A:44", "Z:1"]
    assert [str(ref) for ref in view.selection] == ["A:44", "A:46"]
    view.selection = "A:1-2"
    assert heat.selection == ["A:1", "A:2"]
    heat.selection = []
    assert view.selection == []


def test_a_scan_shows_map_and_view_together(scan: ShownVariants) -> None:
    heat, view = linked(scan).children
    heat.selection = ["A:44"]
    assert [str(ref) for ref in view.selection] == ["A:44"]


def test_a_table_without_single_changes_is_refused(ubiquitin: Structure) -> None:
    double = predict_variants(ubiquitin, "I44A+L67S")
    with pytest.raises(BadRequest, match="no single change"):
        VariantMap(double)
