"""Reading structures: what a file is, what is refused and in which words."""

from __future__ import annotations

import gzip
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldsight.errors import BadFile, BadRequest, NotFound, Refused
from foldsight.io import content, read, reading
from foldsight.io.facts import facts
from foldsight.prediction import Prediction
from foldsight.structure import Structure


def atom(
    serial: int, name: str, comp: str, chain: str, seq: int, x: float, *, record: str = "ATOM", tail: str = ""
) -> str:
    """Return one PDB line; ``tail`` replaces columns 55-80."""
    rest = tail or f"  1.00{20.0 + serial:6.2f}          {name.strip()[0]:>2}"
    return f"{record:<6}{serial:>5} {name:<4} {comp:>3} {chain}{seq:>4}    {x:8.3f}{0:8.3f}{seq:8.3f}{rest}\n"


def peptide(comps: str = "ALA GLY SER", chain: str = "A") -> str:
    """Return a backbone with experimental-looking B-factors."""
    lines = []
    for seq, comp in enumerate(comps.split(), start=1):
        for i, name in enumerate((" N  ", " CA ", " C  ", " O  ")):
            lines.append(atom(4 * seq + i, name, comp, chain, seq, 1.5 * i))
    return "".join(lines)


CIF = """data_toy
_entry.id toy
_struct.title 'A toy; with "quotes"'
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_seq_id
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.auth_seq_id
_atom_site.auth_asym_id
ATOM 1 N N . ALA A 1 1.0 2.0 3.0 5 X
ATOM 2 C CA . ALA A 1 2.0 2.0 3.0 5 X
ATOM 3 C C . ALA A 1 3.0 2.0(3) 3.0 5 X
HETATM 4 O "O5'" . LIG B . 9.0 2.0 3.0 7 X
"""


def refusal(data: bytes | str, name: str = "f.pdb") -> str:
    """Return the message of the refusal, which names the file."""
    raw = data.encode("latin-1") if isinstance(data, str) else data
    with pytest.raises(BadFile) as caught:
        read(raw, name=name)
    assert caught.value.message.startswith(name)
    assert caught.value.message.count(". ") == 0, "one sentence"
    return caught.value.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "is empty"),
        (" \n \n", "is empty"),
        ("<!DOCTYPE html><html><body>404</body></html>", "is a web page"),
        ('<?xml version="1.0"?><PDBx/>', "is XML"),
        ('{"pae": [[0]]}', "is JSON"),
        (">sp|P1\nMKTAYIAK\n", "is FASTA"),
        ("hello, is this a protein?\n", "is neither PDB, mmCIF nor BinaryCIF"),
        (b"\x89HDF\r\n\x1a\n" + bytes(64), "is an HDF5 file"),
        (b"PK\x03\x04" + bytes(64), "is a ZIP archive"),
        (pickle.dumps({"a": 1}), "is a Python pickle"),
        (bytes(range(256)), "is binary data"),
        ("ATOM".encode("utf-16"), "is UTF-16 text"),
        ("HEADER    NOTHING HERE\nEND\n", "holds no atoms"),
        ("data_x\n_cell.length_a 1\n", "holds no atoms"),
        ("data_x\nloop_\n_atom_site_label\n_atom_site_fract_x\nFe1 0.1\n", "is a small-molecule CIF"),
        ("data_BEN\n_chem_comp_atom.comp_id BEN\n", "is the dictionary entry of a chemical component"),
        ("data_r1abcsf\n_refln.index_h 1\n", "holds structure factors"),
        ("data_x\n_atom_site.id 1\n_atom_site.fract_x 0.1\n", "without Cartesian coordinates"),
        ("data_x\n_atom_site.id 1\n_atom_site.Cartn_x 0.1\n", "without all three coordinates"),
        (CIF[: CIF.index("9.0 2.0")], "Wrong number of values in loop _atom_site"),
        (CIF.replace("9.0", "nan"), "gives a coordinate that is not a number for atom O5'"),
        (CIF.replace("9.0", "?"), "gives a coordinate that is not a number for atom O5'"),
        (CIF.replace("9.0", "1e99"), "gives a coordinate that is beyond all measure"),
        (
            CIF.replace("9.0", "left"),
            "has a value that is not a number: could not convert string to float: 'left'",
        ),
        (CIF.replace(" 7 X", " 7.5 X"), "_atom_site.auth_seq_id must be whole numbers"),
        (CIF.replace('HETATM 4 O "O5\'"', 'HETATM 4 O "O5'), "is not valid CIF"),
        (peptide("HOH HOH"), "holds no protein, only HOH"),
        (peptide("DA DG DT"), "holds no protein, only DA, DG, DT"),
        (peptide("HEM"), "holds no protein, only HEM"),
    ],
)
def test_what_is_no_protein_structure_is_refused_by_name(data: bytes | str, words: str) -> None:
    assert words in refusal(data)


