"""Everything that a mouse does is done by keys: commands of JupyterLab, and controls of every panel.

What there is to reach is read from the page, so that what is added later is held to the same.
"""

from __future__ import annotations

import json
import uuid
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

WALKING = (Path(__file__).parent / "walking.js").read_text(encoding="utf-8")
#: More presses of Tab than any panel needs.
MOST = 150

#: What a control of a kind does when it is used: keys to try, and the event that says that one worked.
#: A colour is chosen in the browser's own dialog.
USES: dict[str, tuple[tuple[str, ...], str]] = {
    "button": (("Enter", "Space"), "click"),
    "a": (("Enter",), "click"),
    "checkbox": (("Space",), "click"),
    "radio": (("Space",), "click"),
    "tab": (("Enter", "Space"), "click"),
    "select": (("ArrowDown", "ArrowUp"), "change"),
    "range": (("ArrowRight", "ArrowLeft"), "input"),
    "text": (("x",), "input"),
    "separator": (("ArrowUp",), "moved"),
    "listbox": (("ArrowRight",), "taken"),
    "img": (("ArrowRight",), "taken"),
    "application": (("ArrowRight",), "taken"),
}


def walk(page: Any, selector: str) -> list[str]:
    """Go by Tab and arrow keys through all below an element; return what is wrong."""
    page.evaluate(WALKING)
    names = page.evaluate("selector => walking.begin(selector)", selector)
    assert names, f"nothing to reach in {selector}"
    reached: list[int] = []
    wrong: list[str] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        here = page.evaluate("() => walking.here()")
        if here is None or here["at"] in reached:
            break
        stops = _along(page, here) if here["kind"] in ("radio", "tab") else [here]
        for stop in stops:
            if stop["at"] < 0:
                continue
            reached.append(stop["at"])
            wrong += [f"one does not see the focus on {stop['name']}"] * (not stop["visible"])
        wrong += [] if used(page, stops[-1]) else [f"no key uses {stops[-1]['name']}"]
    wrong += [f"not reached: {name}" for at, name in enumerate(names) if at not in reached]
    return wrong + _back(page, reached)


def _along(page: Any, first: dict[str, Any]) -> list[dict[str, Any]]:
    """Go through a group in which arrow keys move."""
    stops = [first]
    for _ in range(first["many"] - 1):
        page.evaluate("() => walking.listen()")
        page.keyboard.press("ArrowRight")
        page.evaluate("() => walking.heard()")
        stops.append(page.evaluate("() => walking.here()"))
    return stops


def _back(page: Any, reached: list[int]) -> list[str]:
    """From behind the last control one comes back to it."""
    page.keyboard.press("Shift+Tab")
    here = page.evaluate("() => walking.here()")
    return [] if here and here["at"] in reached else ["Shift+Tab does not lead back"]


def used(page: Any, here: dict[str, Any]) -> bool:
    """Whether a key does what a click does; it is kept from doing it."""
    if here["kind"] not in USES or (here["kind"] == "select" and here["many"] < 2):
        return here["at"] < 0 or here["kind"] in ("color", "select")
    keys, event = USES[here["kind"]]
    heard = []
    for key in keys:
        page.evaluate("() => walking.listen()")
        page.keyboard.press(key)
        heard.append(event in page.evaluate("() => walking.heard()"))
    return all(heard) if event == "click" else any(heard)


BAD = """<main><button>good</button><button tabindex=-1>skipped</button><div style='cursor: pointer'>div</div>
    <a href='#' style='outline: 0'>unseen</a><div tabindex=0 role=button>deaf</div></main>"""


def test_what_is_out_of_reach_is_found(chromium: Any) -> None:
    page = chromium.new_page()
    page.set_content(BAD)
    wrong = walk(page, "main")
    page.close()
    assert [words.split('"')[1] for words in wrong] == ["unseen", "deaf", "skipped", "div"]


