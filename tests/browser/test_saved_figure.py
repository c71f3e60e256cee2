"""A figure in a notebook outlives its kernel, and a live one is found again."""

from __future__ import annotations

import pytest

from foldsight.scene.payload import MIME
from tests.browser.lab import Notebook, count_like
from tests.browser.test_structure_view import ALPHAFOLD, SHOW

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_saved_figure_is_drawn_without_its_kernel(own_notebook: Notebook) -> None:
    notebook = own_notebook
    notebook.run(SHOW)
    notebook.view()
    [output] = [o for cell in notebook.save()["cells"] for o in cell.get("outputs", [])]
    assert {MIME, "image/png", "text/plain", "application/vnd.jupyter.widget-view+json"} <= set(
        output["data"]
    )
    notebook.shut_down()
    notebook.load()
    view = notebook.view()
    assert view.state()["mol"]["representations"] == ["cartoon"]
    assert count_like(view.pixels(), ALPHAFOLD[0]) > 200
    view.residue(4).click()
    assert view.state()["selection"] == "A:5", "the figure can still be looked at closely"
    assert "model not found" not in (notebook.page.locator(".jp-OutputArea").first.text_content() or "")


def test_a_page_loaded_again_finds_the_living_view(own_notebook: Notebook) -> None:
    notebook = own_notebook
    notebook.run(SHOW)
    notebook.view()
    notebook.save()
    notebook.load()
    notebook.page.wait_for_timeout(8000)
    view = notebook.view()
    notebook.run('view.selection = "A:7"')
    view.wait_selection("A:7")
    assert view.state()["mol"]["selectedAtoms"] > 0
