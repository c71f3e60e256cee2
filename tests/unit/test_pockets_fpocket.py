"""The fpocket adapter, on a stand-in that writes files of fpocket 4's documented shape (made by hand)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from foldsight.analysis.pockets import run_fpocket
from foldsight.errors import EngineFailed, EngineUnavailable
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.structure import Structure

STAND_IN = """#!{python}
import pathlib, shutil, sys
assert sys.argv[1:] == ["-f", "input.pdb"], sys.argv
lines = [x for x in open("input.pdb") if x.startswith("ATOM")]
assert all(x[60:66] == "  0.00" for x in lines), "B must be 0"
assert not any(x[76:78].strip() == "H" for x in lines)
shutil.copy("input.pdb", {seen!r})
out = pathlib.Path("input_out"); (out / "pockets").mkdir(parents=True)
mine = [x for x in lines if x[21] == "A" and int(x[22:26]) in (25, 26, 27)]
(out / "pockets" / "pocket1_atm.pdb").write_text("HEADER\\n" + "".join(mine) + "TER\\n")
sphere = "ATOM      1    C STP     1    %8.3f%8.3f%8.3f    0.00     3.40\\n"
(out / "pockets" / "pocket1_vert.pqr").write_text(sphere % (1, 2, 3) + sphere % (3, 4, 5))
(out / "input_info.txt").write_text('''Pocket 1 :
\\tScore : \\t\\t\\t0.317
\\tDruggability Score : \\t\\t0.612
\\tNumber of Alpha Spheres : \\t57
\\tVolume : \\t\\t\\t431.5
\\tMean alp. sph. solvent access : 0.42
\\tHydrophobicity score:\\t24.0
\\tFlexibility : \\t\\t\\t0.9

''')
"""


@pytest.fixture
def structure() -> Structure:
    return Library(STARTER.parent / "nowhere", STARTER).structure("1hpv")


def install(place: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = place / "fpocket"
    binary.write_text(text)
    binary.chmod(0o755)
    monkeypatch.setenv("FOLDSIGHT_FPOCKET", str(binary))


def test_pockets_come_back_with_our_names(
    structure: Structure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen.pdb"
    install(tmp_path, STAND_IN.format(python=sys.executable, seen=str(seen)), monkeypatch)
    found = run_fpocket(structure)
    assert found.method == "fpocket"
    (pocket,) = found
    assert [str(ref) for ref in pocket.residues] == ["A:25", "A:26", "A:27"]
    assert pocket.centre == (2.0, 3.0, 4.0)
    assert (pocket.score, pocket.drug_score, pocket.volume) == (0.317, 0.612, 431.5)
    assert pocket.enclosure == pytest.approx(0.58)
    assert 0 < pocket.druggability < 1
    line = next(x for x in seen.read_text().splitlines() if x[12:16] == " CA ")
    assert line[76:78] == " C"


def test_without_the_binary_it_is_refused(structure: Structure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDSIGHT_FPOCKET", "/nowhere/fpocket")
    with pytest.raises(EngineUnavailable, match="not installed"):
        run_fpocket(structure)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#!/bin/sh\nexit 3\n", "stopped with an error"),
        ("#!/bin/sh\nexit 0\n", "wrote no result"),
        ("#!/bin/sh\nsleep 20\n", "stopped after 0.5 s"),
        ("#!/bin/sh\nmkdir input_out; echo 'Pocket 1 :' > input_out/input_info.txt\n", "wrote no atoms"),
    ],
)
def test_its_faults_are_told(
    structure: Structure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    install(tmp_path, text, monkeypatch)
    with pytest.raises(EngineFailed, match=words):
        run_fpocket(structure, seconds=0.5 if "sleep" in text else 20)
