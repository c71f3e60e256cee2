"""``foldsight align``: a pair, a list of pairs, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foldsight.cli.main import run
from foldsight.io import write
from foldsight.library import Library


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("align")
    library = Library.open()
    for name in ("1ubi", "1ejg"):
        write(library.structure(name), path / f"{name}.cif")
    (path / "short.pdb").write_text(
        "".join(
            f"ATOM  {i:5d}  CA  ALA A{i:4d}    {3.8 * i:8.3f}   0.000   0.000  1.00  0.00           C\n"
            for i in range(1, 6)
        )
        + "END\n"
    )
    return path


def test_a_pair_prints_both_scores_and_the_alignment(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = folder / "moved.pdb"
    assert run(["align", str(folder / "1ejg.cif"), str(folder / "1ubi.cif"), "-o", str(moved)]) == 0
    text = capsys.readouterr().out
    assert "by reference" in text
    assert "by mobile" in text
    assert moved.exists()
    assert run(["align", str(moved), str(folder / "1ejg.cif"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tm_by_reference"] == pytest.approx(1.0, abs=1e-3)
    assert found["n_aligned"] == len(found["aligned_mobile"]) == 46


def test_pairs_are_written_as_rows_and_a_refused_one_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = [
        {"pair": "same", "a": "1ubi.cif", "b": "1ubi.cif"},
        {"pair": "bad", "a": "short.pdb", "b": "1ubi.cif"},
    ]
    (folder / "pairs.json").write_text(json.dumps(task))
    out = folder / "rows.json"
    words = ["align", "--pairs", str(folder / "pairs.json"), "--root", str(folder), "--json", str(out)]
    assert run(words) == 2
    same, bad = json.loads(out.read_text())
    assert same["tm_norm1"] == same["tm_norm2"] == pytest.approx(1.0)
    assert "needs 10" in bad["error"]["message"]
    assert json.loads(capsys.readouterr().out)["pairs"][0]["pair"] == "same"


@pytest.mark.parametrize(
    ("words", "message"),
    [(["align", "x.pdb"], "Two structures"), (["align", "--pairs", "nowhere.json"], "no file")],
)
def test_what_is_missing_is_said(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert message in capsys.readouterr().err