def test_a_line_with_a_bad_number_is_named() -> None:
    good = peptide()
    assert "has 'nan' as x coordinate" not in refusal(good.replace("   1.500", "     nan", 1))
    assert "has '1.x00' as x coordinate in line 2" in refusal(good.replace("   1.500", "   1.x00", 1))
    assert "has no x coordinate in line 2" in refusal(good.replace("   1.500", "        ", 1))
    assert "as residue number in line 1, which is not a number" in refusal(good.replace("A   1", "A  1?", 1))
    assert "has inf as occupancy in line 1" in refusal(good.replace("  1.00 24", "   inf 24", 1))


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file .*missing\.pdb"):
        read(tmp_path / "missing.pdb")
    with pytest.raises(BadFile, match="is a folder"):
        read(tmp_path)
    with pytest.raises(Refused):
        read("bad\0name")


def test_gzip_is_read_and_its_faults_are_named(tmp_path: Path) -> None:
    packed = gzip.compress(peptide().encode())
    assert len(read(packed).atoms) == 12
    assert len(read(packed + gzip.compress(peptide(chain="B").encode())).atoms) == 24
    (tmp_path / "x.cif").write_bytes(packed)  # the suffix lies; the content counts
    assert len(read(tmp_path / "x.cif").atoms) == 12
    assert "ends too early" in refusal(packed[:-9])
    assert "damaged gzip" in refusal(packed[:20] + b"\xff\xff\xff" + packed[23:])


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory() -> None:
    squeeze = zlib.compressobj(9, wbits=31)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(64)) + squeeze.flush()
    assert "unpacks to more than" in refusal(bomb)


def test_too_large_a_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "big.pdb"
    path.write_text(peptide())
    with pytest.raises(BadFile, match="is larger than"):
        content.load(path, limit=100)


def test_several_data_blocks_give_the_first_and_say_so() -> None:
    found = read((CIF + CIF.replace("data_toy", "data_other")).encode(), name="two.cif")
    assert found.name == "toy"
    assert found.warnings[0] == "two.cif holds 2 data blocks; only the first, toy, is read."
    later = read(("data_comp_list\n_chem_comp.id ALA\n" + CIF).encode(), name="two.cif")
    assert "only the first with atoms, toy" in later.warnings[0]


def test_a_cif_without_a_last_line_end_is_read_with_a_warning() -> None:
    assert "may have been cut" in read(CIF.rstrip().encode(), name="f.cif").warnings[0]


def test_mmcif_columns_and_nulls() -> None:
    found = read(CIF.encode())
    assert isinstance(found, Structure)
    assert found.title == 'A toy; with "quotes"'
    assert [(c.label, c.auth, c.kind) for c in found.chains] == [("A", "X", "protein"), ("B", "X", "ligand")]
    assert found.atoms.name.tolist() == ["N", "CA", "C", "O5'"]
    assert found.atoms.coord[2].tolist() == [3.0, 2.0, 3.0]
    assert found.residues.label_seq.tolist() == [1, -1]
    assert [str(ref) for ref in found.refs] == ["X:5", "X:7"]


def test_facts_count_as_documented() -> None:
    text = "MODEL        1\n" + peptide() + "ENDMDL\nMODEL        2\n" + peptide("ALA") + "ENDMDL\n"
    alternates = text.replace(" CA  GLY", " CA AGLY", 1)
    found = facts(alternates.encode(), name="x.pdb")
    assert {key: found[key] for key in ("models", "chains", "residues", "atoms", "title", "warnings")} == {
        "models": 2,
        "chains": 1,
        "residues": 3,
        "atoms": 12,
        "title": "",
        "warnings": [],
    }
    assert found["confidence"] == {"kind": "b_factor", "scale_found": "Å²", "mean": 29.0}


