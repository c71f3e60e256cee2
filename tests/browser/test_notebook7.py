"""Notebook 7, the document without a laboratory around it: the same views in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.lab import Lab, Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

SHOW = """\
import foldsight as fs
protease = fs.read("library:1hpv")
view = protease.view()
view
"""


@pytest.fixture(scope="module")
def notebook(lab: Lab, chromium: Any) -> Iterator[Notebook]:
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    opened = Notebook.open(lab, context.new_page(), classic=True)
    yield opened
    opened.shut_down()
    context.close()


def ours(notebook: Notebook) -> list[str]:
    """Leave out what Notebook's own bundle throws: it asks for a schema that only JupyterLab has."""
    return [error for error in notebook.errors if "/static/notebook/notebook_core" not in error]


def test_a_view_draws_and_selects_both_ways(notebook: Notebook) -> None:
    notebook.run(SHOW)
    view = notebook.view()
    assert view.state()["mol"]["residues"] == 198
    notebook.run("view.selection = 'A:25-27'")
    view.wait_selection("A:25-27")
    view.residue(29).click()
    notebook.run_until("print([str(ref) for ref in view.selection])", "['A:30']")
    assert ours(notebook) == []
    assert notebook.outside == []


def test_a_fold_shows_its_progress_and_then_the_structure(notebook: Notebook) -> None:
    notebook.run("%load_ext foldsight")
    ubiquitin = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"
    notebook.run(f"p = fs.fold({ubiquitin!r}, name='ubiquitin'); p")
    view = notebook.view(1)
    assert view.state()["mol"]["residues"] == 76


def test_the_picture_stays_when_the_kernel_is_gone(notebook: Notebook) -> None:
    notebook.view(0)
    notebook.save()
    notebook.shut_down()
    notebook.load()
    notebook.page.wait_for_selector(".jp-OutputArea-output img, .foldsight-view canvas", timeout=60_000)
    assert ours(notebook) == []
