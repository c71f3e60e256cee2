"""Colouring by a column, by hydrophobicity, and structures shown together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from foldsight.errors import BadRequest
from foldsight.residues import ResidueRef
from foldsight.scene import Mark, Scene, by_column
from foldsight.scene.hydrophobicity import by_hydrophobicity
from foldsight.scene.payload import widget_payload
from foldsight.scene.superposed import together
from tests.samples import helices, prediction


def values(column: Any, **scale: Any) -> list[float]:
    coloring = by_column(helices({"A": "GAVL"}), column, **scale)
    assert coloring.values is not None
    return [float(v) for v in coloring.values]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([2.0, 4.0], index=[1, 3]),
        {"A:2": 2.0, "A:4": 4.0},
        {ResidueRef("A", 2): 2.0, ResidueRef("A", 4): 4.0},
        pd.Series({"A:2": 2.0, "A:4": 4.0}),
        [np.nan, 2.0, None, 4.0],
        pd.Series([pd.NA, 2, pd.NA, 4], dtype="Int32"),
    ],
)
def test_a_column_comes_by_row_or_by_residue(column: Any) -> None:
    np.testing.assert_equal(values(column), [np.nan, 2.0, np.nan, 4.0])


def test_values_on_both_sides_of_zero_get_two_hues_centred_on_it() -> None:
    coloring = by_column(helices({"A": "GAVL"}), [-1.0, 0.0, 3.0, 4.0], label="ddG")
    assert coloring.limits is not None
    low, high = coloring.limits
    assert low == -high
    assert coloring.classes is not None
    assert coloring.classes[1] == len(coloring.entries) // 2, "zero has the colour of the middle"
    one_sided = by_column(helices({"A": "GAVL"}), [1.0, 2.0, 3.0, 4.0], center=2.0)
    assert one_sided.limits is not None
    assert np.mean(one_sided.limits) == pytest.approx(2.0)


def test_words_and_truth_values_are_classes() -> None:
    structure = helices({"A": "GAVL"})
    assert by_column(structure, ["H", "", "E", "H"]).entries == ("H", "E")
    assert by_column(structure, pd.Series([True, False, pd.NA, True], dtype="boolean")).entries == (
        "yes",
        "no",
    )


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ([1.0, 2.0], "2 values for 4 residues"),
        ({"B:1": 1.0}, "B"),
        ({ResidueRef("A", 9): 1.0}, "no residue A:9"),
        (pd.Series([1.0], index=[7]), "does not name each of the 4 residues"),
        (pd.Series([1.0, 2.0], index=[1, 1]), "does not name each"),
        ([np.nan] * 4, "no value for any residue"),
        (3.0, "A float is no column"),
        ([object()] * 4, "neither numbers nor words"),
    ],
)
def test_a_column_that_does_not_fit_is_refused(column: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        values(column)


def test_hydrophobicity_is_of_the_residue_type() -> None:
    coloring = by_hydrophobicity(helices({"A": "IRG"}))
    assert coloring.values is not None
    assert coloring.values.tolist() == pytest.approx([4.5, -4.5, -0.4])
    assert coloring.residue_colors()[0] != coloring.residue_colors()[1]


def test_several_are_superposed_on_the_first_and_keep_their_confidence() -> None:
    one = prediction()
    scene = together([one, one, helices({"A": "ACDEFGHIKLMNPQRSTVWY"})])
    assert scene.style.coloring == "structure"
    first, second, _ = scene.structures
    np.testing.assert_allclose(first.structure.atoms.coord, second.structure.atoms.coord, atol=1e-3)
    assert second.confidence is one.confidence
    legend = {
        c.residue_colors()[0] for item in scene.structures for c in item.colorings if c.id == "structure"
    }
    assert len(legend) == 3, "each has a colour of its own"
    with pytest.raises(BadRequest, match="at least one"):
        together([])


def test_marks_name_residues_of_the_scene() -> None:
    scene = Scene.of(prediction(first=25))
    [ref] = scene.select("A:26")
    payload = widget_payload(scene.marked(Mark("label", (ref,), "here")))
    assert payload["marks"] == [{"kind": "label", "residues": [ref.to_dict()], "text": "here"}]
    with pytest.raises(BadRequest, match="shows no residue Z:1"):
        scene.marked(Mark("label", (ResidueRef("Z", 1),), "gone"))
