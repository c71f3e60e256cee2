"""Scenes: what they show, how residues are named in them, how they change."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile

import numpy as np
import pytest

from foldsight.errors import BadRequest
from foldsight.residues import ResidueRef
from foldsight.scene import PlacedResidue, Scene, by_value
from foldsight.scene.mvs import to_molviewspec, to_mvsx
from foldsight.scene.payload import VERSION, saved_view, widget_payload
from foldsight.scene.scene import ref_from_dict
from tests.samples import helices, prediction


def test_a_prediction_is_coloured_by_its_confidence() -> None:
    scene = Scene.of(prediction())
    assert scene.style.coloring == "confidence"
    assert [c.id for c in scene.structures[0].colorings] == [
        "confidence",
        "chain",
        "secondary",
        "hydrophobicity",
    ]
    assert scene.title == "Sample"


def test_a_structure_without_confidence_is_coloured_by_chain() -> None:
    scene = Scene.of(helices({"A": "GAVL"}))
    assert scene.style.coloring == "chain"
    assert "confidence" not in [c.id for c in scene.structures[0].colorings]


def test_structures_of_one_name_are_told_apart() -> None:
    scene = Scene.of(prediction(), prediction(), helices({"A": "GA"}))
    assert [item.id for item in scene.structures] == ["Sample", "Sample #2", "helices"]
    assert scene.style.coloring == "chain", "they have no confidence of one kind"
    assert scene.structure("Sample #2") is scene.structures[1]
    with pytest.raises(BadRequest, match="no structure 'x'"):
        scene.structure("x")


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ({"representation": "ribbon"}, "no representation 'ribbon'"),
        ({"layout": "tabs"}, "no layout 'tabs'"),
        ({"coloring": "charge"}, "no colouring 'charge'"),
        ({"colour": "chain"}, "no style 'colour'"),
        ({"height": 3}, "cannot be 3 pixels high"),
    ],
)
def test_a_style_that_is_not_there_is_refused(style: dict[str, object], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        Scene.of(prediction()).styled(**style)


def test_an_own_colouring_is_shown_at_once() -> None:
    scene = Scene.of(prediction())
    count = len(scene.structures[0].structure.residues)
    changed = scene.colored_by(by_value(np.arange(count), id="sasa", label="SASA"))
    assert changed.style.coloring == "sasa"
    assert scene.style.coloring == "confidence", "the first scene stays as it was"
    with pytest.raises(BadRequest, match="3 values for 47 residues"):
        scene.colored_by(by_value([1, 2, 3], id="sasa", label="SASA"))


def test_text_selects_in_every_structure_that_has_it() -> None:
    scene = Scene.of(prediction(), helices({"A": "GAVL"}))
    refs = scene.select("A:2-3")
    assert [str(ref) for ref in refs] == ["A:2", "A:3", "A:2", "A:3"]
    assert refs[0] == ResidueRef("A", 2, "", 2), "the first structure's residues are plain"
    assert isinstance(refs[2], PlacedResidue)
    assert [str(ref) for ref in scene.select("B:1")] == ["B:1"]
    with pytest.raises(BadRequest, match="No residue matches C:1"):
        scene.select("C:1")


def test_residues_survive_the_wire() -> None:
    scene = Scene.of(prediction(), helices({"A": "GAVL"}))
    refs = scene.select("A:2")
    assert [ref_from_dict(ref.to_dict()) for ref in refs] == refs


def test_a_selection_is_ordered_and_bounded_by_the_scene() -> None:
    scene = Scene.of(prediction())
    first, second = scene.select("A:1-2")
    assert scene.ordered([second, first, second]) == [first, second]
    gone = ResidueRef("Z", 1)
    assert scene.still_shown([gone, first]) == [first]
    with pytest.raises(BadRequest, match="shows no residue Z:1"):
        scene.known([gone])


def test_the_widget_gets_residues_classes_and_structure_data() -> None:
    payload = widget_payload(Scene.of(prediction(first=25)))
    assert payload["version"] == VERSION
    [item] = payload["structures"]
    assert item["residues"]["auth_seq"][:2] == [25, 26]
    assert item["residues"]["letter"].startswith("ACDEF")
    assert len(item["colorings"][0]["classes"]) == len(item["residues"]["label_seq"]) == 47
    assert b"_ma_qa_metric_local" in item["data"], "viewers take pLDDT from there, not from B-factors"
    assert payload["style"]["palette"] == "alphafold"


def test_the_same_structure_has_the_same_digest_whatever_the_style() -> None:
    scene = Scene.of(prediction())
    one, other = (
        widget_payload(scene),
        widget_payload(scene.styled(representation="surface", coloring="chain")),
    )
    assert one["structures"][0]["digest"] == other["structures"][0]["digest"]


def test_a_saved_figure_is_json_and_holds_the_data() -> None:
    scene = Scene.of(prediction())
    saved = json.loads(json.dumps(saved_view(scene, scene.select("A:1"))))
    data = gzip.decompress(base64.b64decode(saved["scene"]["structures"][0]["data"]))
    assert data == widget_payload(scene)["structures"][0]["data"]
    assert saved["selection"][0]["auth_seq"] == 1


def test_a_figure_too_large_for_a_notebook_is_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foldsight.scene.payload.SAVED_LIMIT", 100)
    assert saved_view(Scene.of(prediction())) is None


def test_molviewspec_has_the_colours_of_the_scene() -> None:
    text = to_molviewspec(Scene.of(prediction())).dumps()
    assert "#0053D6" in text
    assert '"cartoon"' in text
    assert '"beg_label_seq_id"' in text
    with pytest.raises(BadRequest, match="worked out by the viewer"):
        to_molviewspec(Scene.of(prediction()).styled(coloring="secondary"))


def test_mvsx_holds_the_tree_and_its_data() -> None:
    with zipfile.ZipFile(io.BytesIO(to_mvsx(Scene.of(prediction(), helices({"A": "GA"}))))) as archive:
        assert archive.namelist() == ["index.mvsj", "structure-1.cif", "structure-2.cif"]
        tree = json.loads(archive.read("index.mvsj"))
    assert "structure-2.cif" in json.dumps(tree)