NOTES = """() => {
    const view = document.querySelector('.foldsight-view').foldsight;
    const when = { created: '2026-01-02T10:00:00Z' };
    const ada = { author: 'me', author_name: 'Ada', ...when };
    const at = { ...view.store.table.refsOf([3])[0], label_seq: null, uniprot: null, letter: '' };
    const history = [{ text: 'then', until: '2026-01-02T11:00:00Z' }];
    const comment = { ...ada, id: 'c', text: 'now', edited: history[0].until, history, mentions: [] };
    const note = { ...ada, id: 'n', structure: '', ranges: [{ first: at, last: at }], layer: 'default',
        kind: 'note', colour: '#e69f00', label: 'one', text: 'said', resolved: false,
        comments: { c: comment } };
    view.panels.notes.use({ all: () => [note], me: { id: 'me', name: 'Ada' }, people: [], words: '',
        may: { comment: true, edit: true }, shared: true, undo() {}, add() {}, listen() {} }, null);
    view.store.take([3], null);
}"""


def test_the_workbench(page_view: Callable[..., View]) -> None:
    view = page_view(Workbench(with_pae(first=25)).scene)
    view.page.evaluate(NOTES)
    view.root.get_by_role("button", name="1 comment").press("Enter")
    view.root.get_by_role("button", name="Annotate", exact=True).press("Enter")
    assert walk(view.page, ".foldsight-view") == []


def test_frames_and_the_picture(page_view: Callable[..., View]) -> None:
    view = page_view(Scene.of(prediction()).animated(moved()))
    assert walk(view.page, ".foldsight-view") == []
    view.root.locator(".fs-stage").focus()
    before = view.ask("[...view.three.viewer.camera().position]")
    for key in ("ArrowLeft", "ArrowUp", "+"):
        view.page.keyboard.press(key)
        after = view.ask("[...view.three.viewer.camera().position]")
        assert after != before, key
        before = after
    view.ask("view.three.stage.freeze()")
    view.page.keyboard.press("Enter")
    view.wait_for("view.three.stage.current === 'ready'")


MAP = """\
import foldsight as fs
scan = fs.read("library:1ubi").variants("scan")
scan.map()
"""
PROGRESS = """\
from foldsight_widgets import JobProgress
asked = []
bar = JobProgress({job})
bar.on_cancel(lambda: asked.append("cancel"))
bar
"""


def test_the_map_of_variants_and_its_structure(notebook: Notebook) -> None:
    notebook.run(MAP)
    notebook.view()
    assert walk(notebook.page, ".foldsight-variants") == []
    assert notebook.errors == []


def test_a_running_job_is_cancelled(notebook: Notebook) -> None:
    notebook.run(PROGRESS.format(job=job("growing", "running")))
    notebook.page.locator(".foldsight-job button").wait_for()
    assert walk(notebook.page, ".foldsight-job") == []
    notebook.page.locator(".foldsight-job button").press("Enter")
    notebook.run_until("print(asked)", "['cancel']")


def test_the_panel_that_follows_the_notebook(notebook: Notebook) -> None:
    page = notebook.page
    page.evaluate("async id => { await jupyterapp.commands.execute(id); }", "foldsight:show-structure")
    notebook.run("import foldsight as fs\nfs.read('library:1ubi').view()")
    page.locator("#foldsight-structure .foldsight-view[data-state=ready]").wait_for(timeout=120_000)
    assert walk(page, "#foldsight-structure") == []
    page.evaluate("() => jupyterapp.shell.collapseRight()")


def job(name: str, state: str, **more: Any) -> dict[str, Any]:
    """One job as the service lists it."""
    common = {"message": "", "engine": "template", "created": "2026-01-01T00:00:00Z", "position": None}
    times = {"started": "2026-01-01T00:00:00Z", "finished": None if state == "running" else common["created"]}
    one = {"id": name, "name": name, "state": state, "progress": 0.4, "cached": False, "error": None}
    return {**common, **times, **one, "kind": "fold", "request": {"sequence": "MKT", "name": name}, **more}


