"""The viewer nglview: its colours by author number, its refusals."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from foldsight_widgets.nglview_view import selection_scheme, show

import foldsight as fs
from foldsight.errors import BadRequest
from foldsight.scene import Mark, Scene, by_column
from foldsight.scene.palettes import NONE
from tests.samples import helices, prediction


def test_colours_are_runs_of_author_numbers() -> None:
    structure = helices({"A": "ACDEFGHI", "B": "KLMN"}, first=101)
    values = np.array([1, 1, 1, 5, 5, 1, 1, np.nan, 5, 5, 5, 5], dtype=float)
    scene = Scene.of(structure).colored_by(by_column(structure, values, low=1, high=5))
    [item] = scene.structures
    entries = dict(map(tuple, selection_scheme(item, item.colorings[-1], "")))
    assert sorted(entries.values()) == sorted(["101-103:A or 106-107:A", "104-105:A or 101-104:B", "*"])
    assert entries[NONE] == "*"


def test_an_insertion_code_stands_alone() -> None:
    structure = helices({"A": "ACDE"}, first=52)
    codes = np.array(["", "A", "", ""])
    table = replace(structure.residues, ins_code=codes, auth_seq=np.array([52, 52, 53, 54], dtype=np.int32))
    structure = replace(structure, residues=table)
    [item] = Scene.of(structure).structures
    [entry, _] = selection_scheme(item, item.colorings[0], "")
    assert entry[1] == "52-52:A or 52^A:A or 53-54:A"


def test_a_widget_of_each_structure() -> None:
    pytest.importorskip("nglview")
    widget = show(prediction(), helices({"A": "ACDEFG"}), representation="tube", height=300)
    assert len(widget._ngl_component_ids) == 2
    assert widget.layout.height == "300px"
    sent = [m for m in widget._ngl_msg_archive if m["methodName"] == "addRepresentation"]
    kinds = [(m["args"][0], m["kwargs"]["sele"]) for m in sent]
    assert kinds == [("tube", "polymer"), ("ball+stick", "hetero and not water")] * 2
    assert isinstance(fs.view(prediction(), viewer="nglview"), type(widget))
    widget.close()


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ({"representation": "putty"}, "no putty"),
        ({"coloring": "secondary"}, "worked out by the viewer"),
        ({"layout": "workbench"}, "no layout workbench"),
    ],
)
def test_what_it_cannot_show_is_refused(style: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        show(prediction(), **style)


def test_labels_are_refused() -> None:
    scene = Scene.of(prediction())
    with pytest.raises(BadRequest, match="no labels"):
        show(scene.marked(Mark("label", tuple(scene.select("A:1")), "here")))


def test_long_chain_ids_are_refused() -> None:
    with pytest.raises(BadRequest, match="chain 'AA1'"):
        show(helices({"AA1": "ACDE"}))


def test_it_says_when_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nglview", None)
    with pytest.raises(BadRequest, match="not installed") as told:
        fs.view(prediction(), viewer="nglview")
    assert "foldsight[viewers]" in str(told.value.hint)


def test_an_unknown_viewer_is_refused() -> None:
    with pytest.raises(BadRequest, match="no viewer 'pymol'"):
        prediction().view(viewer="pymol")
