"""axe-core over everything that people use: no serious fault, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from foldsight_widgets.panels import Workbench

from foldsight.scene import Scene
from tests.browser.lab import Lab, Notebook, View
from tests.samples import prediction
from tests.unit.test_scene_frames import moved
from tests.unit.test_scene_panels import with_pae

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async selector => {
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
    const { violations } = await axe.run(selector, { resultTypes: ['violations'], runOnly });
    const words = node => `${node.html.slice(0, 200)} ${node.failureSummary}`;
    return violations.map(v => ({ id: v.id, impact: v.impact, nodes: v.nodes.map(words) }));
}"""


THEME = "async theme => { await jupyterapp.commands.execute('apputils:change-theme', { theme }); }"


def faults(page: Any, selector: str) -> list[str]:
    """Return the serious and critical faults below an element."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (npm ci)")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    serious = [fault for fault in page.evaluate(RUN, selector) if fault["impact"] in ("serious", "critical")]
    return [f"{fault['id']}: {node}" for fault in serious for node in fault["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_workbench(page_view: Callable[..., View], scheme: str) -> None:
    view = page_view(Workbench(with_pae(first=25)).scene, color_scheme=scheme)
    view.ask("view.store.take([4, 5], null)")
    assert faults(view.page, ".foldsight-view") == []
    view.root.locator(".fs-sequence [role=listbox]").focus()
    view.page.keyboard.press("ArrowRight")
    assert faults(view.page, ".foldsight-view") == []


def test_a_view_with_frames(page_view: Callable[..., View]) -> None:
    view = page_view(Scene.of(prediction()).animated(moved()))
    assert view.root.get_by_role("group", name="Frames").is_visible()
    assert faults(view.page, ".foldsight-view") == []


@pytest.fixture(scope="module")
def page(lab: Lab, chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    notebook = Notebook.open(lab, context.new_page())
    yield notebook.page
    # The theme is kept for every page of the server.
    notebook.page.evaluate(THEME, "JupyterLab Light")
    notebook.page.wait_for_timeout(1000)
    notebook.shut_down()
    context.close()


def execute(page: Any, command: str) -> None:
    page.evaluate("async c => { await jupyterapp.commands.execute(c); }", command)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_panels_of_jupyterlab(page: Any, theme: str) -> None:
    page.evaluate(THEME, theme)
    execute(page, "foldsight:show-jobs")
    execute(page, "foldsight:fold")
    page.locator(".fsl-text").last.fill(">one\nMLIKVV\n>bad\nMLIK1VV")
    page.locator(".fsl-bad").last.wait_for()
    assert faults(page, ".fsl-form") == []
    assert faults(page, ".fsl-panel") == []
    assert faults(page, ".fsl-status-item") == []
    execute(page, "foldsight:search")
    page.get_by_label("Where to search").select_option("library")
    page.get_by_label("Search for structures and sequences").fill("protease")
    page.keyboard.press("Enter")
    page.locator(".fsl-hit").first.wait_for()
    assert faults(page, "#foldsight-search") == []
    execute(page, "foldsight:show-structure")
    assert faults(page, "#foldsight-structure") == []
    execute(page, "foldsight:tour")
    assert faults(page, ".fsl-tour") == []
    page.keyboard.press("Escape")