FAULT = {"message": "The engine ran out of memory.", "hint": "Ask for fewer residues.", "refused": False}
JOBS = [job("growing", "running"), job("broken", "failed", error=FAULT), job("ready", "done")]


@pytest.fixture(scope="module")
def page(lab: Lab, chromium: Any) -> Iterator[Any]:
    """JupyterLab with nothing open, and a queue of a job of each kind."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    answer = json.dumps({"jobs": JOBS})
    opened.route(
        "**/api/v1/jobs?*", lambda route: route.fulfill(body=answer, content_type="application/json")
    )
    opened.goto(f"{lab.url}lab/workspaces/{uuid.uuid4().hex}?token={lab.token}")
    opened.wait_for_selector(".jp-Launcher", timeout=120_000)
    yield opened
    context.close()


#: All but the one that says that it is not for readers: Lab runs it to bring tabs back.
OURS = """() => jupyterapp.commands.listCommands()
    .filter(id => id.startsWith('foldsight:') && jupyterapp.commands.isVisible(id))
    .map(id => [id, jupyterapp.commands.label(id)])"""
WATCH = """() => {
    window.executed = [];
    window.over = [];
    jupyterapp.commands.commandExecuted.connect((_, { id, result }) => {
        window.executed.push(id);
        void result.finally(() => window.over.push(id));
    });
}"""
#: A command has done its work, or asks for what it needs to know.
ANSWERED = "id => window.over.includes(id) || document.querySelector('.jp-Dialog')"


def from_palette(page: Any, label: str) -> None:
    """Run a command by the palette, as a reader does who knows its name."""
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input:focus").wait_for()
    page.keyboard.type(label)
    page.locator(".lm-CommandPalette-item", has_text=label).first.wait_for()
    page.keyboard.press("Enter")
    page.locator(".lm-CommandPalette-input:focus").wait_for(state="detached")


def test_every_command_of_jupyterlab_is_in_the_palette(page: Any) -> None:
    commands = page.evaluate(OURS)
    assert len(commands) >= 11
    page.evaluate(WATCH)
    for command, label in commands:
        from_palette(page, label)
        page.wait_for_function(ANSWERED, arg=command)
        page.keyboard.press("Escape")
        page.locator(".jp-Dialog").wait_for(state="detached")
    assert page.evaluate("() => 'foldsight:words' in window"), "panels speak the language of JupyterLab"
    executed = page.evaluate("() => window.executed")
    assert [command for command, _ in commands if command not in executed] == []


def test_a_command_without_a_job_asks_for_one(page: Any) -> None:
    asked = []
    page.route(
        "**/jobs/growing/cancel?*", lambda route: (asked.append(route.request.url), route.fulfill(body="{}"))
    )
    from_palette(page, "Cancel a job…")
    dialog = page.locator(".jp-Dialog")
    dialog.locator("select").wait_for()
    assert dialog.locator("option").all_inner_texts() == ["1. growing, running · template"]
    with page.expect_response("**/jobs/growing/cancel?*"):
        page.keyboard.press("Enter")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("command", "panel"),
    [
        ("show-jobs", "#foldsight-jobs"),
        ("search", "#foldsight-search"),
        ("fold", ".fsl-form"),
        ("tour", ".fsl-tour"),
    ],
)
def test_the_panels_of_jupyterlab(page: Any, command: str, panel: str) -> None:
    page.evaluate("async id => { await jupyterapp.commands.execute(id); }", f"foldsight:{command}")
    page.locator(panel).locator("button:visible").first.wait_for()
    if command == "search":
        page.get_by_label("Where to search").select_option("library")
        page.get_by_label("Search for structures and sequences").fill("protease")
        page.keyboard.press("Enter")
        page.locator(".fsl-hit").first.wait_for()
    assert walk(page, panel) == []
    page.keyboard.press("Escape")