def predicted(values: list[float], *, title: str = "") -> bytes:
    """Return a peptide with one B-factor per residue."""
    lines = [f"TITLE     {title}\n"] if title else []
    for seq, value in enumerate(values, start=1):
        tail = f"  1.00{value:6.2f}           C"
        lines += [
            atom(seq, name, "ALA", "A", seq, i, tail=tail)
            for i, name in enumerate((" N  ", " CA ", " C  ", " O  "))
        ]
    return "".join(lines).encode()


def test_plddt_is_found_and_brought_to_0_100() -> None:
    unit = read(predicted([0.91, 0.5, 0.33], title="ESMFOLD V1 PREDICTION FOR INPUT"))
    assert isinstance(unit, Prediction)
    assert unit.confidence.kind == "plddt"
    assert unit.confidence.scale_found == "0-1"
    np.testing.assert_allclose(unit.confidence.values, [91, 50, 33], atol=1e-4)
    assert unit.manifest.engine == "esmfold"
    plain = read(predicted([91, 50, 33]), name="x.pdb")
    assert (plain.confidence.scale_found, plain.manifest.engine) == ("0-100", "unknown")
    assert "are read as pLDDT" in plain.structure.warnings[0]


def per_atom(values: list[float], head: str = "") -> bytes:
    """Return alanines with a B-factor of its own for every atom."""
    text = "".join(
        atom(
            i,
            (" N  ", " CA ", " C  ")[i % 3],
            "ALA",
            "A",
            i // 3 + 1,
            i,
            tail=f"  1.00{value:6.2f}           C",
        )
        for i, value in enumerate(values)
    )
    return (head + text).encode()


def test_plddt_per_atom_of_stock_esmfold_is_found() -> None:
    values = [0.31 + 0.03 * i for i in range(12)]
    unit = read(per_atom(values), name="x.pdb")
    assert (unit.confidence.kind, unit.confidence.scale_found) == ("plddt", "0-1")
    assert "B-factors between 0 and 1" in unit.structure.warnings[0]
    percent = [100 * value for value in values]
    assert isinstance(read(per_atom(percent)), Structure)
    assert read(per_atom(percent, "PARENT N/A\n")).confidence.kind == "plddt"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (predicted([0, 0, 0], title="ALPHAFOLD"), "0 for every atom"),
        (predicted([140, 20, 30]), "beyond 100"),
        (predicted([50, 50, 50]), "one value everywhere"),
        (b"EXPDTA    X-RAY DIFFRACTION\n" + predicted([91, 50, 33], title="MR WITH ALPHAFOLD"), "experiment"),
        (peptide().encode(), "differs within residues"),
    ],
)
def test_b_factors_are_not_taken_for_plddt(data: bytes, why: str) -> None:
    assert isinstance(read(data), Structure), why


def test_a_column_of_zeros_is_no_confidence() -> None:
    found = facts(predicted([0, 0, 0], title="ALPHAFOLD"), name="x.pdb")
    assert found["confidence"] is None
    assert "0 for every atom" in found["warnings"][0]


class FakeSource:
    def fetch(self, identifier: str, network: str | None = None) -> Any:
        return identifier, network


class FakePoint:
    def __init__(self, name: str) -> None:
        self.name = name

    def load(self) -> type[FakeSource]:
        return FakeSource


def test_entries_go_to_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [FakePoint(name) for name in ("afdb", "pdb", "uniprot")]
    monkeypatch.setattr(reading, "entry_points", lambda group: points)
    assert read("pdb:1ABC", network="off") == ("1ABC", "off")
    assert read("PDB_00001abc") == ("PDB_00001abc", None)
    assert read("afdb:P04637") == ("P04637", None)
    assert read("uniprot:P04637") == ("P04637", None)
    with pytest.raises(BadRequest, match="There is no database 'cath'"):
        read("cath:1abc")
    with pytest.raises(NotFound):
        read("1ABC")
