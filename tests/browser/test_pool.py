"""More views than a browser has WebGL contexts for."""

from __future__ import annotations

import pytest

from tests.browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

#: More than the sixteen contexts that a browser keeps; and how many the page keeps alive.
VIEWS, LIVE = 18, 8
SHOW = """\
from IPython.display import display
from tests.samples import prediction
from foldsight_widgets import StructureView
views = [StructureView(prediction({"A": "ACDEFGHIKL"}), height=200, strip=False) for _ in range(VIEWS)]
for view in views:
    display(view)
"""

#: JavaScript: how many views are in a state.
COUNT = "s => document.querySelectorAll(`.foldsight-view[data-state=${s}]`).length"


def test_at_most_eight_views_are_live_and_the_others_come_back(notebook: Notebook) -> None:
    page = notebook.page
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    notebook.run(SHOW.replace("VIEWS", str(VIEWS)))
    for number in range(VIEWS):
        page.locator(".foldsight-view").nth(number).scroll_into_view_if_needed()
        page.wait_for_function(
            "n => document.querySelectorAll('.foldsight-view')[n].dataset.state === 'ready'",
            arg=number,
            timeout=120_000,
        )
    assert page.evaluate(COUNT, "ready") == LIVE
    assert page.evaluate(COUNT, "frozen") == VIEWS - LIVE
    first = page.locator(".foldsight-view").first
    assert first.locator("img.fs-frozen").count() == 1
    first.scroll_into_view_if_needed()
    first.locator(".fs-stage").click()
    page.wait_for_function(
        "() => document.querySelector('.foldsight-view').dataset.state === 'ready'", timeout=120_000
    )
    assert page.evaluate(COUNT, "ready") == LIVE
    assert not [w for w in warnings if "Too many active WebGL contexts" in w]


#: JavaScript: the next picture's WebGL context is taken away as soon as it is made.
LOSE_NEXT = """\
() => {
  const { prototype } = HTMLCanvasElement;
  const own = prototype.getContext;
  prototype.getContext = function (kind, ...rest) {
    const context = own.call(this, kind, ...rest);
    if (context && kind.startsWith('webgl')) {
      prototype.getContext = own;
      // Mol* makes its viewer meanwhile, and loads the structure then.
      setTimeout(() => context.getExtension('WEBGL_lose_context').loseContext(), 50);
    }
    return context;
  };
}
"""
#: JavaScript: the state of a view.
STATE = "n => document.querySelectorAll('.foldsight-view')[n].dataset.state"


def test_a_view_whose_context_is_lost_while_it_loads_says_so_and_holds_up_no_other(
    notebook: Notebook,
) -> None:
    page = notebook.page
    page.evaluate(LOSE_NEXT)
    notebook.run(SHOW.replace("VIEWS", "2"))
    first, second = page.locator(".foldsight-view").all()[:2]
    page.wait_for_function(f"() => ({STATE})(0) === 'error'", timeout=120_000)
    assert "stopped this 3D picture" in first.locator(".fs-notice").inner_text()
    second.scroll_into_view_if_needed()
    page.wait_for_function(f"() => ({STATE})(1) === 'ready'", timeout=120_000)
    first.scroll_into_view_if_needed()
    first.locator(".fs-stage").click()
    page.wait_for_function(f"() => ({STATE})(0) === 'ready'", timeout=120_000)


#: JavaScript: while a picture is taken of the first view, its context goes, and the picture never comes.
LOSE_WHILE_FROZEN = """\
() => {
  const { prototype } = HTMLCanvasElement;
  const own = prototype.toBlob;
  prototype.toBlob = function (...rest) {
    // Others are taken for the notebook.
    const { width } = document.querySelector('.foldsight-view .fs-stage').getBoundingClientRect();
    if (this.width !== Math.round(width)) return own.apply(this, rest);
    prototype.toBlob = own;
    const canvas = document.querySelector('.foldsight-view .fs-canvas canvas');
    canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext();
  };
}
"""


def test_a_view_whose_context_is_lost_while_it_is_frozen_gives_its_place_up(notebook: Notebook) -> None:
    page = notebook.page
    page.evaluate(LOSE_WHILE_FROZEN)
    notebook.run(SHOW.replace("VIEWS", str(LIVE + 1)))
    views = page.locator(".foldsight-view")
    for number in range(LIVE):
        views.nth(number).scroll_into_view_if_needed()
        page.wait_for_function(f"n => ({STATE})(n) === 'ready'", arg=number, timeout=120_000)
    views.nth(LIVE).scroll_into_view_if_needed()
    page.wait_for_function(f"n => ({STATE})(n) === 'ready'", arg=LIVE, timeout=120_000)
    assert page.evaluate(f"({STATE})(0)") == "error"
    assert "stopped this 3D picture" in views.first.locator(".fs-notice").inner_text()
    views.first.scroll_into_view_if_needed()
    views.first.locator(".fs-stage").click()
    page.wait_for_function(f"() => ({STATE})(0) === 'ready'", timeout=120_000)
    assert page.evaluate(COUNT, "ready") == LIVE
