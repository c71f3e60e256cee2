"""What the sequence, PAE and workbench panels are told, and the sizes that are refused."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from foldsight_widgets import PaeView, SequenceView, Workbench

import foldsight as fs
from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.scene import Scene
from foldsight.scene.payload import saved_view, widget_payload
from foldsight.scene.tracks import with_tracks
from tests.samples import helices, prediction


def with_pae(first: int = 1) -> Prediction:
    """Two chains that are sure within and unsure of each other."""
    item = prediction(first=first)
    chain = item.structure.residues.chain
    pae = np.where(chain[:, None] == chain[None], 2.0, 20.0).astype(np.float32)
    pae[0, 1] = 25.5
    return replace(item, confidence=Confidence("plddt", item.confidence.values, pae=pae))


def told(view: Any) -> Any:
    return widget_payload(view.scene)["structures"][0]


def test_the_map_travels_as_one_byte_per_pair() -> None:
    item = told(PaeView(with_pae()))["pae"]
    assert item["size"] == 47
    assert item["top"] == pytest.approx(25.5)
    steps = np.frombuffer(item["data"], dtype=np.uint8).reshape(47, 47)
    assert steps[0, 1] == 255
    assert steps[1, 0] == 20
    assert steps[0, 40] == 200


def test_other_layouts_do_not_carry_the_map() -> None:
    assert widget_payload(Scene.of(with_pae()))["structures"][0]["pae"] is None
    assert told(Workbench(with_pae()))["pae"]["size"] == 47


@pytest.mark.parametrize(
    ("item", "pae", "words"),
    [
        (prediction(), np.zeros((46, 46)), "The PAE is of 46 residues, but Sample has 47"),
        (prediction(), np.zeros((47, 46)), r"square matrix, not one of shape \(47, 46\)"),
        (prediction(), None, "Sample has no PAE"),
        (helices({"A": "GAVL"}), None, "helices has no PAE"),
    ],
)
def test_a_map_of_another_size_is_refused(item: Any, pae: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        PaeView(item, pae)


def test_a_map_can_be_given() -> None:
    assert told(PaeView(prediction(), np.full((47, 47), 5.0)))["pae"]["top"] == 5.0
    with pytest.raises(BadRequest, match="of 3 residues"):
        Workbench(prediction(), pae=np.zeros((3, 3)))


def test_a_file_whose_map_does_not_fit_still_opens_and_says_so() -> None:
    item = with_pae()
    wrong = replace(item, confidence=replace(item.confidence, pae=np.zeros((50, 50), dtype=np.float32)))
    assert "of 50 residues" in told(Workbench(wrong))["pae"]["fault"]


def test_tracks_are_computed_from_coordinates_and_map() -> None:
    scene = with_tracks(Scene.of(with_pae()))
    tracks = {c.id: c for c in scene.structures[0].colorings}
    assert {"confidence", "secondary", "sasa", "domain", "hydrophobicity"} <= set(tracks)
    helix = tracks["secondary"].classes
    assert helix is not None
    assert (helix == 0).mean() > 0.7, "DSSP sees the helices"
    assert tracks["domain"].entries == ("A 1", "B 1") or len(tracks["domain"].entries) >= 1
    area = tracks["sasa"].values
    assert area is not None
    assert np.nanmin(area) >= 0
    assert "domain" not in {c.id for c in with_tracks(Scene.of(prediction())).structures[0].colorings}


def test_layouts_and_heights_are_styles() -> None:
    assert SequenceView(prediction()).scene.style.layout == "sequence"
    bench = Workbench(prediction(), height=900, coloring="chain")
    assert (bench.scene.style.layout, bench.scene.style.height, bench.scene.style.coloring) == (
        "workbench", 900, "chain",
    )  # fmt: skip


def test_the_workbench_takes_results_as_tracks() -> None:
    item = with_pae()
    view = fs.workbench(item, item.variants("A:C2A"))
    assert view.scene.style.layout == "workbench"
    assert view.scene.style.coloring == "confidence"
    assert "ddg" in {c.id for c in view.scene.structures[0].colorings}


def test_a_saved_workbench_keeps_the_map() -> None:
    saved = json.loads(json.dumps(saved_view(Workbench(with_pae()).scene)))
    pae = saved["scene"]["structures"][0]["pae"]
    assert len(gzip.decompress(base64.b64decode(pae["data"]))) == 47 * 47
