"""Annotations in the workbench: one's own, and those of a room that several browsers share."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Lab, Notebook, View
from tests.browser.test_accessibility import faults

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

HOSTILE = (
    "**bold** <script>window.hurt = 1</script> <img src=x onerror='window.hurt = 2'> "
    "![beacon](https://tracker.example/a.png) [good](https://example.org) [bad](javascript:window.hurt=3)"
)
ALONE = f"""\
import foldsight as fs
p = fs.read("library:1hpv")
note = p.annotate("A:25-27, B:25-27", {HOSTILE!r}, kind="active site", label="D25")
bench = fs.workbench(p)
bench
"""
TOGETHER = """\
import foldsight as fs
p = fs.read("library:1hpv")
p.join("local-{room}")
fs.workbench(p)
"""


def shot(place: Any, name: str) -> None:
    if folder := os.environ.get("FOLDSIGHT_SCREENSHOTS"):
        place.page.add_style_tag(content=".Toastify { display: none }")  # Jupyter's question about its news
        place.screenshot(path=Path(folder) / f"{name}.png")


def press(place: Any, name: str) -> None:
    """Press a button; not by the mouse, which waits for the page to stand still."""
    place.get_by_role("button", name=name, exact=True).first.evaluate("button => button.click()")


def annotate(view: View, rows: list[int], label: str, text: str) -> None:
    """Select residues and annotate them as a reader does."""
    view.ask("view.store.take(arg, null)", rows)
    press(view.root, "Annotate")
    form = view.root.locator(".fs-note-form")
    form.locator("input").first.fill(label)
    form.locator("textarea").fill(text)
    press(form, "Save")


def test_alone_what_is_written_in_the_page_is_in_python(notebook: Notebook) -> None:
    notebook.run(ALONE)
    view = notebook.view()
    view.wait_for("view.notes?.all().length === 1")
    item = view.root.locator(".fs-note")
    assert item.locator("strong").inner_text() == "bold"
    assert item.locator("script, img, [onerror]").count() == 0
    links = [link.get_attribute("href") for link in item.locator("a").all()]
    assert [link for link in links if link] == ["https://tracker.example/a.png", "https://example.org"]
    assert notebook.page.evaluate("() => window.hurt") is None
    assert notebook.outside == [], "reading a comment tells nobody"
    annotate(view, [49, 50, 51], "flaps", "closed here")
    wanted = "['A:25-27,B:25-27', 'A:50-52'] ['D25', 'flaps']"
    notebook.run_until("print(list(p.annotations['residues']), list(p.annotations['label']))", wanted)
    press(item.first, "Discuss")
    item.first.get_by_label("Reply; @name mentions somebody").fill("and its water?")
    notebook.page.keyboard.press("Control+Enter")
    notebook.run_until("print(list(p.annotations['comments']))", "[1, 0]")
    press(item.last, "A:50-52")
    view.wait_selection("A:50-52")
    assert faults(notebook.page, ".fs-notes") == []
    view.ask("view.store.clear(null)")
    view.ask("view.work")
    shot(view.root, "annotations")
    view.root.locator(".fs-layer input").evaluate("box => box.click()")
    assert (view.ask("view.store.notes.length"), item.count()) == (0, 0), (
        "a layer that is off is off everywhere"
    )


def test_who_may_only_look_is_offered_nothing_else(notebook: Notebook) -> None:
    notebook.run(ALONE)
    view = notebook.view()
    view.wait_for("view.notes?.all().length === 1")
    notebook.run("bench.notes = {**bench.notes, 'may': {'comment': False, 'edit': False}}")
    panel = view.root.locator(".fs-notes")
    panel.get_by_role("button", name="Edit").wait_for(state="detached")
    names = [button.inner_text() for button in panel.get_by_role("button").all() if button.is_visible()]
    assert names == ["A:25-27, B:25-27", "Discuss"]
    notebook.run("bench.notes = {**bench.notes, 'may': {'comment': True, 'edit': False}}")
    press(panel, "Discuss")
    assert panel.locator(".fs-thread textarea").count() == 1
    assert panel.get_by_role("button", name="Annotate", exact=True).is_hidden()


def test_a_refusal_is_told_in_the_panel(notebook: Notebook) -> None:
    notebook.run(ALONE)
    view = notebook.view()
    view.wait_for("view.notes?.all().length === 1")
    view.ask("view.notes.change(view.notes.all()[0].id, {kind: 'NOT A KIND'})")
    words = view.root.locator(".fs-notes-words")
    words.wait_for(state="visible")
    assert "kind" in words.inner_text()
    assert notebook.run("print(p.annotations['kind'][0])") == "active site"


@pytest.fixture
def pair(lab: Lab, chromium: Any) -> Iterator[list[Notebook]]:
    """Two people's browsers, each with a notebook and a kernel of its own."""
    contexts = [chromium.new_context(viewport={"width": 1280, "height": 1000}) for _ in range(2)]
    opened = [Notebook.open(lab, context.new_page()) for context in contexts]
    yield opened
    opened[0].shut_down()
    for context in contexts:
        context.close()


def test_two_browsers_in_one_room(pair: list[Notebook]) -> None:
    room = uuid.uuid4().hex[:12]
    views = []
    for notebook in pair:
        notebook.run(TOGETHER.format(room=room))
        views.append(notebook.view())
    ada, bea = views
    for view in views:
        view.wait_for("view.notes?.shared && view.notes.people.length === 1")

    annotate(ada, [49, 50, 51], "flaps", "closed here")
    bea.wait_for("view.notes.all().length === 1")
    press(bea.root, "Discuss")
    bea.root.locator(".fs-thread textarea").fill("is it?")
    press(bea.root, "Send")
    ada.wait_for("Object.keys(view.notes.all()[0].comments).length === 1")
    assert pair[0].run("print(p.annotations[['residues', 'comments']].values.tolist())") == "[['A:50-52', 1]]"

    ada.ask("view.store.take([24, 25], null)")
    ada.ask("view.store.setHover(30, view.panels.sequence)")
    bea.wait_for("view.store.others[0]?.rows.length === 2 && view.store.others[0].hover === 30")
    bea.root.locator(".fs-chip").evaluate("chip => chip.click()")
    ada.ask("view.three.viewer.focus(new Set([24]), 0)")
    near = "(a, b) => a.every((x, i) => Math.abs(x - b[i]) < 0.01)"
    there = ada.ask("[...view.three.viewer.camera().position]")
    bea.wait_for(f"({near})(arg, view.three.viewer.camera().position)", there)
    shot(bea.root, "rooms")

    # What is written without a network arrives once when it is back.
    pair[1].page.context.set_offline(True)
    bea.ask("view.notes.connection.socket.close()")
    bea.wait_for("view.notes.words.startsWith('Connecting')")
    annotate(bea, [80, 81], "away", "written on a train")
    pair[1].page.context.set_offline(False)
    ada.wait_for("view.notes.all().length === 2")
    bea.wait_for("view.notes.words === ''")
    assert [note["label"] for note in ada.ask("view.notes.all()")] == ["flaps", "away"]

    press(ada.root, "Undo")
    bea.wait_for("view.notes.all().length === 1")
    assert [note["label"] for note in bea.ask("view.notes.all()")] == ["away"], (
        "one's own deed, not another's"
    )
    assert pair[0].errors == pair[1].errors == []
