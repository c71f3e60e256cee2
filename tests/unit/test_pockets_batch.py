"""Many files to one JSON object; a file that cannot be used is never left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foldsight.analysis.pockets import scan_files
from foldsight.analysis.pockets.batch import structure_files, structure_id
from foldsight.errors import BadFile, NotFound
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.structure import Structure


def read(path: Path) -> Structure:
    if "broken" in path.name:
        raise BadFile(f"{path.name} is not a structure.")
    return Library(STARTER.parent / "nowhere", STARTER).structure("1ubi")


def test_a_folder_or_its_structures_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no structure file"):
        structure_files(tmp_path)
    (tmp_path / "readme.txt").touch()
    (tmp_path / "b.cif").touch()
    (tmp_path / "a.pdb.gz").touch()
    assert [structure_id(path) for path in structure_files(tmp_path)] == ["a", "b"]
    (tmp_path / "structures").mkdir()
    (tmp_path / "structures" / "c.v2.ent").touch()
    assert [structure_id(path) for path in structure_files(tmp_path)] == ["c.v2"]


def test_every_file_has_an_entry() -> None:
    told: list[tuple[float, str]] = []
    found = scan_files(
        [Path("x/1ubi.pdb"), Path("x/broken.pdb")],
        read,
        progress=lambda share, name: told.append((share, name)),
    )
    again = json.loads(json.dumps(found))["structures"]
    assert set(again) == {"1ubi", "broken"}
    assert again["1ubi"]["pockets"][0].keys() >= {"center", "residues", "score"}
    assert again["1ubi"]["seconds"] > 0
    assert again["broken"]["pockets"] == []
    assert again["broken"]["error"]["code"] == "bad_file"
    assert told == [(0.0, "1ubi.pdb"), (0.5, "broken.pdb")]
