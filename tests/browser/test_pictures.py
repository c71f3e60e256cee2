"""The pictures of the manual, made from what a reader would type.

With ``FOLDSIGHT_SCREENSHOTS=docs/images`` they are written; without, the test only sees that
everything in them is there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

WORKBENCH = """\
import foldsight as fs
protease = fs.read("library:1hpv")
pockets = protease.pockets()
bench = fs.workbench(protease, pockets)
bench.selection = "A:25-27, B:25-27"
bench
"""
COMPARE = """\
pair = fs.read("library:4zhl").align(fs.read("library:1gbt"))
pair.view(coloring="distance", height=460)
"""
VARIANTS = """\
scan = fs.read("library:1ubi").variants("scan")
scan.map()
"""


@pytest.fixture(scope="module")
def shown(lab: Any, chromium: Any) -> Any:
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    notebook = Notebook.open(lab, context.new_page())
    notebook.page.add_style_tag(content=".Toastify { display: none }")  # Jupyter's question about its news
    yield notebook
    notebook.shut_down()
    context.close()


def keep(place: Any, name: str) -> None:
    """Write a picture of a part of the page where pictures are wanted."""
    if folder := os.environ.get("FOLDSIGHT_SCREENSHOTS"):
        place.screenshot(path=Path(folder) / f"{name}.png")


def test_the_workbench_of_a_protease_and_its_pockets(shown: Notebook) -> None:
    shown.run(WORKBENCH)
    view = shown.view(0)
    view.wait_selection("A:25-27, B:25-27")
    state = view.state()
    assert (state["layout"], state["mol"]["residues"]) == ("workbench", 198)
    assert "A:25-27" in (view.root.locator(".fs-details").text_content() or "")
    keep(view.root, "workbench")


def test_two_proteases_on_each_other(shown: Notebook) -> None:
    shown.run(COMPARE)
    view = shown.view(1)
    assert view.state()["mol"]["residues"] == 480
    keep(view.root, "compare")


def test_the_map_of_all_variants(shown: Notebook) -> None:
    shown.run(VARIANTS)
    view = shown.view(2)
    assert view.state()["mol"]["residues"] == 76
    canvas = shown.page.locator(".foldsight-variants canvas")
    canvas.click(position={"x": 20 + 43 * 11 + 5, "y": 21})
    view.wait_selection("A:44")
    keep(canvas.locator("xpath=ancestor::*[contains(@class, 'jp-OutputArea-output')]").last, "variants")
    assert shown.errors == []
