"""The restore drill: back up, lose everything, restore, and find all of it again."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from foldsight_server.store.objects import path_of

from foldsight.cli.main import run

if TYPE_CHECKING:
    from conftest import Workplace

PDB = b"".join(
    f"ATOM  {i:5d}  CA  ALA A{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for i in range(1, 6)
)
#: Everything that must come back, row for row.
TABLES = ("users", "projects", "project_members", "structures", "tags", "comments", "jobs", "usage",
          "usage_records", "audit_log", "objects", "service_secrets", "schema_migrations")  # fmt: skip


def filled(place: Workplace) -> tuple[str, dict[str, Any]]:
    project = place.good("ana", "POST", "/projects", {"name": "Precious"})["id"]
    structure = place.good("ana", "POST", f"/projects/{project}/structures", PDB)["id"]
    place.good("ana", "PUT", f"/structures/{structure}/tags/keep")
    place.good("ana", "POST", f"/projects/{project}/comments", {"body": "do not lose this"})
    place.good("ana", "POST", "/jobs", {"sequence": "ACDEFGHIKLMNPQRSTVWY", "project": project})
    place.good("ana", "GET", f"/structures/{structure}/files/structure.pdb/link")
    return structure, rows(place)


def rows(place: Workplace) -> dict[str, Any]:
    return {table: place.sql(f"SELECT t::text FROM {table} t ORDER BY 1") for table in TABLES}


def cli(monkeypatch: pytest.MonkeyPatch, home: Path, *words: str) -> int:
    monkeypatch.setenv("FOLDSIGHT_HOME", str(home))
    return run(["db", *words, "--json"])


def test_all_that_was_there_comes_back(
    folders: Callable[[], Path],
    workplace_in: Callable[[Path], Workplace],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old, new, backup = folders(), folders(), str(tmp_path / "backup.tar")
    with workplace_in(old) as place:
        structure, before = filled(place)
        assert cli(monkeypatch, old, "dump", backup) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["objects"], told["missing"]) == (1, [])
        # A database in use is not replaced under whoever uses it.
        assert cli(monkeypatch, old, "restore", backup, "--replace") == 2
        assert "in use" in json.loads(capsys.readouterr().out)["error"]["message"]
    assert cli(monkeypatch, new, "restore", backup) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["objects"], told["migrations"], told["missing"]) == (1, [], [])
    with workplace_in(new) as place:
        assert rows(place) == before
        assert place.good("ana", "GET", f"/structures/{structure}/files/structure.pdb") == PDB
        assert place.good("ana", "GET", "/search", query={"q": "lose"})["hits"][0]["kind"] == "comment"
        place.good("ana", "POST", "/projects", {"name": "Later"})
    assert cli(monkeypatch, new, "restore", backup) == 2
    assert "not empty" in json.loads(capsys.readouterr().out)["error"]["message"]
    assert cli(monkeypatch, new, "restore", backup, "--replace") == 0
    with workplace_in(new) as place:
        assert rows(place) == before


def test_a_backup_names_the_files_that_it_could_not_read(
    folders: Callable[[], Path],
    workplace_in: Callable[[Path], Workplace],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    home, backup = folders(), str(tmp_path / "backup.tar")
    with workplace_in(home) as place:
        filled(place)
        digest = place.sql("SELECT digest FROM objects")[0]["digest"]
        (home / "objects" / path_of(digest)).write_bytes(b"damaged")
        assert cli(monkeypatch, home, "dump", backup) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == [digest]
    with tarfile.open(backup) as tar:
        assert tar.getnames() == ["backup.json", "database.dump"]
    assert [path.name for path in tmp_path.iterdir()] == ["backup.tar"]


def archive(path: Path, **members: bytes) -> str:
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name.replace("__", "/").replace("_", "."))
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return str(path)


def test_what_is_no_backup_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    (tmp_path / "text").write_text("hello")
    wrong = [
        str(tmp_path / "text"),
        str(tmp_path / "absent"),
        archive(tmp_path / "a", other=b""),
        archive(tmp_path / "b", backup_json=b"{}", database_dump=b""),
        archive(tmp_path / "c", backup_json=b'{"format": 99}', database_dump=b""),
        archive(tmp_path / "d", backup_json=b'{"format": 1}'),
    ]
    for path in wrong:
        assert cli(monkeypatch, home, "restore", path) == 2
        assert json.loads(capsys.readouterr().out)["error"]["refused"] is True
    assert not (home / "postgres").exists()
