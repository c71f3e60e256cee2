"""The panels of JupyterLab: search, the structure of the active notebook, settings, and what is restored.

The databases' answers are made by hand in the shape of the service's route, which a unit test
checks; the library's are real.
"""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from foldsight.io.foldsight_file import save
from tests.browser.lab import Lab, Notebook, View
from tests.browser.test_lab_extension import run
from tests.unit.test_scene_panels import with_pae

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

ENTRY = {
    "id": "pdb:1HPV",
    "pdb": "1HPV",
    "title": "HIV-1 PROTEASE WITH VX-478",
    "method": "x-ray diffraction",
    "organism": "Human immunodeficiency virus 1",
    "resolution": 1.9,
    "residues": 198,
}
PROTEIN = {
    "id": "uniprot:P69905",
    "accession": "P69905",
    "protein": "Hemoglobin subunit alpha",
    "gene": "HBA1",
    "organism": "Homo sapiens",
    "length": 142,
    "afdb": "afdb:P69905",
}
ALPHA = "MVLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHFDLSH"


def open_lab(lab: Lab, chromium: Any, workspace: str = "") -> tuple[Any, Any]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.goto(f"{lab.url}lab/workspaces/{workspace or uuid.uuid4().hex}?token={lab.token}")
    page.wait_for_selector(".jp-Launcher, .fsl-document", timeout=120_000)
    return context, page


@pytest.fixture(scope="module")
def page(lab: Lab, chromium: Any) -> Iterator[Any]:
    """JupyterLab with nothing open, whose remote searches are answered by hand."""
    context, opened = open_lab(lab, chromium)

    def answer(route: Any) -> None:
        where = "uniprot" if "where=uniprot" in route.request.url else "pdb"
        if "where=library" in route.request.url:
            return route.continue_()
        rows = [PROTEIN] if where == "uniprot" else [ENTRY]
        found = {"where": where, "total": 1234, "rows": rows, "sent": [f"The words to {where}."], "notes": []}
        return route.fulfill(body=json.dumps(found), content_type="application/json")

    sequence = json.dumps({"id": "uniprot:P69905", "name": "P69905", "sequence": ALPHA, "notes": []})
    opened.route("**/sources/search?*", answer)
    opened.route("**/sources/sequence?*", lambda route: route.fulfill(body=sequence))
    yield opened
    context.close()


def search(page: Any, where: str, words: str) -> Any:
    run(page, "foldsight:search")
    panel = page.locator("#foldsight-search")
    panel.get_by_label("Where to search").select_option(where)
    box = panel.get_by_label("Search for structures and sequences")
    box.fill(words)
    box.press("Enter")
    panel.locator(".fsl-said", has_text=".").wait_for()
    return panel


def test_search_in_a_database_says_what_it_sends(page: Any) -> None:
    panel = search(page, "pdb", "HIV protease")
    panel.locator(".fsl-hit").wait_for()
    assert "sent to PDB" in (panel.locator(".fsl-about").text_content() or "")
    assert "1 of 1,234" in (panel.locator(".fsl-said").text_content() or "")
    words = panel.locator(".fsl-hit").text_content() or ""
    for part in ("1HPV", "VX-478", "Human immuno", "1.90 Å", "198 residues"):
        assert part in words


def test_what_is_found_in_the_library_opens(page: Any) -> None:
    panel = search(page, "library", "rhodopsin")
    assert "Nothing leaves" in (panel.locator(".fsl-about").text_content() or "")
    panel.get_by_role("button", name="Open 1u19").press("Enter")
    page.wait_for_selector(".fsl-document:visible .foldsight-view[data-state=ready]", timeout=120_000)
    view = View(page, 0)
    assert view.state()["layout"] == "workbench"
    assert view.state()["mol"]["residues"] == 348
    panel.get_by_role("button", name="Open 1u19").click()
    assert page.locator(".lm-TabBar-tab", has_text="1u19").count() == 1, "the tab that is there is shown"


def test_a_sequence_goes_to_the_form(page: Any) -> None:
    panel = search(page, "uniprot", "hemoglobin")
    panel.get_by_role("button", name="Fold… P69905").click()
    text = page.locator(".fsl-text")
    text.wait_for()
    assert ALPHA in text.input_value()
    page.locator(".fsl-good", has_text="P69905, 51 residues").wait_for(timeout=30_000)


