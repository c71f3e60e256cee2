"""MolViewSpec scenes of others: what they name, and hostile ones."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from foldsight_widgets.mvs_view import MolViewSpecView

import foldsight as fs
from foldsight.errors import BadFile, BadRequest
from foldsight.scene import Scene, mvs_file
from foldsight.scene.mvs import to_molviewspec, to_mvsx
from foldsight.scene.mvs_file import open_mvs, read_mvs
from tests.samples import prediction


def tree(url: str = "a.cif", version: str = "1.8", **more: Any) -> bytes:
    root = {"kind": "root", "children": [{"kind": "download", "params": {"url": url}}]}
    return json.dumps({"metadata": {"version": version}, "root": root, **more}).encode()


def test_our_own_archive_opens_again(tmp_path: Path) -> None:
    path = tmp_path / "figure.mvsx"
    path.write_bytes(to_mvsx(Scene.of(prediction())))
    view = fs.view(path, height=300)
    assert isinstance(view, MolViewSpecView)
    assert list(view.scene["files"]) == ["structure-1.cif"]
    assert (view.height, repr(view)) == (300, "MolViewSpec scene figure.mvsx")


def test_files_beside_are_taken_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a b.cif").write_text("data_x")
    (tmp_path / "secret.cif").write_text("data_secret")
    (tmp_path / "inside" / "link.cif").symlink_to(tmp_path / "secret.cif")
    path = tmp_path / "inside" / "scene.mvsj"
    path.write_bytes(tree("./a%20b.cif"))
    assert read_mvs(path).files == {"./a%20b.cif": b"data_x"}
    for url in ("../secret.cif", "%2e%2e/secret.cif", "link.cif", str(tmp_path / "secret.cif"), "gone.cif"):
        path.write_bytes(tree(url))
        with pytest.raises(BadFile, match="not there"):
            read_mvs(path)


def test_a_builder_is_shown() -> None:
    state = to_molviewspec(Scene.of(prediction()))
    with pytest.raises(BadFile, match="not there"):
        read_mvs(state)
    mvs = pytest.importorskip("molviewspec")
    builder = mvs.create_builder()
    builder.download(url="https://files.example.org/1hpv.cif")
    with pytest.raises(BadRequest, match=r"ask files\.example\.org"):
        fs.view(builder)
    assert read_mvs(builder, remote=True).remote == ("files.example.org",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"not json", "no MolViewSpec"),
        (b"[" * 100_000, "no MolViewSpec"),
        (b"[]", "no MolViewSpec"),
        (b'{"metadata": {"version": "1"}}', "root or snapshots"),
        (tree(version="2.0"), "version 2.0"),
        (json.dumps({"root": {}}).encode(), "version none"),
        (tree("javascript:alert(1)"), "names 'javascript:"),
        (tree("file:///etc/passwd"), "names 'file:"),
        (tree("//evil.example/x"), "names '//evil"),
        (tree("data:text/html,x"), "names 'data:"),
        (b"PK\x03\x04 broken", "broken archive"),
    ],
)
def test_what_is_no_scene_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        open_mvs(data, "x.mvsj", lambda name: None)


def test_remote_addresses_anywhere_in_the_tree_are_found() -> None:
    data = tree("a.cif", snapshots=[{"root": {"params": {"uri": "http://tracker.example/pixel"}}}])
    with pytest.raises(BadRequest, match=r"tracker\.example"):
        open_mvs(data, "x.mvsj", lambda name: b"")


def test_a_deep_tree_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"children": [deep]}
    with pytest.raises(BadFile, match="too deep"):
        open_mvs(json.dumps({"metadata": {"version": "1"}, "root": deep}).encode(), "x", lambda name: None)


def archive(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in files.items():
            opened.writestr(name.replace("_", "."), data)
    return held.getvalue()


def test_an_archive_that_grows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mvs_file, "MOST_BYTES", 1_000_000)
    with pytest.raises(BadFile, match="unpacks to more"):
        open_mvs(archive(index_mvsj=tree(), a_cif=b"0" * 5_000_000), "x.mvsx", lambda name: None)
    monkeypatch.setattr(mvs_file, "MOST_FILES", 1)
    with pytest.raises(BadFile, match="holds 2 files"):
        open_mvs(archive(index_mvsj=tree(), a_cif=b"0"), "x.mvsx", lambda name: None)
