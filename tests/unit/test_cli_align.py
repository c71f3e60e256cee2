"""``foldsight align``: a pair, a list of pairs, and what is refused."""

from __future__ import annotations

import json
import shutil
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


@pytest.fixture(scope="module")
def proteins(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    path = tmp_path_factory.mktemp("set")
    library = Library.open()
    for name in ("1hpv", "3hsy", "3o21"):
        write(library.structure(name).chain("A"), path / f"{name}.cif")
    shutil.copy(folder / "short.pdb", path)
    return path


def test_one_against_a_folder(proteins: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    csv, out = tmp_path / "hits.csv", tmp_path / "hits.json"
    words = ["align", str(proteins / "3o21.cif"), "--against", str(proteins), "--min-tm", "0.6"]
    assert run([*words, "--csv", str(csv), "--json", str(out)]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data == json.loads(out.read_text())
    status = {row["name"]: row["status"] for row in data["rows"]}
    assert status["3hsy.cif"] == status["3o21.cif"] == "aligned"
    assert status["1hpv.cif"] == "left out (3Di)"
    assert status["short.pdb"] == "refused"
    assert data["rows"][0]["tm_by_reference"] == pytest.approx(1.0, abs=1e-3)
    assert csv.read_text().splitlines()[1].startswith("3o21.cif,374,1.0")
    assert run(words) == 0
    text = capsys.readouterr().out
    assert "2 with TM-score >= 0.6 by shorter" in text
    assert "short:A has 5 residues" in text


def test_all_against_all_with_pictures(
    proteins: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        word: tmp_path / name
        for word, name in (("--matrix", "m.png"), ("--tree", "t.nwk"), ("--csv", "m.csv"))
    }
    words = ["align", "--all", str(proteins), *(str(x) for pair in files.items() for x in pair)]
    assert run([*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["names"] == ["1hpv.cif", "3hsy.cif", "3o21.cif"]
    families = data["families"]
    assert families["3hsy.cif"] == families["3o21.cif"] != families["1hpv.cif"]
    assert [row["name"] for row in data["refused"]] == ["short.pdb"]
    assert files["--matrix"].read_bytes().startswith(b"\x89PNG")
    assert files["--tree"].read_text().strip() == data["newick"]


def test_complexes_and_pictures_of_a_pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "1hpv.cif"
    write(Library.open().structure("1hpv"), source)
    view = tmp_path / "both.svg"
    assert run(["align", str(source), str(source), "--complex", "--view", str(view), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(row["mobile"], row["reference"]) for row in found["chains"]] == [("A", "A"), ("B", "B")]
    assert found["n_aligned"] == 198
    assert "<svg" in view.read_text()[:400]
    picture = tmp_path / "distances.png"
    assert run(["align", str(source), str(source), "--chains", "A", "B", "--distances", str(picture)]) == 0
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.pdb", "b.pdb", "--matrix", "m.png"], "--matrix does not go with two structures"),
        (["a.pdb", "--all", "."], "mobile does not go with --all"),
        (["--against", "."], "--against needs"),
        (["a.pdb", "b.pdb", "--complex", "--distances", "d.png"], "--distances does not go with --complex"),
        (["--all", "nowhere"], "is not a folder"),
    ],
)
def test_options_without_an_effect_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["align", *words]) == 2
    assert message in capsys.readouterr().err
