"""The structure view in a real JupyterLab: what is drawn, and selection both ways."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.lab import Notebook, View, count_like

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

SHOW = """\
from tests.samples import prediction
from foldsight_widgets import StructureView
view = StructureView(prediction())
view
"""
PNG = r"b'\x89PNG' True"
ALPHAFOLD = ["#0053D6", "#65CBF3", "#FFDB13", "#FF7D45"]


@pytest.fixture
def view(notebook: Notebook) -> View:
    """A view of two helices in the first cell's output."""
    notebook.run(SHOW)
    return notebook.view()


def expect_in_python(notebook: Notebook, selection: str) -> None:
    notebook.run_until("print(','.join(map(str, view.selection)))", selection)


def click_in_3d(page: Any, view: View, residue: dict[str, Any]) -> None:
    place = view.ask("view.locate(arg)", residue)
    page.mouse.click(place["x"], place["y"])


def test_a_cartoon_in_confidence_colours_is_on_screen(notebook: Notebook, view: View) -> None:
    state = view.state()
    assert state["mol"]["representations"] == ["cartoon"]
    assert state["mol"]["themes"] == ["foldsight"]
    assert state["mol"]["colors"] == 4
    assert state["legendTitle"] == "pLDDT (predicted lDDT, 0–100)"
    pixels = view.pixels()
    for color in ALPHAFOLD:
        assert count_like(pixels, color) > 200, f"{color} is not on screen"
    assert notebook.outside == [], "nothing is loaded from another site"
    assert notebook.errors == []


def test_a_second_view_fetches_no_program(notebook: Notebook, view: View) -> None:
    """Its structure comes over the kernel's socket; the program is in the page already."""
    assert view.state()["mol"] is not None
    fetched: list[tuple[str, int]] = []

    def received(response: Any) -> None:
        fetched.append((response.url, int(response.headers.get("content-length", 0))))

    notebook.page.on("response", received)
    notebook.run("StructureView(prediction())")
    assert notebook.view(1).ask("view.work.then(() => view.state().mol.residues)") == 47
    notebook.page.remove_listener("response", received)
    assert [url for url, _ in fetched if url.partition("?")[0].endswith((".js", ".css"))] == []
    # Jupyter asks its server for news of its own all the while.
    assert sum(size for url, size in fetched if "/api/" not in url) < 50_000, fetched


def test_selection_goes_every_way(notebook: Notebook, view: View) -> None:
    page = notebook.page
    view.residue(4).click()
    assert view.selected_in_strip() == [4]
    assert view.state()["mol"]["selectedAtoms"] > 0, "the strip selects in 3D"
    expect_in_python(notebook, "A:5")

    view.residue(9).click(modifiers=["Shift"])
    assert view.state()["selection"] == "A:5-10"
    expect_in_python(notebook, "A:5,A:6,A:7,A:8,A:9,A:10")

    click_in_3d(page, view, {"chain": "B", "auth_seq": 9, "ins_code": ""})
    view.wait_for("view.state().selectedResidues === 1")
    [row] = view.selected_in_strip()
    state = view.state()
    assert state["mol"]["selectedAtoms"] in (4, 5), "3D marks one residue"
    expect_in_python(notebook, state["selection"])
    assert view.residue(row).get_attribute("aria-selected") == "true"

    notebook.run('view.selection = "A:25-27"')
    view.wait_selection("A:25-27")
    assert view.selected_in_strip() == [24, 25, 26], "Python selects in the strip"
    assert view.state()["mol"]["selectedAtoms"] == 14, "and in 3D (a glycine among them)"
    assert "#E6007E" in magenta(view), "the selection is seen"


def magenta(view: View) -> list[str]:
    return [c for c in ("#E6007E",) if count_like(view.pixels(), c) > 50]


def test_the_strip_works_by_keyboard(notebook: Notebook, view: View) -> None:
    box = view.root.locator(".fs-residues").first
    box.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter", "Shift+ArrowRight", "Shift+ArrowRight"):
        notebook.page.keyboard.press(key)
    assert view.state()["selection"] == "A:3-5"
    active = box.get_attribute("aria-activedescendant")
    label = view.root.locator(f"[id='{active}']").get_attribute("aria-label")
    assert label is not None
    assert label.startswith("PHE A:5 · pLDDT")
    notebook.page.keyboard.press("Escape")
    assert view.state()["selection"] == ""


def test_representations_colours_and_palettes(notebook: Notebook, view: View) -> None:
    notebook.run('view.restyle(representation="surface", palette="colour-blind safe")')
    view.wait_for("view.state().representation === 'surface'")
    state = view.state()
    assert state["mol"]["representations"] == ["molecular-surface"]
    assert state["legend"][0]["color"] == "#2166AC"
    assert count_like(view.pixels(), "#2166AC") > 200
    view.root.get_by_role("radio", name="Ball and stick").click()
    view.root.get_by_label("Colour by").select_option("chain")
    state = view.state()
    assert state["mol"]["representations"] == ["ball-and-stick"]
    assert [entry["label"] for entry in state["legend"]] == ["A", "B"]
    view.root.get_by_label("Colour by").select_option("secondary")
    assert view.state()["legend"][0] == {"label": "Helix", "color": "#D55E00"}
    assert count_like(view.pixels(), "#D55E00") > 100, "helices are seen as helices"


def test_template_support_is_not_shown_as_plddt(notebook: Notebook) -> None:
    notebook.run(SHOW.replace("prediction()", 'prediction(kind="template_support")'))
    view = notebook.view()
    state = view.state()
    assert state["legendTitle"].startswith("Template support")
    assert "pLDDT" not in (view.root.locator(".fs-toolbar").text_content() or "")
    pixels = view.pixels()
    assert count_like(pixels, "#00803E") > 200
    assert count_like(pixels, "#0053D6") == 0


def test_a_dark_theme_darkens_the_picture(notebook: Notebook, view: View) -> None:
    assert view.state()["theme"] == "light"
    assert view.pixels()[5, 5].min() > 200
    page = notebook.page
    page.locator("text=Settings").first.click()
    page.locator(".lm-Menu-itemLabel >> text=/^Theme$/").hover()
    page.locator(".lm-Menu-itemLabel >> text=/^JupyterLab Dark$/").click()
    page.wait_for_selector("body[data-jp-theme-light='false']", state="attached")
    try:
        view.wait_for("view.state().theme === 'dark'")
        page.wait_for_timeout(1500)
        check_dark(view)
    finally:
        page.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")


def check_dark(view: View) -> None:
    assert view.pixels()[5, 5].max() < 60
    assert count_like(view.pixels(), ALPHAFOLD[0]) > 200


def test_python_gets_pictures_and_state(notebook: Notebook, view: View) -> None:
    notebook.run("png, state = view.snapshot(640, 480), view.state()")
    notebook.run_until("print(png.done() and png.result()[:4], png.done() and len(png.result()) > 2000)", PNG)
    notebook.run_until("print(state.done() and state.result()['mol']['representations'])", "['cartoon']")
    notebook.run_until("print(view.picture is not None)", "True")
