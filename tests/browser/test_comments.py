"""Comments in the panel: what they said before, and what becomes of half a reply while others write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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


CROWD = (Path(__file__).parent / "crowd.js").read_text(encoding="utf-8")
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


def test_half_a_reply_survives_what_others_write(page_view: Callable[..., View]) -> None:
    view = page_view(Workbench(with_pae(first=25)).scene)
    view.page.evaluate(CROWD, 3)
    view.root.get_by_role("button", name="1 comment").click()
    reply = view.root.get_by_role("textbox", name="Reply")
    reply.press_sequentially("half a sent")
    reply.press("ArrowLeft")
    view.page.evaluate(
        "() => { others.say('n1', 'changed'); others.drop('n2'); others.comment('n0', 'and you?'); }"
    )
    view.page.evaluate(DRAWN)
    assert view.root.locator(".fs-said").count() == 2
    assert view.root.locator(".fs-note").count() == 2
    view.page.keyboard.type("en")
    assert reply.input_value() == "half a senent", "focus and caret are where they were"
    reply.press("Control+Enter")
    assert view.page.evaluate("() => said") == [["n0", "half a senent"]]
    assert reply.input_value() == ""


def test_a_comment_that_is_changed_while_others_write(page_view: Callable[..., View]) -> None:
    view = page_view(Workbench(with_pae(first=25)).scene)
    view.page.evaluate(CROWD, 2)
    view.root.get_by_role("button", name="1 comment").click()
    own = view.root.locator(".fs-said", has_text="mine")
    own.get_by_role("button", name="Edit").press("Enter")
    field = view.root.get_by_role("textbox", name="Comment", exact=True)
    view.page.keyboard.type("still ")
    view.page.evaluate("() => others.comment('n0', 'hm')")
    view.page.evaluate(DRAWN)
    assert field.input_value() in ("still mine", "minestill ")
    view.page.keyboard.press("Escape")
    field.wait_for(state="detached")
    assert view.page.evaluate("() => document.activeElement.dataset.key") == "edit mine"
    view.page.keyboard.press("Enter")
    field.fill("ours")
    field.press("Control+Enter")
    view.root.locator(".fs-said", has_text="ours").wait_for()


def test_an_edited_annotation_hands_over_only_what_changed(page_view: Callable[..., View]) -> None:
    view = page_view(Workbench(with_pae(first=25)).scene)
    view.page.evaluate(CROWD, 1)
    view.root.locator(".fs-note-foot").get_by_role("button", name="Edit").click()
    view.root.get_by_role("textbox", name="Label").fill("heme")
    view.page.evaluate("() => others.say('n0', 'changed meanwhile')")
    view.root.get_by_role("button", name="Save", exact=True).click()
    assert view.page.evaluate("() => said") == [["n0", {"label": "heme"}]]


def test_an_edit_among_many_touches_its_own_card(page_view: Callable[..., View]) -> None:
    view = page_view(Workbench(with_pae(first=25)).scene)
    view.page.evaluate(CROWD, 700)
    view.page.evaluate(
        "() => document.querySelectorAll('.fs-note').forEach((card, i) => { card.before_ = i; })"
    )
    view.page.evaluate("() => { others.say('n350', 'changed'); others.drop('n3'); }")
    view.page.evaluate(DRAWN)
    kept = view.page.evaluate(
        "() => [...document.querySelectorAll('.fs-note')].map(card => card.before_ ?? null)"
    )
    assert kept == [i if i != 350 else None for i in range(700) if i != 3]
