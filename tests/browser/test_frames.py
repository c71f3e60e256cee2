"""Frames and the clipping plane, in a page and in step with Python."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from foldsight.scene import Scene
from tests.browser.lab import Notebook, View, count_like
from tests.samples import prediction
from tests.unit.test_scene_frames import moved

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

Show = Callable[..., View]


def test_frames_are_stepped_and_played(page_view: Show) -> None:
    view = page_view(Scene.of(prediction()).animated(moved()))
    where = {"chain": "A", "auth_seq": 5, "ins_code": ""}
    assert (view.state()["frames"], view.state()["frame"]) == (4, 0)
    before = view.ask("view.locate(arg)", where)
    view.residue(4).click()
    view.root.get_by_label("Frame", exact=True).press("ArrowRight")
    view.wait_for("view.state().frame === 1")
    after = view.ask("view.locate(arg)", where)
    assert abs(after["x"] - before["x"]) + abs(after["y"] - before["y"]) > 1
    state = view.state()
    assert state["mol"]["residues"] == 47
    assert state["mol"]["colors"] == 4, "the colours came along"
    assert state["mol"]["selectedAtoms"] > 0, "and what is selected"
    assert count_like(view.pixels(), "#FF7D45") > 20
    view.root.get_by_role("button", name="Play").press("Enter")
    view.wait_for("view.state().frame === 3")
    view.wait_for("view.state().frame === 0")
    view.root.get_by_role("button", name="Pause").click()


def test_the_plane_cuts_from_the_front(page_view: Show) -> None:
    view = page_view(Scene.of(prediction(), representation="surface"))
    whole = view.pixels()
    assert view.root.locator(".fs-player").is_hidden(), "nothing moves"
    slider = view.root.get_by_label("Cut away what lies in front")
    slider.fill("96")
    view.wait_for("view.state().mol.clip === 96")
    view.page.wait_for_timeout(500)
    assert (view.pixels() != whole).any(axis=2).mean() > 0.002


def test_python_and_page_show_the_same_frame(own_notebook: Notebook) -> None:
    own_notebook.run(
        "from tests.samples import prediction\nfrom tests.unit.test_scene_frames import moved\n"
        "view = prediction().view(clip=20)\nview.animate(moved())\nview"
    )
    view = own_notebook.view()
    assert view.state()["mol"]["clip"] == 20
    own_notebook.run("view.frame = 2")
    view.wait_for("view.state().frame === 2")
    view.root.get_by_label("Frame", exact=True).press("End")
    own_notebook.run_until("print(view.frame)", "3")
    assert not own_notebook.errors
