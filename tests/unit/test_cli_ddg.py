"""``foldsight ddg``: variants of one structure, a batch, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from foldsight.cli.main import run
from foldsight.io import write
from foldsight.library import Library


@pytest.fixture(scope="module")
def ubiquitin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ddg") / "1ubi.cif"
    write(Library.open().structure("1ubi"), path)
    return path


def test_variants_print_the_sign_and_the_word(ubiquitin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ddg", str(ubiquitin), "I30A", "p.Leu67Ala+L69A"]) == 0
    text = capsys.readouterr().out
    assert "strongly destabilising" in text
    assert "> 0 destabilises" in text
    assert "additive" in text
    assert run(["ddg", str(ubiquitin), "I30A", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["sign"] == "ddG in kcal/mol, > 0 destabilises"
    assert found["rows"][0]["variant"] == "A:I30A"


def test_a_scan_goes_to_a_file(ubiquitin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "scan.csv"
    assert run(["ddg", str(ubiquitin), "scan", "-o", str(out)]) == 0
    assert "more rows" in capsys.readouterr().out
    with open(out, newline="") as file:
        assert len(list(csv.DictReader(file))) == 76 * 19


def test_a_scan_is_drawn(ubiquitin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "scan.png"
    assert run(["ddg", str(ubiquitin), "scan", "A:20-30", "--heat-map", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run(["ddg", str(ubiquitin), "scan", "--heat-map", "scan.doc"]) == 2
    assert "is no picture" in capsys.readouterr().err


def test_evidence_has_columns_of_its_own(
    ubiquitin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sequence = Library.open().structure("1ubi").protein_sequences()["A"]
    msa = tmp_path / "m.a3m"
    rng = np.random.default_rng(0)
    others = ["".join(c if rng.random() < 0.5 else str(rng.choice(list("AVLK"))) for c in sequence)
              for _ in range(12)]  # fmt: skip
    msa.write_text("".join(f">{i}\n{row}\n" for i, row in enumerate([sequence, *others])))
    assert run(["ddg", str(ubiquitin), "I30A", "--msa", str(msa)]) == 0
    assert "conservation" in capsys.readouterr().out
    assert run(["ddg", str(ubiquitin), "I30A", "--msa", str(tmp_path / "absent")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert run(["ddg", str(ubiquitin), "I30A", "--thermompnn", str(tmp_path)]) != 0
    assert "holds no" in capsys.readouterr().err


def test_copies_of_a_chain_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "1hpv.cif"
    write(Library.open().structure("1hpv"), path)
    assert run(["ddg", str(path), "I84V"]) == 0
    text = capsys.readouterr().out
    assert "No chain was named: A fits, and so do its copies B." in text
    assert "--context complex" in text


def test_a_batch(ubiquitin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "pred.csv"
    rows.write_text("pdb,chain,resnum,wt,mut\n1ubi,A,30,I,A\n1ubi,A,30,V,A\n")
    command = ["ddg", "--csv", str(rows), "--structures", str(ubiquitin.parent), "--out", str(out)]
    assert run(command) == 0
    assert "no prediction for 1 of them" in capsys.readouterr().out
    rows.write_text("pdb,chain,resnum,wt,mut\n1ubi,A,30,V,A\n")
    assert run(command) == 2


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["V30A"], "is ILE, not VAL"),
        (["I30A", "--level", "0.99"], "not calibrated"),
        (["I30A", "--chain", "Z"], "no protein chain"),
    ],
)
def test_refusals_exit_with_two(
    ubiquitin: Path, words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ddg", str(ubiquitin), *words]) == 2
    assert fault in capsys.readouterr().err


def test_what_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ddg"]) == 2
    assert "No structure was named" in capsys.readouterr().err
    assert run(["ddg", "--csv", str(tmp_path / "x.csv")]) == 2
    assert "--csv needs --structures" in capsys.readouterr().err
