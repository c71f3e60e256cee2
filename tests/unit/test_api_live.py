"""Folds that show themselves: progress first, then the structure, in one output."""

from __future__ import annotations

from typing import Any

import pytest

import foldsight as fs
from foldsight.api import live
from foldsight.errors import ServiceUnavailable

SEQUENCE = "MQIFVKTLTGKTITLEVEPS"
WIDGET = "application/vnd.jupyter.widget-view+json"
Shown = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def output(service: Any, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Stand in for a notebook: what is displayed and updated, in order; threads run at once."""
    shown: Shown = []

    def publish(bundle: live.Bundle) -> str:
        shown.append(("display", bundle[0]))
        return "handle"

    def update(handle: str, bundle: live.Bundle) -> None:
        assert handle == "handle"
        shown.append(("update", bundle[0]))

    monkeypatch.setattr(live, "_in_notebook", lambda: True)
    monkeypatch.setattr(live, "_publish", publish)
    monkeypatch.setattr(live, "_update", update)
    monkeypatch.setattr(live, "_in_background", lambda work: work())
    return shown


def test_progress_becomes_the_structure(output: Shown) -> None:
    fs.fold(SEQUENCE, name="one")._ipython_display_()
    (first, progress), (second, structure) = output
    assert (first, second) == ("display", "update")
    assert progress["text/plain"] == "<Fold one: queued>"
    assert WIDGET in progress
    assert "image/png" not in progress
    assert {WIDGET, "image/png"} <= set(structure)
    assert structure["text/plain"].startswith("one: 76 residues")


def test_progress_becomes_the_refusal(output: Shown) -> None:
    fs.fold(SEQUENCE, name="nobody")._ipython_display_()
    assert "Refused: nobody" in output[-1][1]["text/html"]
    assert len(output) == 2


def test_what_is_over_is_shown_at_once(output: Shown) -> None:
    fs.fold(SEQUENCE, wait=True)._ipython_display_()
    assert [kind for kind, _ in output] == ["display"]
    assert WIDGET in output[0][1]


def test_a_lost_service_is_said_where_the_progress_was(
    output: Shown, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise ServiceUnavailable("The service is gone.")

    fold = fs.fold(SEQUENCE, name="one")
    monkeypatch.setattr(service, "wait", lost)
    fold._ipython_display_()
    assert "The service is gone." in output[-1][1]["text/html"]


def test_the_widget_cancels_the_job(service: Any) -> None:
    fold = fs.fold(SEQUENCE)
    widget = live._progress_widget(fold)
    widget._receive(widget, {"type": "cancel"}, [])
    assert fold.state == "cancelled"


def test_a_collection_is_a_table_that_follows(output: Shown) -> None:
    folds = fs.fold(f">one\n{SEQUENCE}\n>nobody <i>\n{SEQUENCE}")
    folds._ipython_display_()
    assert output[0][1]["text/html"].count("queued") == 2
    last = output[-1][1]["text/html"]
    assert "done" in last
    assert "nobody" in last
    assert "refused" in last
    assert len(output) == 5


def test_in_a_terminal_words_are_shown_once(output: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_in_notebook", lambda: False)
    fs.fold(SEQUENCE, name="one")._ipython_display_()
    assert output == [("display", {"text/plain": "<Fold one: queued>"})]
