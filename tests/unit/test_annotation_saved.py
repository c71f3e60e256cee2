"""Annotations that a structure or prediction carries: local, saved, taken over, shared."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import foldsight as fs
from foldsight.annotation import annotated
from foldsight.annotation.remote import SharedBook
from foldsight.errors import BadFile, BadRequest
from foldsight.typing import Json
from tests.samples import helices, prediction


def test_a_prediction_is_annotated_and_listed() -> None:
    p = prediction()
    chain = p.structure.auth_chains[0]
    made = p.annotate(f"{chain}:2-4", "**site**", kind="active site", label="D3")
    p.comment(made, "sure?")
    table = p.annotations
    assert table.loc[0, ["residues", "kind", "comments"]].tolist() == [f"{chain}:2-4", "active site", 1]
    with pytest.raises(BadRequest):
        p.annotate(f"{chain}:9999", "nowhere")
    with pytest.raises(BadRequest, match="has no shape"):
        p.annotate(f"{chain}:2", "x", shape="round")


@pytest.mark.parametrize("kind", ["prediction", "structure"])
def test_annotations_are_saved_and_read_back(tmp_path: Path, kind: str) -> None:
    item = prediction() if kind == "prediction" else helices({"A": "MKTAYIAKQR"}, first=24)
    made = item.annotate(str(item.select("A:")[1]), "text")
    item.comment(made, "reply")
    path = item.save(tmp_path / "x.foldsight")
    again = fs.read(path)
    assert type(again) is type(item)
    assert again.notes.all() == item.notes.all()
    assert path.read_bytes() == item.save(tmp_path / "y.foldsight").read_bytes()


def test_annotations_are_taken_over_by_identity() -> None:
    old, new = helices({"A": "MKTAYIAKQR"}, first=24), helices({"X": "GSGSMKTAYIAKQR"})
    old.annotate("A:26-28", "three")
    assert new.adopt(old.notes, old) == []
    assert new.annotations["residues"].tolist() == ["X:7-9"]


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (archive(other__txt=b"x"), "without structure.cif"),
        (archive(structure__cif=b"data_x\n")[:-9], "cannot be read"),
        (archive(structure__cif=b"x"), "structure.cif"),
    ],
)
def test_another_archive_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        fs.read(data)


def test_annotations_that_break_the_schema_are_refused(tmp_path: Path) -> None:
    item = helices({"A": "MKTAYIAKQR"})
    item.annotate("A:2", "x")
    path = item.save(tmp_path / "x.foldsight")
    with zipfile.ZipFile(path) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    for broken, words in (
        (b"{", "not JSON"),
        (b'{"meta": {"schema_version": 9}}', "schema version 9"),
        (parts["annotations.json"].replace(b'"text": "x"', b'"text": 1'), "text"),
    ):
        changed = archive(**{**parts, "annotations.json": broken})
        with pytest.raises(BadFile, match=words):
            fs.read(changed)


class FakeService:
    """Answers as the service does, from a book."""

    def __init__(self) -> None:
        self.held: dict[str, Json] = {}
        self.calls: list[str] = []

    def __call__(self, method: str, path: str, **options: Any) -> Json:
        self.calls.append(f"{method} {path}")
        if path.endswith("/about"):
            return {"me": {"id": "ada", "name": "Ada"}, "role": "editor"}
        if method == "GET":
            return {"annotations": list(self.held.values())}
        body = json.loads(json.dumps(options["json"]))
        assert not {"author", "created", "comments"} & set(body)
        stamped = {"author": "ada", "author_name": "Ada", "created": "2026-01-01T00:00:00Z", "comments": {}}
        self.held[body["id"]] = {"structure": "s1", **body, **stamped}
        return self.held[body["id"]]


def test_a_joined_room_takes_the_place_of_the_local_book(monkeypatch: pytest.MonkeyPatch) -> None:
    service = FakeService()
    monkeypatch.setattr(annotated, "_service_room", lambda room: SharedBook(service, room))
    item = helices({"A": "MKTAYIAKQR"})
    item.annotate("A:2", "local")
    item.join("s1", bring=True)
    item.annotate("A:3-5", "shared")
    assert item.annotations["text"].tolist() == ["local", "shared"]
    assert set(item.annotations["author"]) == {"Ada"}
    assert service.calls[0] == "GET /rooms/s1/about"