def test_projects_and_refusals(page: Any) -> None:
    panel = search(page, "projects", "nothinglikethis")
    panel.locator(".fsl-said", has_text="Nothing found").wait_for(timeout=60_000)
    search(page, "library", " ")
    panel.locator(".fsl-said.fsl-bad", has_text="nothing to search for").wait_for()


def test_settings_are_read_and_followed(lab: Lab, chromium: Any) -> None:
    save(with_pae(first=25), lab.folder / "styled.foldsight")
    chosen = {"representation": "tube", "palette": "colour-blind safe", "offline": True}
    put_settings(lab, chosen)
    context, page = open_lab(lab, chromium)
    try:
        run(page, "foldsight:search")
        offered = page.locator(".fsl-source option").evaluate_all("all => all.map(o => o.value)")
        assert offered == ["library", "projects"]
        run(page, "foldsight:open", path="styled.foldsight")
        page.wait_for_selector(".fsl-document .foldsight-view[data-state=ready]", timeout=120_000)
        state = View(page, 0).state()
        assert (state["representation"], state["palette"]) == ("tube", "colour-blind safe")
        # In the editor; what is open follows.
        run(page, "settingeditor:open", query="FoldSight")
        page.locator("[id='jp-SettingsEditor-@foldsight/lab:plugin_representation']").select_option(
            label="surface"
        )
        page.get_by_label("Ask no database").uncheck()
        page.wait_for_function("() => document.querySelectorAll('.fsl-source option').length === 5")
        page.wait_for_function(
            """() => [...document.querySelectorAll('.foldsight-view')].some(
                v => v.foldsight.store.representation === 'surface')"""
        )
    finally:
        put_settings(lab, {})
        context.close()


def put_settings(lab: Lab, chosen: dict[str, Any]) -> None:
    """Write the user's settings as the editor does."""
    request = urllib.request.Request(
        f"{lab.url}lab/api/settings/@foldsight/lab:plugin",
        json.dumps({"raw": json.dumps(chosen)}).encode(),
        {"Authorization": f"token {lab.token}", "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status in (200, 204)


def test_panels_and_tabs_are_restored(lab: Lab, chromium: Any) -> None:
    workspace = uuid.uuid4().hex
    context, page = open_lab(lab, chromium, workspace)
    try:
        run(page, "foldsight:open-entry", entry="library:1hpv", title="1hpv")
        page.wait_for_selector(".fsl-document .foldsight-view[data-state=ready]", timeout=120_000)
        run(page, "foldsight:search")
        run(page, "foldsight:show-structure")
        page.wait_for_timeout(3000)  # the layout is saved a while after it changed
        page.goto(f"{lab.url}lab/workspaces/{workspace}?token={lab.token}")
        page.wait_for_selector(".fsl-document .foldsight-view[data-state=ready]", timeout=120_000)
        page.locator("#foldsight-search:visible").wait_for()
        page.locator("#foldsight-structure:visible").wait_for()
        assert page.locator(".lm-TabBar-tab", has_text="1hpv").count() == 1
    finally:
        context.close()


SHOW = """\
from tests.samples import prediction
first = prediction(first=25).view()
first
"""


def test_the_right_panel_follows_the_notebook(own_notebook: Notebook) -> None:
    page = own_notebook.page
    run(page, "foldsight:show-structure")
    panel = page.locator("#foldsight-structure")
    panel.get_by_text("shows no structure yet").wait_for()
    own_notebook.run(SHOW)
    panel.locator(".foldsight-view[data-state=ready][data-layout=workbench]").wait_for(timeout=120_000)
    linked = "document.querySelector('#foldsight-structure .foldsight-view')?.foldsight"
    assert page.evaluate(f"{linked}.state().mol.residues") == 47
    own_notebook.run("first.selection = 'A:30-32'")
    page.wait_for_function(f"() => {linked}?.state().selection === 'A:30-32'")
    page.evaluate(f"{linked}.store.take([0], null)")
    own_notebook.run_until("print(*first.selection)", "A:25")
    own_notebook.run("second = prediction({'A': 'ACDEFGHIKL'}).view()\nsecond")
    page.wait_for_function(f"() => {linked}?.state().mol?.residues === 10", timeout=60_000)
    assert not own_notebook.errors
