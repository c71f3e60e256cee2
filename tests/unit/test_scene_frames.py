"""Frames of one structure: what is taken, what is refused, how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foldsight_widgets import StructureView

import foldsight as fs
from foldsight.errors import BadRequest
from foldsight.io.models import read_models
from foldsight.io.pdb_writer import pdb_text
from foldsight.scene import Scene, frames
from foldsight.scene.cif import scene_cif
from foldsight.scene.payload import widget_payload
from tests.samples import helices, prediction


def moved(count: int = 4) -> np.ndarray[Any, np.dtype[np.float32]]:
    start = prediction().structure.atoms.coord
    return np.stack([start + np.float32(2 * i) for i in range(count)])


def test_each_frame_is_a_model_of_the_data() -> None:
    scene = Scene.of(prediction()).animated(moved())
    assert scene.frame_count == 4
    data = scene_cif(scene.structures[0])
    first = fs.read(data).structure
    assert first.n_models == 4
    np.testing.assert_allclose(first.atoms.coord, moved()[0], atol=1e-3)
    text = data.decode()
    last = [line.split() for line in text.splitlines() if line.startswith("ATOM")][-1]
    assert f"{moved()[3, -1, 0]:.3f}" in last
    assert widget_payload(scene)["structures"][0]["frames"] == 4
    assert widget_payload(Scene.of(prediction()))["structures"][0]["frames"] == 1


def test_predictions_are_frames() -> None:
    scene = Scene.of(prediction()).animated([prediction(), prediction().structure, moved(1)[0]])
    assert scene.frame_count == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "0 frames"),
        ([np.zeros((3, 3))], r"Frame 1 is of shape \(3, 3\)"),
        (["x"], "holds no coordinates"),
        ([helices({"A": "ACD"})], "other atoms"),
        ([moved(1)[0] * np.float32("nan")], "no number"),
    ],
)
def test_what_is_no_frame_is_refused(given: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        Scene.of(prediction()).animated(given)


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_FRAMES", 3)
    with pytest.raises(BadRequest, match="4 frames of"):
        Scene.of(prediction()).animated(moved())


def test_the_view_knows_its_frames() -> None:
    view = StructureView(prediction())
    with pytest.raises(BadRequest, match="no frame 1"):
        view.frame = 1
    view.animate(moved())
    view.frame = 3
    view.animate(moved(2))
    assert view.frame == 1, "a frame that is no more becomes the last"
    view.clip(40)
    assert view.scene.style.clip == 40
    with pytest.raises(BadRequest, match="clipped by 100"):
        view.clip(100)


@pytest.mark.parametrize("suffix", ["cif", "pdb"])
def test_a_file_of_several_models_gives_frames(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"models.{suffix}"
    if suffix == "cif":
        path.write_bytes(scene_cif(Scene.of(prediction()).animated(moved(3)).structures[0]))
    else:
        text = [line for line in pdb_text(prediction().structure).splitlines() if line.startswith("ATOM")]
        shifted = [line[:30] + f"{float(line[30:38]) + 2:8.3f}" + line[38:] for line in text]
        lines = ["MODEL        1", *text, "ENDMDL", "MODEL        2", *shifted, "ENDMDL", "END", ""]
        path.write_text("\n".join(lines))
    found = read_models(path)
    assert [len(model.atoms) for model in found] == [len(prediction().structure.atoms)] * (
        3 if suffix == "cif" else 2
    )
    np.testing.assert_allclose(found[1].atoms.coord[:, 0], found[0].atoms.coord[:, 0] + 2, atol=2e-3)
    view = StructureView(found[0])
    view.animate(path)
    assert view.scene.frame_count == len(found)


def test_a_file_of_one_model_is_one_frame(tmp_path: Path) -> None:
    prediction().save(tmp_path / "one.bcif")
    assert len(read_models(tmp_path / "one.bcif")) == 1
