"""StructureView in the kernel: its traits, messages and what a notebook keeps of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from foldsight_widgets import JobProgress, StructureView
from foldsight_widgets.traits import selection_from_json

from foldsight.errors import BadRequest, Failed
from foldsight.residues import ResidueRef
from foldsight.scene import Scene, by_value
from foldsight.scene.payload import MIME
from tests.samples import helices, prediction

PNG = b"\x89PNG\r\n\x1a\n"


class Wire(StructureView):
    """A view that keeps what it sends, in place of a comm."""

    def __init__(self, *items: Any, **style: Any) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(*items, **style)

    def send(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        """Keep a message."""
        self.sent.append((content, buffers or []))


@pytest.fixture
def view() -> Wire:
    return Wire(prediction())


def test_the_state_is_few_traits(view: Wire) -> None:
    own = set(view.trait_names(sync=True)) - set(JobProgress().trait_names(sync=True))
    assert own == {"scene", "selection", "frame", "room", "notes"}


def test_text_selects_residues(view: Wire) -> None:
    view.selection = "A:2-3, B:1"
    assert [str(ref) for ref in view.selection] == ["A:2", "A:3", "B:1"]
    view.selection = [ResidueRef("A", 5)]
    assert view.selection == [ResidueRef("A", 5, "", 5)], "the numbers that were left out are filled in"
    view.selection = ""
    assert view.selection == []


@pytest.mark.parametrize("selection", ["A:900", "Z:1", "A:3-1", [ResidueRef("Z", 1)]])
def test_what_is_not_there_is_refused_and_nothing_changes(view: Wire, selection: Any) -> None:
    view.selection = "A:2"
    with pytest.raises(BadRequest):
        view.selection = selection
    assert [str(ref) for ref in view.selection] == ["A:2"]


def test_a_selection_made_in_the_page_arrives(view: Wire) -> None:
    seen: list[list[ResidueRef]] = []
    view.observe(lambda change: seen.append(change["new"]), names="selection")
    view.set_state(
        {"selection": [{"chain": "A", "auth_seq": 4, "ins_code": "", "label_seq": 4, "uniprot": None}]}
    )
    assert [str(ref) for ref in view.selection] == ["A:4"]
    assert len(seen) == 1


def test_residues_of_an_older_scene_are_dropped(view: Wire) -> None:
    assert selection_from_json([{"chain": "Z", "auth_seq": 1}], view) == []
    view.selection = "A:2, B:1"
    view.scene = prediction({"A": "GAVL"})
    assert [str(ref) for ref in view.selection] == ["A:2"]


def test_the_state_on_the_wire_is_json_and_buffers(view: Wire) -> None:
    state = view.get_state(["scene", "selection"])
    data = state["scene"]["structures"][0].pop("data")
    assert data.startswith((b"data_", b"#"))
    json.dumps(state)


def test_what_cannot_be_shown_is_refused() -> None:
    with pytest.raises(BadRequest, match="not int"):
        StructureView(prediction()).scene = 3
    with pytest.raises(BadRequest, match="at least one"):
        StructureView()
    with pytest.raises(BadRequest, match="shown alone"):
        StructureView(Scene.of(prediction()), helices({"A": "GA"}))


def test_style_and_colours_change_the_scene(view: Wire) -> None:
    view.restyle(representation="surface", coloring="chain")
    assert view.scene.style.representation == "surface"
    view.color_by(by_value(range(47), id="sasa", label="SASA"))  # type: ignore[arg-type]
    assert view.scene.style.coloring == "sasa"


def test_a_column_of_the_residue_table_colours(view: Wire) -> None:
    view.color(prediction().residues["plddt"], label="mine")
    assert view.scene.style.coloring == "mine"
    with pytest.raises(BadRequest, match="Z:9"):
        view.color({"Z:9": 1.0})


def test_labels_and_distances_are_part_of_the_scene(view: Wire) -> None:
    assert view.measure("A:1", "B:1") == pytest.approx(11.0, abs=1e-4)
    view.label("A:3-5", "a loop")
    kinds = [(mark["kind"], mark["text"]) for mark in view.get_state(["scene"])["scene"]["marks"]]
    assert kinds == [("distance", "11.0 Å"), ("label", "a loop")]
    with pytest.raises(BadRequest, match="names 2 residues"):
        view.measure("A:1-2", "B:1")
    view.unmark()
    assert view.scene.marks == ()


def test_hover_goes_both_ways_without_an_echo(view: Wire) -> None:
    seen: list[Any] = []
    view.observe(lambda change: seen.append(change["new"]), names="hover")
    view.hover = "A:3"
    assert view.sent[-1][0] == {"type": "hover", "residue": ResidueRef("A", 3, "", 3).to_dict()}
    count = len(view.sent)
    view._receive(view, {"type": "hover", "residue": {"chain": "B", "auth_seq": 2}}, [])
    view._receive(view, {"type": "hover", "residue": {"chain": "Z", "auth_seq": 2}}, [])
    assert [str(ref) for ref in seen] == ["A:3", "B:2", "None"]
    assert len(view.sent) == count, "the page knows already"


def test_a_snapshot_is_the_answer_of_the_page(view: Wire) -> None:
    future = view.snapshot(640, 480)
    message, _ = view.sent[-1]
    assert message["name"] == "snapshot"
    assert message["args"] == {"width": 640, "height": 480, "transparent": False}
    view._receive(view, {"type": "reply", "id": message["id"], "value": {}}, [memoryview(PNG)])
    assert future.result(0) == PNG
    view._receive(view, {"type": "reply", "id": message["id"], "value": {}}, [])  # a second page: ignored


def test_waiting_in_the_cell_that_asked_ends_with_what_to_do(view: Wire) -> None:
    with pytest.raises(Failed, match="take the result in the next"):
        view.state().result(0.01)


def test_a_page_that_cannot_answer_says_so(view: Wire) -> None:
    future = view.state()
    view._receive(view, {"type": "reply", "id": view.sent[-1][0]["id"], "error": "no WebGL"}, [])
    with pytest.raises(Failed, match="no WebGL"):
        future.result(0)


def test_focus_needs_residues(view: Wire) -> None:
    with pytest.raises(BadRequest, match="Nothing is selected"):
        view.focus()
    view.focus("A:3")
    assert view.sent[-1][0]["args"]["residues"][0]["auth_seq"] == 3
    with pytest.raises(BadRequest, match="No picture can be 9"):
        view.snapshot(9, 9)


def test_the_engine_goes_over_the_comm_where_no_server_can_serve_it(view: Wire) -> None:
    view._receive(view, {"type": "engine"}, [])
    message, [engine] = view.sent[-1]
    assert message == {"type": "engine"}
    assert engine[:2] == b"\x1f\x8b", "as gzip"


def test_a_notebook_keeps_the_figure_a_picture_and_words(view: Wire) -> None:
    view.selection = "A:2"
    view._receive(view, {"type": "picture"}, [memoryview(PNG)])
    data, _ = view._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == PNG == view.picture
    assert data[MIME]["selection"][0]["auth_seq"] == 2
    assert data["text/plain"] == "StructureView of Sample: 47 residues, cartoon"
    assert "application/vnd.jupyter.widget-view+json" in data
    json.dumps(data)


def test_without_a_page_the_kernel_draws_the_picture(view: Wire) -> None:
    data, _ = view._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(PNG)


def test_job_progress_tells_its_state_and_passes_cancel_on() -> None:
    progress = JobProgress({"name": "protease", "state": "running", "progress": 0.25})
    assert repr(progress) == "protease: running, 25 %"
    pressed: list[bool] = []
    progress.on_cancel(lambda: pressed.append(True))
    progress._receive(progress, {"type": "cancel"}, [])
    progress._receive(progress, {"type": "other"}, [])
    assert pressed == [True]
    assert repr(JobProgress()) == "JobProgress()"
