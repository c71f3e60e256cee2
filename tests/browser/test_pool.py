"""More views than a browser has WebGL contexts for."""

from __future__ import annotations

import pytest

from tests.browser.lab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

MANY = """\
from IPython.display import display
from tests.samples import prediction
from foldsight_widgets import StructureView
views = [StructureView(prediction({"A": "ACDEFGHIKL"}), height=200, strip=False) for _ in range(24)]
for view in views:
    display(view)
"""

#: JavaScript: how many views are in a state.
COUNT = "s => document.querySelectorAll(`.foldsight-view[data-state=${s}]`).length"


def test_at_most_eight_views_are_live_and_the_others_come_back(notebook: Notebook) -> None:
    page = notebook.page
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    notebook.run(MANY)
    for number in range(24):
        page.locator(".foldsight-view").nth(number).scroll_into_view_if_needed()
        page.wait_for_function(
            "n => document.querySelectorAll('.foldsight-view')[n].dataset.state === 'ready'",
            arg=number,
            timeout=120_000,
        )
    assert page.evaluate(COUNT, "ready") == 8
    assert page.evaluate(COUNT, "frozen") == 16
    first = page.locator(".foldsight-view").first
    assert first.locator("img.fs-frozen").count() == 1
    first.scroll_into_view_if_needed()
    first.locator(".fs-stage").click()
    page.wait_for_function(
        "() => document.querySelector('.foldsight-view').dataset.state === 'ready'", timeout=120_000
    )
    assert page.evaluate(COUNT, "ready") == 8
    assert not [w for w in warnings if "Too many active WebGL contexts" in w]
