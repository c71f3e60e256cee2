"""``foldsight pockets`` on one file and on a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foldsight.cli.main import run
from foldsight.io import write
from foldsight.library import Library
from foldsight.library.catalog import STARTER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "set" / "structures"
    inner.mkdir(parents=True)
    write(Library(STARTER.parent / "nowhere", STARTER).structure("1ubi"), inner / "1ubi.pdb")
    return tmp_path / "set"


def test_one_structure_is_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pockets", str(folder / "structures" / "1ubi.pdb")]) == 0
    out = capsys.readouterr().out
    assert "druggability" in out
    assert "A:" in out


def test_json_on_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pockets", str(folder / "structures" / "1ubi.pdb"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pockets"][0]["rank"] == 1


def test_a_folder_goes_to_a_file(folder: Path, tmp_path: Path) -> None:
    (folder / "structures" / "broken.pdb").write_text("no structure at all\n")
    target = tmp_path / "out.json"
    assert run(["pockets", "--set", str(folder), "--json", str(target)]) == 0
    found = json.loads(target.read_text())
    assert set(found["structures"]) == {"1ubi", "broken"}
    pocket = found["structures"]["1ubi"]["pockets"][0]
    assert len(pocket["center"]) == 3
    assert all(name.startswith("A:") for name in pocket["residues"])
    assert found["structures"]["broken"]["pockets"] == []


def test_what_is_missing_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pockets"]) == 2
    assert run(["pockets", "--set", str(tmp_path / "nowhere")]) == 2
    for path in (folder / "structures").iterdir():
        path.write_text("no structure at all\n")
    assert run(["pockets", "--set", str(folder)]) == 2
    assert "is not a folder" in capsys.readouterr().err
