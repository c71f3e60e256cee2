"""Sequence, PAE, details and 3D in one selection, in a page without Jupyter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from foldsight_widgets.panels import PaeView, SequenceView, Workbench

from foldsight.scene import Scene
from tests.browser.lab import View
from tests.browser.test_accessibility import faults
from tests.samples import prediction
from tests.unit.test_scene_panels import with_pae

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

Show = Callable[..., View]


def test_every_panel_selects_in_all_others(page_view: Show) -> None:
    """Author numbers begin at 25, so that they differ from positions."""
    view = page_view(Workbench(with_pae(first=25)).scene)
    details = view.root.locator(".fs-details")
    drag_in_map(view, (2, 30), (5, 34))
    assert view.state()["selection"] == "A:27-30, B:25-29"
    assert view.state()["mol"]["selectedAtoms"] > 20, "3D"
    assert "20.0 Å" in (details.text_content() or ""), "the mean error of the pair"
    residue_in_sequence(view, 4)
    assert view.state()["selection"] == "A:29"
    assert view.state()["mol"]["selectedAtoms"] in range(4, 6)
    text = details.text_content() or ""
    assert "PHE A:29" in text
    assert "Sequence position5" in text
    place = view.ask("view.locate(arg)", {"chain": "B", "auth_seq": 33, "ins_code": ""})
    view.page.mouse.click(place["x"], place["y"])
    view.wait_for("view.state().selection !== 'A:29'")
    assert view.state()["selection"] in (details.text_content() or "")


def test_the_table_of_residues_is_one_of_the_panels(page_view: Show) -> None:
    view = page_view(Workbench(with_pae(first=25)).scene)
    view.root.get_by_role("tab", name="Table").click()
    rows, table = view.root.locator(".fs-table-row"), view.root.locator(".fs-table")
    rows.filter(has_text="A:27").click()
    rows.filter(has_text="A:29").click(modifiers=["Shift"])
    assert view.state()["selection"] == "A:27-29"
    assert view.state()["mol"]["selectedAtoms"] > 10, "3D"
    residue_in_sequence(view, 40)
    chosen = view.root.locator(".fs-table-row[aria-selected=true]")
    assert chosen.count() == 1
    assert chosen.is_visible(), "it is brought into sight"
    assert view.state()["selection"] in (chosen.text_content() or "")

    heads = view.root.locator(".fs-table-sort")
    heads.filter(has_text="Type").click()
    assert rows.first.locator("> div").nth(1).text_content() == "ALA"
    heads.filter(has_text="Type").click()
    assert rows.first.locator("> div").nth(1).text_content() == "VAL"
    assert view.root.locator("[aria-sort=descending]").count() == 1
    table.focus()
    for key in ("Home", "Enter", "Shift+ArrowDown"):
        view.page.keyboard.press(key)
    names = [row.locator("> div").nth(1).text_content() for row in chosen.all()]
    assert names == ["VAL", "VAL"], "a range follows the order of the table"
    view.page.keyboard.press("Escape")
    assert (view.state()["selection"], chosen.count()) == ("", 0)
    view.page.keyboard.press("ArrowRight")
    view.page.keyboard.press("Enter")
    assert view.root.locator("[aria-sort=ascending]").text_content() == "Residue", (
        "heads are reached by arrows"
    )
    assert faults(view.page, ".fs-table") == []


def drag_in_map(view: View, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Drag from one cell (row, column) of the map to another."""
    box = view.root.locator(".fs-pae-canvas").bounding_box()
    frame = view.ask("view.panels.pae.frame()")
    size = view.ask("view.panels.pae.pae.size")
    points = [
        (
            box["x"] + frame["x"] + (column + 0.5) * frame["side"] / size,
            box["y"] + frame["y"] + (row + 0.5) * frame["side"] / size,
        )
        for row, column in (start, end)
    ]
    view.page.mouse.move(*points[0])
    view.page.mouse.down()
    view.page.mouse.move(*points[1], steps=4)
    view.page.mouse.up()
    view.ask("view.work")


def residue_in_sequence(view: View, row: int) -> None:
    box = view.root.locator(".fs-sequence-canvas").bounding_box()
    cell = view.ask("view.panels.sequence.cell")
    view.page.mouse.click(box["x"] + (row + 0.5) * cell, box["y"] + 40)
    view.ask("view.work")


def test_the_map_reads_both_residues_and_saves(page_view: Show) -> None:
    view = page_view(PaeView(with_pae(first=25)).scene)
    view.root.locator(".fs-pae-canvas").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        view.page.keyboard.press(key)
    words = view.root.locator(".fs-pae-words").text_content() or ""
    assert words == "ASP A:27 aligned on CYS A:26: 2.0 Å (the other way 2.0 Å)"
    view.page.keyboard.press("Shift+ArrowDown")
    assert view.state()["selection"] == "A:26-27"
    with view.page.expect_download() as saving:
        view.root.get_by_label("Save the map").click()
    assert saving.value.suggested_filename == "Sample-pae.png"


def test_a_map_that_does_not_fit_is_told(page_view: Show) -> None:
    view = page_view(Workbench(prediction()).scene)
    assert "no predicted aligned error" in (view.root.locator(".fs-pae-words").text_content() or "")


def test_the_sequence_by_keyboard_and_in_every_numbering(page_view: Show) -> None:
    view = page_view(SequenceView(prediction(first=25)).scene)
    box = view.root.locator(".fs-sequence-scroll")
    box.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter", "Shift+ArrowRight", "Shift+ArrowRight"):
        view.page.keyboard.press(key)
    assert view.state()["selection"] == "A:27-29"
    option = view.root.locator(f"[id='{box.get_attribute('aria-activedescendant')}']")
    assert (option.text_content() or "").startswith("PHE A:29 · position 5")
    scheme = view.root.get_by_label("Numbering")
    assert scheme.locator("option[disabled]").all_text_contents() == ["UniProt numbers"]
    scheme.select_option("label")
    view.root.get_by_role("button", name="SASA").click()
    assert view.state()["coloring"] == "sasa"


def test_five_thousand_residues_are_drawn_by_the_window(page_view: Show) -> None:
    scene: Scene = SequenceView(prediction({"A": "ACDEFGHIKL" * 500})).scene
    view = page_view(scene)
    view.page.keyboard.press("Tab")
    view.root.locator(".fs-sequence-scroll").focus()
    view.page.keyboard.press("End")
    view.page.keyboard.press("Enter")
    assert view.state()["selection"] == "A:5000"
    width = view.ask("view.panels.sequence.canvas.width")
    assert width < 2500, "the canvas is as wide as the window, not as the sequence"
    assert view.root.locator(".fs-sequence *").count() < 60, "and there is no element per residue"
    view.root.get_by_label("Whole sequence").click()
    assert view.ask("view.panels.sequence.cell * 5000") <= width + 10


def test_bars_between_panels_move_by_keyboard(page_view: Show) -> None:
    view = page_view(Workbench(with_pae()).scene)
    bar = view.root.get_by_role("separator", name="Width of the picture")
    before = view.root.locator(".fs-three").bounding_box()["width"]
    bar.focus()
    for _ in range(4):
        view.page.keyboard.press("ArrowLeft")
    assert view.root.locator(".fs-three").bounding_box()["width"] < before - 60
