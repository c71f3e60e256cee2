"""What the 3D picture can do, in a page without Jupyter: kinds of drawing, marks, focus, grids."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foldsight.scene import Mark, Scene, by_column
from foldsight.scene.palettes import CHAINS, DIVERGING, STANDARD
from foldsight.scene.superposed import together
from tests.browser.lab import View, count_like
from tests.samples import helices, prediction

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

Show = Callable[..., View]


def test_putty_is_thick_where_the_confidence_is_low(page_view: Show) -> None:
    view = page_view(Scene.of(prediction({"A": "ACDEFGHIKLMNPQRSTVWYACDEFGHIKL"}), representation="putty"))
    assert view.state()["mol"]["representations"] == ["putty"]
    pixels = view.pixels()
    sure, doubtful = count_like(pixels, "#0053D6"), count_like(pixels, "#FF7D45")
    # The lowest band has twice the residues of the highest, but many times its pixels.
    assert doubtful > 4 * sure > 0
    view.root.get_by_role("radio", name="Tube").click()
    assert view.state()["representation"] == "tube"
    even = view.pixels()
    assert count_like(even, "#FF7D45") < doubtful


def test_a_column_has_two_hues_and_a_bar(page_view: Show) -> None:
    item = prediction()
    column = by_column(item.structure, np.linspace(-3, 3, 47), label="ddG", title="ddG, kcal/mol")
    view = page_view(Scene.of(item).colored_by(column))
    assert view.state()["legendTitle"] == "ddG, kcal/mol"
    assert view.root.locator(".fs-legend-ticks").text_content() == "\u22122.88 0 2.88".replace(" ", "")
    pixels = view.pixels()
    assert count_like(pixels, DIVERGING[STANDARD][0]) > 100
    assert count_like(pixels, DIVERGING[STANDARD][-1]) > 100
    view.root.get_by_label("Colour by").select_option("hydrophobicity")
    assert view.state()["legendTitle"].startswith("Hydropathy")


def test_labels_and_distances(page_view: Show) -> None:
    scene = Scene.of(prediction())
    view = page_view(scene.marked(Mark("label", tuple(scene.select("A:3-5")), "a loop")))
    assert view.state()["mol"]["marks"] == 1
    measure = view.root.get_by_label("Measure between")
    assert measure.is_disabled()
    view.residue(0).click()
    view.residue(30).click(modifiers=["Control"])
    measure.click()
    assert view.state()["mol"]["marks"] == 2
    measure.click()
    assert view.state()["mol"]["marks"] == 1, "the same again takes it away"


def test_a_double_click_goes_there(page_view: Show) -> None:
    view = page_view(Scene.of(prediction()))
    before = view.ask("[...view.three.viewer.camera().target]")
    place = view.ask("view.locate(arg)", {"chain": "B", "auth_seq": 9, "ins_code": ""})
    view.page.mouse.dblclick(place["x"], place["y"])
    view.wait_for("view.state().selectedResidues === 1")
    view.wait_for("Math.hypot(...view.three.viewer.camera().target.map((x, i) => x - arg[i])) > 4", before)
    view.residue(2).dblclick()
    view.wait_selection("A:3")


#: JavaScript: have the picture of names drawn but not yet read, then click at once.
CLICK_EARLY = """(() => {
    const canvas = view.three.viewer.plugin.canvas3d, { x, y } = arg;
    const element = view.root.querySelector('canvas'), box = element.getBoundingClientRect();
    canvas.requestDraw();
    canvas.tick(performance.now());
    canvas.asyncIdentify([x - box.x, y - box.y]);
    const press = { clientX: x, clientY: y, button: 0, bubbles: true, composed: true };
    element.dispatchEvent(new PointerEvent('pointerdown', press));
    element.dispatchEvent(new MouseEvent('mousedown', { ...press, buttons: 1 }));
    element.dispatchEvent(new MouseEvent('mouseup', { ...press, buttons: 0 }));
    return view.three.viewer.looking !== null;
})()"""


def test_a_click_before_the_names_are_read_finds_its_residue(page_view: Show) -> None:
    view = page_view(Scene.of(prediction()))
    place = view.ask("view.locate(arg)", {"chain": "B", "auth_seq": 9, "ins_code": ""})
    assert view.ask(CLICK_EARLY, place), "the click came too late to test anything"
    view.wait_selection("B:9")


def test_the_pointer_in_3d_is_told_in_words_and_in_the_strip(page_view: Show) -> None:
    view = page_view(Scene.of(prediction(first=25)))
    place = view.ask("view.locate(arg)", {"chain": "A", "auth_seq": 40, "ins_code": ""})
    for nudge in range(40):  # what is under the pointer is known some frames later
        view.page.mouse.move(place["x"] + nudge % 2, place["y"])
        view.page.wait_for_timeout(200)
        if view.state()["hover"]:
            break
    assert view.state()["hover"].startswith("A:")
    words = view.root.locator(".fs-under").text_content() or ""
    assert words.split(" ")[1] == view.state()["hover"]
    assert view.root.locator(".fs-residue.fs-hover").count() == 1


def test_structures_together_and_side_by_side(page_view: Show) -> None:
    scene = together([prediction(), helices({"A": "ACDEFGHIKLMNPQRSTVWYACDEFGHIKL"})])
    one = page_view(scene)
    assert [entry["label"] for entry in one.state()["legend"]] == ["Sample", "helices"]
    assert one.state()["mol"]["residues"] == 77
    grid = page_view(scene.styled(layout="grid"))
    assert grid.root.locator(".fs-stage").count() == 2
    grid.page.wait_for_function("() => document.querySelectorAll('canvas').length === 2")
    grid.wait_for("view.three.pictures.every(p => p.stage.current === 'ready')")
    assert count_like(grid.pixels(), CHAINS[STANDARD][0]) > 200
    box = grid.root.locator(".fs-stage").first.bounding_box()
    grid.page.mouse.move(box["x"] + 200, box["y"] + 150)
    grid.page.mouse.down()
    grid.page.mouse.move(box["x"] + 320, box["y"] + 190, steps=6)
    grid.page.mouse.up()
    grid.page.wait_for_timeout(800)
    looks = grid.ask("view.three.pictures.map(p => [...p.stage.viewer.camera().position])")
    np.testing.assert_allclose(looks[0], looks[1], atol=1e-3)
