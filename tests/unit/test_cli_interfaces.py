"""``foldsight interfaces`` and ``foldsight residues``."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from foldsight.cli.main import run
from foldsight.io import write
from foldsight.library import Library


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("files") / "1hpv.cif"
    write(Library.open().structure("1hpv"), path)
    return str(path)


def test_interfaces_are_a_table(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["interfaces", file]) == 0
    out = capsys.readouterr().out
    assert "A-B" in out
    assert "ipSAE" not in out
    assert "1 interface;" in out


def test_interfaces_as_json(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["interfaces", file, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["interfaces"]
    assert found[0]["n_contacts"] == 137
    assert found[0]["ipsae"] is None


def test_one_chain_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(Library.open().structure("1ubi"), tmp_path / "u.pdb")
    assert run(["interfaces", str(tmp_path / "u.pdb"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["refused"]


def test_residues_are_a_table_a_csv_and_json(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["residues", file, "-o", str(tmp_path / "r.csv")]) == 0
    assert "198 residues; 158 more" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "r.csv")
    assert len(table) == 198
    assert run(["residues", file, "--select", "A:25-27, B:29", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["residues"]
    assert [row["aa"] for row in rows] == ["D", "T", "G", "D"]
    assert rows[3]["salt_bridges"] == "A:8 B:87"
    assert rows[0]["uniprot"] is None


def test_residues_go_into_csv_alone(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["residues", file, "-o", str(tmp_path / "r.xlsx")]) == 2
    assert "no CSV" in capsys.readouterr().err
