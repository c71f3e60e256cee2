"""Colourings: which class a residue gets, and what the legend says."""

from __future__ import annotations

import numpy as np
import pytest

from foldsight.confidence import Confidence, band
from foldsight.errors import BadRequest
from foldsight.scene import by_category, by_value, palettes
from foldsight.scene.coloring import Coloring, band_classes, by_chain, by_confidence, by_secondary
from tests.samples import helices, prediction

ALPHAFOLD = ["#0053D6", "#65CBF3", "#FFDB13", "#FF7D45"]


def confidence(*values: float, kind: str = "plddt") -> Confidence:
    return Confidence(kind, np.array(values, dtype=np.float32))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "color"),
    [(100, 0), (90, 0), (89.99, 1), (70, 1), (69.99, 2), (50, 2), (49.99, 3), (0, 3)],
)
def test_an_edge_belongs_to_the_band_above_it(value: float, color: int) -> None:
    coloring = by_confidence(confidence(value))
    assert coloring.residue_colors("alphafold") == [ALPHAFOLD[color]]


def test_classes_agree_with_the_words_of_the_bands() -> None:
    values = np.linspace(0, 100, 1001, dtype=np.float32)
    words = ["very high", "confident", "low", "very low"]
    assert [words[c] for c in band_classes(values)] == [band(float(v)) for v in values]


def test_a_residue_without_a_value_is_grey() -> None:
    coloring = by_confidence(confidence(95, float("nan")))
    assert coloring.residue_colors() == [ALPHAFOLD[0], palettes.NONE]


def test_template_support_is_never_called_plddt_nor_coloured_like_it() -> None:
    support = by_confidence(confidence(95, 75, 55, 30, kind="template_support"))
    assert support.label == "Template support"
    assert "not pLDDT" in support.title
    shared = {c for colors in palettes.PLDDT.values() for c in colors}
    assert not shared & {c for colors in support.palettes.values() for c in colors}


def test_the_legend_names_the_numbers() -> None:
    coloring = by_confidence(confidence(95))
    assert coloring.title == "pLDDT (predicted lDDT, 0–100)"
    assert coloring.entries == ("Very high (≥ 90)", "Confident (70–90)", "Low (50–70)", "Very low (< 50)")


def test_b_factors_are_a_ramp_and_say_so() -> None:
    coloring = by_confidence(confidence(10, 20, 60, kind="b_factor"))
    assert coloring.title == "B-factor (Å²)"
    assert coloring.classes is not None
    assert coloring.classes.tolist() == [0, 1, 7]


def test_chains_get_a_colour_each_and_begin_again_when_there_are_many() -> None:
    many = {chr(65 + i): "GA" for i in range(20)}
    coloring = by_chain(helices(many))
    assert coloring.entries == tuple(many)
    colors = coloring.residue_colors()
    assert colors[0] == colors[1] != colors[2]
    assert colors[0] == colors[28], "the fifteenth chain has the colour of the first"


def test_a_ramp_is_not_flattened_by_one_outlier() -> None:
    values = np.append(np.linspace(0, 1, 99), 1000.0)
    coloring = by_value(values, id="score", label="Score")
    assert coloring.classes is not None
    assert len(set(coloring.classes.tolist())) == 8


def test_words_get_the_colours_that_are_given() -> None:
    coloring = by_category(
        ["core", None, "rim"], id="site", label="Site", colors={"core": "#111111", "rim": "#222222"}
    )
    assert coloring.residue_colors() == ["#111111", palettes.NONE, "#222222"]
    with pytest.raises(BadRequest, match="No colour is given for 'rim'"):
        by_category(["core", "rim"], id="site", label="Site", colors={"core": "#111111"})


def test_what_only_a_viewer_knows_is_refused() -> None:
    with pytest.raises(BadRequest, match="worked out by the viewer"):
        by_secondary().residue_colors()


def test_a_colouring_that_does_not_fit_itself_is_refused() -> None:
    with pytest.raises(BadRequest, match="fewer colours than classes"):
        Coloring("x", "x", "x", ("a", "b"), {"standard": ("#000000",)})
    with pytest.raises(BadRequest, match="class that it does not name"):
        Coloring("x", "x", "x", ("a",), {"standard": ("#000000",)}, np.array([1], dtype=np.int32))


def test_every_palette_is_six_hex_digits() -> None:
    for coloring in (by_confidence(prediction().confidence), by_chain(helices({"A": "GA"})), by_secondary()):
        for colors in coloring.palettes.values():
            assert all(len(c) == 7 and int(c[1:], 16) >= 0 for c in colors)
