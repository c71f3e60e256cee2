"""Scenes of files and results, as the page of Lab fetches them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

from foldsight.io.foldsight_file import save
from foldsight.scene import Scene
from foldsight.scene.mvs import to_mvsx
from tests.samples import prediction

pytest_plugins = ["pytest_jupyter.jupyter_server"]

Fetch = Callable[..., Any]


@pytest.fixture
def jp_server_config(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("FOLDSIGHT_NETWORK", "off")
    return {"ServerApp": {"jpserver_extensions": {"foldsight_server": True}}}


@pytest.fixture(autouse=True)
def jp_server_cleanup(jp_asyncio_loop: Any, home: Path) -> Iterator[None]:
    """The plugin's own fixture, but done before the data folder goes."""
    yield
    jp_asyncio_loop.run_until_complete(ServerApp.instance()._cleanup())
    ServerApp.clear_instance()


async def scene_of(jp_fetch: Fetch, **params: str) -> dict[str, Any]:
    answer = await jp_fetch("foldsight", "scene", params=params)
    found: dict[str, Any] = json.loads(answer.body)["scene"]
    return found


async def test_a_file_becomes_a_workbench(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    (jp_root_dir / "sub").mkdir()
    prediction().save(jp_root_dir / "sub" / "one.pdb")
    save(prediction(), jp_root_dir / "two.foldsight")
    for path in ("sub/one.pdb", "two.foldsight"):
        scene = await scene_of(jp_fetch, path=path)
        assert scene["style"]["layout"] == "workbench"
        assert len(scene["structures"][0]["residues"]["auth_seq"]) == 47
        assert "sasa" in [c["id"] for c in scene["structures"][0]["colorings"]]


async def test_an_entry_of_the_library_becomes_a_workbench(jp_fetch: Fetch) -> None:
    scene = await scene_of(jp_fetch, entry="library:1hpv")
    assert scene["title"].lower().startswith("1hpv")


@pytest.mark.parametrize(
    ("params", "status", "words"),
    [
        ({}, 400, "No file is named"),
        ({"path": "gone.pdb"}, 404, "gone.pdb"),
        ({"path": "../outside.pdb"}, 404, ""),
        ({"path": "empty.pdb"}, 400, "empty.pdb"),
        ({"entry": "uniprot:P04637"}, 400, "no entry with a structure"),
        ({"entry": "/etc/passwd"}, 400, "no entry with a structure"),
        ({"entry": "library:../../x"}, 400, "no entry"),
        ({"entry": "pdb:1HPV"}, 409, "network"),
        ({"job": "00000000-0000-4000-8000-000000000000"}, 400, "job"),
    ],
)
async def test_what_cannot_be_shown_is_refused(
    jp_fetch: Fetch, jp_root_dir: Path, params: dict[str, str], status: int, words: str
) -> None:
    (jp_root_dir / "empty.pdb").write_text("REMARK nothing here\n", encoding="utf-8")
    (jp_root_dir.parent / "outside.pdb").write_text("x", encoding="utf-8")
    with pytest.raises(HTTPClientError) as fault:
        await scene_of(jp_fetch, **params)
    assert fault.value.code in (status, 422)
    assert words.lower() in (fault.value.response.body.decode().lower() if fault.value.response else "")


async def test_a_molviewspec_scene_comes_with_its_files(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    folder = jp_root_dir / "figures"
    folder.mkdir()
    (folder / "own.mvsx").write_bytes(to_mvsx(Scene.of(prediction())))
    with zipfile.ZipFile(folder / "own.mvsx") as archive:
        archive.extractall(folder)
    (folder / "index.mvsj").rename(folder / "loose.mvsj")
    for name in ("own.mvsx", "loose.mvsj"):
        answer = await jp_fetch("foldsight", "scene", params={"path": f"figures/{name}"})
        found = json.loads(answer.body)["mvs"]
        assert found["name"] == name
        assert list(found["files"]) == ["structure-1.cif"]
    (folder / "remote.mvsj").write_text(
        '{"metadata": {"version": "1"}, "root": {"params": {"url": "https://tracker.example/x"}}}'
    )
    with pytest.raises(HTTPClientError) as fault:
        await jp_fetch("foldsight", "scene", params={"path": "figures/remote.mvsj"})
    assert fault.value.code == 400


async def test_a_structure_of_a_project_opens(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    api = ("foldsight", "api", "v1", "projects")
    made = await jp_fetch(*api, method="POST", body=json.dumps({"name": "Mine"}))
    prediction().save(jp_root_dir / "one.pdb")
    data = (jp_root_dir / "one.pdb").read_bytes()
    kept = await jp_fetch(*api, json.loads(made.body)["id"], "structures", method="POST", body=data)
    scene = await scene_of(jp_fetch, structure=json.loads(kept.body)["id"])
    assert len(scene["structures"][0]["residues"]["auth_seq"]) == 47
