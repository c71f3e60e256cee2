"""Folds: jobs that become predictions, and how they show themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import foldsight as fs
from foldsight.api import Fold, Folds
from foldsight.api.handle import status_of
from foldsight.errors import BadRequest, BadSequence, Cancelled, EngineFailed, NoStructure

SEQUENCE = "MQIFVKTLTGKTITLEVEPS"


def test_fold_comes_back_at_once(service: Any) -> None:
    fold = fs.fold(SEQUENCE, name="one", seed=3, settings={"x": 1})
    assert isinstance(fold, Fold)
    assert (fold.state, fold.over) == ("queued", False)
    assert repr(fold) == "<Fold one: queued>"
    assert service.requests[0] == {
        "kind": "fold", "name": "one", "sequence": SEQUENCE, "engine": "auto", "seed": 3,
        "settings": {"x": 1}, "network": "off",
    }  # fmt: skip


def test_attributes_of_the_prediction_wait_for_it(service: Any, tmp_path: Path) -> None:
    fold = fs.fold(SEQUENCE, name="one")
    assert len(fold.residues) == 76
    assert fold.confidence.kind == "template_support"
    assert [str(ref) for ref in fold.select("A:25-26")] == ["A:25", "A:26"]
    assert fold.manifest.facts["template"] == "1ubi"
    assert fold.save(tmp_path / "x.cif.gz").stat().st_size > 1000
    assert fs.read(tmp_path / "x.cif.gz").name == "one"
    assert "one: 76 residues" in repr(fold)
    assert fold.result() is fold.result()


def test_other_attributes_do_not_wait(service: Any) -> None:
    fold = fs.fold(SEQUENCE)
    with pytest.raises(AttributeError, match="no attribute 'pocket'"):
        _ = fold.pocket
    assert not hasattr(fold, "_repr_html_")
    assert {"residues", "save", "wait", "status"} <= set(dir(fold))
    assert fold.state == "queued"


def test_progress_is_told(service: Any) -> None:
    seen: list[str] = []
    fs.fold(SEQUENCE).wait(on_change=lambda job: seen.append(status_of(job)))
    assert seen == ["running, 40 %: threading", "done"]


@pytest.mark.parametrize(
    ("name", "error"), [("nobody", NoStructure), ("broken", EngineFailed), ("cancelled", Cancelled)]
)
def test_what_went_wrong_is_raised_by_its_class(service: Any, name: str, error: type[Exception]) -> None:
    fold = fs.fold(SEQUENCE, name=name)
    if name == "cancelled":
        fold.cancel()
    with pytest.raises(error):
        fold.result()
    assert isinstance(fold.error, error)
    assert isinstance(fold.wait(), Fold)


def test_a_bad_sequence_is_refused_before_the_service_is_asked(service: Any) -> None:
    with pytest.raises(BadSequence):
        fs.fold("MQIFVKTLTGKXX")
    assert service.requests == []


def test_notes_are_told_on_standard_error(service: Any, capsys: pytest.CaptureFixture[str]) -> None:
    fs.fold(SEQUENCE + "*")
    assert "dropped the stop" in capsys.readouterr().err


def test_several_records_are_a_collection(service: Any) -> None:
    folds = fs.fold([f">one\n{SEQUENCE}\n>nobody\n{SEQUENCE}"], wait=True)
    assert isinstance(folds, Folds)
    assert [fold.name for fold in folds] == ["one", "nobody"]
    assert folds["nobody"] is folds[-1]
    assert len(folds[:1]) == 1
    first, second = folds.results()
    assert first.name == "one"
    assert isinstance(second, NoStructure)
    assert "nobody: refused: No engine has a structure." in repr(folds)
    with pytest.raises(BadRequest, match="There is no 'two'"):
        _ = folds["two"]


def test_cancel_of_several_spares_what_is_over(service: Any) -> None:
    folds = fs.fold([SEQUENCE, SEQUENCE])
    folds[0].wait()
    folds.cancel()
    assert [fold.state for fold in folds] == ["done", "cancelled"]


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"state": "queued", "position": 3}, "queued, 3 before it"),
        ({"state": "queued", "position": 0}, "queued"),
        ({"state": "done", "cached": True}, "done, from the cache"),
        ({"state": "cancelled"}, "cancelled"),
        ({"state": "failed", "error": {"message": "It broke.", "refused": False}}, "failed: It broke."),
    ],
)
def test_states_in_words(job: dict[str, Any], words: str) -> None:
    assert status_of(job) == words


def test_a_finished_fold_shows_the_view_a_picture_and_words(service: Any) -> None:
    fold = fs.fold(SEQUENCE, name="one", wait=True)
    data, _ = fold._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(data)
    assert data["text/plain"].startswith("one: 76 residues")


def test_a_refusal_is_shown_in_place(service: Any) -> None:
    data, _ = fs.fold(SEQUENCE, name="nobody <b>", wait=True)._repr_mimebundle_()
    assert "Refused: nobody &lt;b&gt;" in data["text/html"]
    assert "What would help: add one." in data["text/html"]
    assert "image/png" not in data


def test_predictions_show_and_save_themselves(service: Any, tmp_path: Path) -> None:
    prediction = fs.fold(SEQUENCE, wait=True).result()
    data, _ = prediction._repr_mimebundle_()
    assert data["text/plain"] == repr(prediction)
    assert "application/vnd.jupyter.widget-view+json" in data
    with pytest.raises(BadRequest, match="no suffix that can be saved"):
        prediction.save(tmp_path / "x.docx")
    (tmp_path / "folder.cif").mkdir()
    with pytest.raises(BadRequest, match="is a folder"):
        prediction.save(tmp_path / "folder.cif")
    with pytest.raises(BadRequest, match="no predicted aligned error"):
        prediction.save(tmp_path / "x.pae.json")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.cif"]
    assert prediction.figure(tmp_path / "x.svg", size=(300, 200), coloring="secondary").stat().st_size > 1000


def test_view_takes_what_holds_a_structure(service: Any, tmp_path: Path) -> None:
    fold = fs.fold(SEQUENCE, wait=True)
    path = fold.save(tmp_path / "x.pdb")
    view = fs.view(fold, str(path), representation="surface")
    assert len(view.scene.structures) == 2
    assert view.scene.style.representation == "surface"
    with pytest.raises(BadRequest, match="A int cannot be shown"):
        fs.view(7)


def test_refusals_read_as_one_sentence_in_ipython() -> None:
    fault = NoStructure("Nothing.", hint="Do this.")
    assert fault._render_traceback_() == ["NoStructure: Nothing. Do this."]


def test_the_api_loads_no_widgets_and_no_server() -> None:
    code = (
        "from foldsight.api import fold; import sys;"
        "print(sorted({m.split('.')[0] for m in sys.modules} &"
        " {'ipywidgets','anywidget','tornado','distributed','matplotlib','IPython','gemmi','pandas'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
