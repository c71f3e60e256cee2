"""``foldsight fold``: what is written, what is said, and how it ends."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

import foldsight
from foldsight.cli import main
from foldsight.cli.names import safe_stem, safe_stems
from foldsight.cli.verbs import fold as verb
from foldsight.export.picture import render_png

SEQUENCE = "MQIFVKTLTGKTITLEVEPS"


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have tests of their own; here they only have to be there."""
    monkeypatch.setattr("foldsight.export.picture_files.render_png", lambda item: render_png(item, (64, 64)))


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    path = tmp_path / "three.fasta"
    path.write_text(f">first\n{SEQUENCE}\n>nobody-knows\n{SEQUENCE}\n>with-pae\n{SEQUENCE}\n")
    return path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main.run(["fold", *words])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return status, out, err


def test_every_record_is_written_and_a_refused_one_is_said(
    service: Any, fasta: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "deep" / "out"
    status, out, err = run(capsys, str(fasta), "-o", str(folder))
    assert status == 2
    assert out == f"2 done, 1 refused; files are in {folder}\n"
    assert "first: 76 residues by template" in err
    assert "nobody-knows: refused. No engine has a structure. What would help: add one." in err
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "first.cif", "first.json", "first.pdb", "first.png",
        "with-pae.cif", "with-pae.json", "with-pae.pae.json", "with-pae.pdb", "with-pae.png",
    ]  # fmt: skip


def test_what_is_written_reads_back(service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, SEQUENCE, "--name", "pae one", "-o", str(tmp_path), "--json")
    record = json.loads(out)["records"][0]
    assert status == 0
    assert record["state"] == "done"
    found = {Path(name).name: Path(name) for name in record["files"]}
    prediction = foldsight.read(found["pae_one.cif"])
    assert prediction.name == "pae one"
    assert prediction.confidence.kind == "template_support"
    facts = json.loads(found["pae_one.json"].read_text())
    assert len(facts["confidence"]["values"]) == 76
    assert facts["manifest"]["facts"]["template"] == "1ubi"
    pae = json.loads(found["pae_one.pae.json"].read_text())[0]
    assert pae["predicted_aligned_error"][3][5] == 7.25


def test_a_failure_outweighs_a_refusal(
    service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fasta = tmp_path / "x.fasta"
    fasta.write_text(f">broken\n{SEQUENCE}\n>nobody\n{SEQUENCE}\n>fine\n{SEQUENCE}\n")
    status, out, _ = run(capsys, str(fasta), "-o", str(tmp_path / "out"), "--json")
    told = json.loads(out)
    assert status == 1
    assert (told["done"], told["refused"], told["failed"]) == (1, 1, 1)
    assert [record["state"] for record in told["records"]] == ["failed", "refused", "done"]


def test_options_reach_the_service(service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--engine", "template", "--seed", "7", "--set", "a=1", "--set", "b=fast", "--network", "hash"]
    run(capsys, SEQUENCE, "-o", str(tmp_path), *words)
    request = service.requests[0]
    assert request["settings"] == {"a": 1, "b": "fast"}
    assert (request["engine"], request["seed"], request["network"]) == ("template", 7, "hash")


def test_standard_input_is_read(
    service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Input:
        buffer = io.BytesIO(f">piped\n{SEQUENCE}\n".encode())

    monkeypatch.setattr("sys.stdin", Input)
    status, _, _ = run(capsys, "-", "-o", str(tmp_path))
    assert status == 0
    assert service.requests[0]["name"] == "piped"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is empty"),
        (b"MQIFVKTLTG\n", "stands before any header"),
        (b">a\nMQIFVKTLTGK\n>b\nMQIFXKTLTGK\n", "record 2 (b), line 4, column 5, residue 5: 'X'"),
        (b"\x00\x01\x02", "control character"),
    ],
)
def test_a_bad_file_is_refused_before_anything_starts(
    service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, fault: str
) -> None:
    path = tmp_path / "bad.fasta"
    path.write_bytes(content)
    status, out, err = run(capsys, str(path), "-o", str(tmp_path / "out"))
    assert (status, out) == (2, "")
    assert fault in err
    assert service.requests == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ([], "nothing to fold"),
        (["missing.fasta"], "no file missing.fasta"),
        (["."], "is a folder"),
        ([SEQUENCE, "--set", "fast"], "--set fast is no setting"),
        ([SEQUENCE, "--network", "all"], "invalid choice: 'all'"),
        ([SEQUENCE, "--seed", "x"], "invalid int value: 'x'"),
    ],
)
def test_bad_requests(
    service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], fault: str
) -> None:
    status, _, err = run(capsys, *words, "-o", str(tmp_path / "out"))
    assert status == 2
    assert fault in err


def test_a_file_in_the_place_of_the_folder_is_refused(
    service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("mine")
    status, _, err = run(capsys, SEQUENCE, "-o", str(tmp_path / "out"))
    assert status == 2
    assert "out is a file" in err
    assert (tmp_path / "out").read_text() == "mine"
    assert service.requests == []


def test_ctrl_c_cancels_what_is_not_over(
    service: Any, fasta: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.interrupt = True
    status, _, err = run(capsys, str(fasta), "-o", str(tmp_path / "out"))
    assert status == 130
    assert err == "foldsight: stopped.\n"
    assert {row["state"] for row in service.rows.values()} == {"cancelled"}


def test_nothing_half_written_stays(
    service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("foldsight.export.picture_files.render_png", broken)
    status, _, err = run(capsys, SEQUENCE, "--name", "x", "-o", str(tmp_path / "out"))
    assert status == 2
    assert "x.png cannot be written: No space left on device" in err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["x.cif", "x.json", "x.pdb"]


def test_hostile_names_stay_in_the_folder(
    service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fasta = tmp_path / "x.fasta"
    names = ["../../escape", "/etc/passwd", "con", "a/b", "A\\B", "..", "a" * 119]
    fasta.write_text("".join(f">{name}\n{SEQUENCE}\n" for name in names))
    folder = tmp_path / "out"
    status, out, _ = run(capsys, str(fasta), "-o", str(folder), "--json")
    assert status == 0
    files = [Path(name) for record in json.loads(out)["records"] for name in record["files"]]
    assert len(set(files)) == 4 * len(names)
    assert {path.parent for path in files} == {folder}
    assert not (tmp_path.parent / "escape.cif").exists()


def test_stems_are_safe_and_different() -> None:
    assert safe_stem("") == "record"
    assert safe_stem("\u202eevil.exe\n") == "evil_exe"
    stems = safe_stems(["x"] * 3 + ["X", "x-2", "x.pae"])
    assert len({stem.lower() for stem in stems}) == 6
    assert max(map(len, safe_stems(["y" * 500] * 3))) <= 83


def test_a_record_in_a_sentence() -> None:
    summary = {"name": "x", "residues": 5, "engine": "esmfold", "suspect": True,
               "confidence": {"mean": 71.25, "label": "pLDDT"}}  # fmt: skip
    assert verb.says(summary) == (
        "x: 5 residues by esmfold, mean pLDDT 71.2, SUSPECT (did not pass the sanity gate)"
    )
