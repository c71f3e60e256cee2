"""The heat map of a scan in a real JupyterLab, in one selection with the structure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

SHOW = """\
import foldsight as fs
scan = fs.read("library:1ubi").variants("scan")
both = scan.map()
heat, view = both.children
both
"""
#: Half a cell, its width and height, and where the first stands, in pixels (``grid.ts``).
HALF, WIDTH, HEIGHT, LEFT, TOP = 5, 11, 13, 20, 16


def test_a_column_of_the_map_is_a_residue_of_the_structure(notebook: Notebook) -> None:
    notebook.run(SHOW)
    view = notebook.view()
    canvas = notebook.page.locator(".foldsight-variants canvas")
    canvas.hover(position={"x": LEFT + 43 * WIDTH + HALF, "y": TOP + HEIGHT + HALF})
    said = notebook.page.locator(".foldsight-variants .fsv-said")
    assert said.inner_text().startswith("A:I44A: +")
    assert "kcal/mol, destabilises" in said.inner_text()

    canvas.click(position={"x": LEFT + 43 * WIDTH + HALF, "y": TOP + HALF})
    notebook.run_until("print(heat.selection, [str(ref) for ref in view.selection])", "['A:44'] ['A:44']")
    assert view.state()["selection"] == "A:44", "the map selects in 3D"
    if folder := os.environ.get("FOLDSIGHT_SCREENSHOTS"):
        notebook.page.locator(".foldsight-variants").screenshot(path=Path(folder) / "variant-map.png")

    view.residue(10).click()
    notebook.run_until("print(heat.selection)", "['A:11']")

    notebook.page.locator(".foldsight-variants .fsv-scroll").focus()
    for key in ("Home", "ArrowRight", "Enter"):
        notebook.page.keyboard.press(key)
    notebook.run_until("print(heat.selection)", "['A:2']")
    assert notebook.errors == []
