"""The batch: a CSV of rows and a folder of structures in, a CSV of predictions out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from foldsight.analysis.variants.batch import find_structure, predict_csv
from foldsight.analysis.variants.predict import predict_variants
from foldsight.errors import BadFile, NotFound
from foldsight.io import read, write
from foldsight.library import Library

ROWS = """set,pdb,chain,resnum,wt,mut,ddg
t,1ubi,A,30,I,A,2.1
t,1ubi,A,48,R,A,0.0
t,1ubi,A,x,K,A,0.0
t,1ubi,A,48,K,,0.0
t,nope,A,48,K,A,0.0
t,1UBI,A,48,K,A,0.0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("structures")
    write(Library.open().structure("1ubi"), found / "1ubi.pdb.gz")
    return found


def test_every_row_comes_back_with_a_number_or_a_reason(folder: Path, tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.csv", tmp_path / "pred.csv"
    rows.write_text(ROWS)
    seen: list[float] = []
    summary = predict_csv(rows, folder, out, read, progress=lambda share, _: seen.append(share))
    assert (summary.rows, summary.problems) == (6, 4)
    assert seen[0] == 0.0
    with open(out, newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["ddg"] for row in found] == ["2.1", *["0.0"] * 5]
    expected = predict_variants(read(folder / "1ubi.pdb.gz"), "I30A")[0].ddg_kcal_mol
    assert float(found[0]["pred"]) == pytest.approx(expected, abs=1e-5)
    reasons = ["", "is LYS, not ARG", "not a residue number", "none of the twenty", "holds no structure", ""]
    for row, reason in zip(found, reasons, strict=True):
        assert reason in row["problem"]
        assert bool(row["pred"]) == (not reason)


def test_a_csv_without_its_columns_is_refused(folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("pdb,chain,resnum,wt\n1ubi,A,1,M\n")
    with pytest.raises(BadFile, match="lacks the column mut"):
        predict_csv(rows, folder, tmp_path / "out.csv", read)
    with pytest.raises(BadFile, match="cannot be read"):
        predict_csv(tmp_path / "absent.csv", folder, tmp_path / "out.csv", read)


def test_structures_are_found_in_any_case(folder: Path) -> None:
    assert find_structure(folder, "1UBI").name == "1ubi.pdb.gz"
    with pytest.raises(NotFound):
        find_structure(folder, "2xyz")
