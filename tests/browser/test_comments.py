"""What a comment said before it was edited is there for whoever asks, by mouse or by keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from foldsight_widgets.panels import Workbench

from tests.browser.lab import View
from tests.browser.test_accessibility import faults
from tests.browser.test_keyboard import NOTES
from tests.unit.test_scene_panels import with_pae

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_history_of_a_comment_opens_and_closes(page_view: Callable[..., View]) -> None:
    view = page_view(Workbench(with_pae(first=25)).scene)
    view.page.evaluate(NOTES)
    view.root.get_by_role("button", name="1 comment").press("Enter")
    said = view.root.locator(".fs-said")
    edited = said.get_by_role("button", name="edited")
    assert edited.get_attribute("aria-expanded") == "false"
    assert "then" not in said.inner_text()
    edited.press("Enter")
    history = said.get_by_role("list", name="What was said before").get_by_role("listitem")
    assert [item.locator(".fs-markdown").inner_text() for item in history.all()] == ["then"]
    by = history.locator(".fs-by").inner_text()
    assert by.startswith("Ada, until ")
    assert "2026" in by, "and when"
    assert view.page.evaluate("() => document.activeElement.getAttribute('aria-expanded')") == "true", (
        "the focus stays where it was"
    )
    assert faults(view.page, ".fs-notes") == []
    view.page.keyboard.press("Space")
    history.wait_for(state="detached")
