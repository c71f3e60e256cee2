"""PDB files: every age and fault read as meant, and written back whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foldsight.confidence import Confidence
from foldsight.errors import BadFile, BadRequest
from foldsight.io import read, write
from foldsight.io.elements import guess
from foldsight.io.pdb_fields import fixed_point, hybrid36
from foldsight.io.pdb_writer import pdb_text
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.structure import Chain, Structure

_LINES = """\
HEADER    HYDROLASE                               01-JAN-00   1TOY
TITLE     A TITLE THAT GOES ON
TITLE    2 AND ON
EXPDTA    X-RAY DIFFRACTION
REMARK   2 RESOLUTION.    1.80 ANGSTROMS.
DBREF  1TOY A    2     5  UNP    P12345   TOY_HUMAN       12     15
SEQRES   1 A    5  MET ALA SER GLY LYS
SEQRES   1 B    2   DA  DG
ATOM      1  N   ALA A   2      -1.000   2.000   3.000  1.00 10.00           N
ANISOU    1  N   ALA A   2     1000   2000   3000    -10     20    -30       N
ATOM      2  CA AALA A   2       1.234  -2.000   3.000  0.60 11.00           C
ATOM      3  CA BALA A   2       1.334  -2.000   3.000  0.40 11.50           C
ATOM      4  C   ALA A   2       2.000   2.000   3.000  1.00 12.00           C
ATOM      5  N  ASER A   3       3.000   2.000   3.000  0.30 10.00           N
ATOM      6  CA ASER A   3       4.000   2.000   3.000  0.30 10.00           C
ATOM      7  N  BTHR A   3       3.000   2.100   3.000  0.70 10.00           N
ATOM      8  CA BTHR A   3       4.000   2.100   3.000  0.70 10.00           C
ATOM      9  N   LYS A   5       5.000   2.000   3.000  1.00 10.00           N1+
ATOM     10  CA  LYS A   5       6.000   2.000   3.000  1.00 10.00           C
ATOM     11  N   LYS A   5A      7.000   2.000   3.000  1.00 10.00           N
TER      12      LYS A   5A
ATOM     13  P    DA B   1       8.000   2.000   3.000  1.00 10.00           P
ATOM     14  P    DG B   2       9.000   2.000   3.000  1.00 10.00           P
TER      15       DG B   2
HETATM   16 CA    CA A 101      10.000   2.000   3.000  1.00 10.00          CA2+
HETATM   17  O   HOH A 201      11.000   2.000   3.000  1.00 10.00           O
HETATM   18  O   HOH A 202      12.000   2.000   3.000  1.00 10.00           O
HETATM   19  O   HOH B 203      12.000   2.000   3.000  1.00 10.00           O
END
"""
RICH = "".join(f"{line:80}\n" for line in _LINES.splitlines())


@pytest.fixture
def rich() -> Structure:
    found = read(RICH.encode(), name="rich.pdb")
    assert isinstance(found, Structure)
    return found


def test_header_and_chains(rich: Structure) -> None:
    assert (rich.name, rich.title) == ("1TOY", "A TITLE THAT GOES ON AND ON")
    assert (rich.method, rich.resolution) == ("x-ray diffraction", 1.8)
    assert [(c.auth, c.kind) for c in rich.chains] == [
        ("A", "protein"), ("B", "nucleic"), ("A", "ligand"), ("A", "water"), ("B", "water"),
    ]  # fmt: skip
    assert len({c.label for c in rich.chains}) == 5
    assert [c.label for c in rich.chains][:2] == ["A", "B"]


def test_microheterogeneity_counts_once_and_the_major_form_has_the_position(rich: Structure) -> None:
    table = rich.residues
    assert table.name.tolist()[:5] == ["ALA", "SER", "THR", "LYS", "LYS"]
    assert table.label_seq.tolist()[:5] == [1, -1, 2, 3, 4]
    assert rich.protein_sequences()["A"] == "ATKK"


def test_numbers_follow_seqres_where_it_fits() -> None:
    gap = RICH.replace("THR", "SER").replace("  5A", "  6 ")
    lines = [line for line in gap.splitlines() if "  N   LYS A   6" not in line]
    found = read("\n".join(lines).encode())
    assert found.chains[0].sequence == "MASGK"
    assert found.residues.label_seq.tolist()[:3] == [2, 3, 5]


def test_a_seqres_that_does_not_fit_is_left_aside(rich: Structure) -> None:
    assert rich.chains[0].sequence == ""  # two lysines at 5 and 5A, one in SEQRES
    assert rich.chains[1].sequence == "XX"


def test_uniprot_positions_come_from_dbref(rich: Structure) -> None:
    assert rich.residues.uniprot.tolist()[:4] == [12, 13, 13, 15]


def test_atoms(rich: Structure) -> None:
    atoms = rich.atoms
    assert atoms.altloc.tolist()[:4] == ["", "A", "B", ""]
    assert atoms.charge.tolist()[8] == 1
    assert atoms.charge[rich.atoms.element == "CA"].tolist() == [2]
    assert rich.anisou is not None
    np.testing.assert_allclose(rich.anisou[0], [0.1, 0.2, 0.3, -0.001, 0.002, -0.003], atol=1e-7)
    assert np.isnan(rich.anisou[1:]).all()


@pytest.mark.parametrize("suffix", [".pdb", ".ent.gz", ".cif", ".mmcif", ".bcif", ".bcif.gz"])
def test_written_and_read_again_nothing_is_lost(rich: Structure, suffix: str, tmp_path: Path) -> None:
    again = read(write(rich, tmp_path / f"x{suffix}"))
    same_structure(rich, again)
    assert (again.title, again.method, again.resolution) == (rich.title, rich.method, rich.resolution)
    assert [(c.label, c.auth, c.kind) for c in again.chains] == [
        (c.label, c.auth, c.kind) for c in rich.chains
    ]


def same_structure(first: Structure, second: Structure) -> None:
    for name, column in vars(first.atoms).items():
        other = getattr(second.atoms, name)
        if column.dtype.kind == "f":
            np.testing.assert_allclose(other, column, atol=1e-6, err_msg=name)
        else:
            assert other.tolist() == column.tolist(), name
    for name, column in vars(first.residues).items():
        if name != "uniprot":
            assert getattr(second.residues, name).tolist() == column.tolist(), name
    assert (first.anisou is None) == (second.anisou is None)
    if first.anisou is not None:
        np.testing.assert_allclose(second.anisou, first.anisou, atol=1e-6)


def test_pdb_text_is_stable(rich: Structure) -> None:
    text = pdb_text(rich)
    assert pdb_text(read(text.encode())) == text
    assert all(len(line) == 80 for line in text.splitlines())
    for line in RICH.splitlines():
        if line.startswith(("ATOM", "HETATM", "ANISOU")):
            assert line[12:] in {other[12:] for other in text.splitlines()}


def test_old_files_are_read_without_their_line_ids() -> None:
    old = "ATOM      1  N   ARG     1      26.465  27.452   -.437  1.00 25.18      4PTI  89\n"
    old += "ATOM      2  CA  ARG     1      25.465  27.452   -.437  1.00 25.18      4PTI  90\n"
    found = read(old.encode(), name="old.ent")
    assert found.atoms.element.tolist() == ["N", "C"]
    assert found.atoms.charge.tolist() == [0, 0]
    assert found.atoms.coord[0, 2] == -0.437
    assert found.auth_chains == ("",)
    assert "2 atoms have no element" in found.warnings[0]


def test_short_lines_stars_and_blanks_are_read() -> None:
    line = "ATOM  *****  N   ALA A   1       1.000   2.000   3.000"
    text = f"{line}\r\n{line.replace(' N ', ' CA')}\r"
    found = read(text.encode())
    assert found.atoms.occupancy.tolist() == [1, 1]
    assert found.atoms.b_factor.tolist() == [0, 0]
    assert len(found.residues) == 1


def test_hybrid_numbers() -> None:
    line = "ATOM  A0000  N   ALA AA000       1.000   2.000   3.000  1.00 10.00           N\n"
    assert read(line.encode()).residues.auth_seq.tolist() == [10000]
    assert hybrid36(b"ZZZZ") + 1 == hybrid36(b"a000")
    for bad in (b"A0?0", b"aA00", b"----"):
        with pytest.raises(ValueError):
            hybrid36(bad)


def test_models_of_unequal_size_and_atoms_after_end() -> None:
    line = "ATOM      1  N   ALA A   1       1.000   2.000   3.000  1.00 10.00           N\n"
    found = read(("MODEL\n" + line + "ENDMDL\n" + line + line).encode())
    assert (found.n_models, len(found.atoms)) == (2, 1)
    ended = read((line + "END\n" + line).encode(), name="e.pdb")
    assert len(ended.atoms) == 1
    assert "atoms after END" in ended.warnings[0]


def test_repeated_numbers_stay_two_residues_and_torn_residues_become_one() -> None:
    def line(name: str, alt: str = " ", seq: int = 1) -> str:
        return f"ATOM      1  {name:<3}{alt}ALA A{seq:4d}       1.000   2.000   3.000  1.00 10.00\n"

    twice = read((line("CA") + line("CA", seq=2) + line("CA")).encode())
    assert twice.residues.auth_seq.tolist() == [1, 2, 1]
    torn = read((line("N") + line("N", seq=2) + line("CA")).encode())
    assert torn.residues.auth_seq.tolist() == [1, 2]
    assert torn.atoms.name.tolist() == ["N", "CA", "N"]
    assert torn.atoms.residue.tolist() == [0, 0, 1]


def test_two_letter_chains_and_four_letter_names() -> None:
    wide = "ATOM      1  N   ALAAB   1       1.000   2.000   3.000  1.00 10.00\n"
    water = "ATOM      1  OH2 TIP3W   1       1.000   2.000   3.000  1.00 10.00\n"
    found = read((wide + water).encode())
    assert found.auth_chains == ("AB", "W")
    assert found.residues.name.tolist() == ["ALA", "TIP3"]
    assert found.chains[1].kind == "water"


@pytest.mark.parametrize(
    ("name", "comp", "element"),
    [(" CA ", "ALA", "C"), ("CA  ", "CA", "CA"), ("FE  ", "HEM", "FE"), ("HG11", "VAL", "H"),
     (" CL ", "LIG", "C"),
     ("CL1 ", "LIG", "CL"), ("SE  ", "MSE", "SE"), ("1H5'", "DA", "H"), (" NA ", "HEM", "N"),
     ("    ", "LIG", "X"),
     ("ZN  ", "ZN", "ZN"), ("CAB1", "LIG", "C")],
)  # fmt: skip
def test_elements_from_names(name: str, comp: str, element: str) -> None:
    assert guess(name, comp) == element


@pytest.mark.parametrize("text", [" -1.234", "  0.000", "999.999", "-99.999", "   .500", " 1 .50", " -.500",
                                  "1-2.50", "      ", "--1.00", "12.345 "])  # fmt: skip
def test_fixed_point_gives_what_float_gives_or_nothing(text: str) -> None:
    field = np.frombuffer(text.ljust(7)[:7].encode(), np.uint8).reshape(1, 7)
    found = fixed_point(field, 3)
    if found is not None:
        assert found[0] == float(text)
    else:
        assert text not in (" -1.234", "  0.000", "999.999", "-99.999")


def many_chains(structure: Structure, count: int) -> Structure:
    residues = structure.residues
    first = np.zeros(len(residues), dtype=bool)
    first[0] = True
    one = structure.subset(first)
    atoms = {k: np.concatenate([v] * count) for k, v in vars(one.atoms).items()}
    atoms["residue"] = np.repeat(np.arange(count, dtype=np.int32), len(one.atoms))
    table = {k: np.concatenate([v] * count) for k, v in vars(one.residues).items()}
    table["chain"] = np.arange(count, dtype=np.int32)
    chains = tuple(Chain(f"C{i}", f"C{i}") for i in range(count))
    return replace(one, atoms=replace(one.atoms, **atoms), residues=replace(one.residues, **table),
                   chains=chains, anisou=None)  # fmt: skip


def test_what_the_pdb_format_cannot_hold_is_refused(rich: Structure, tmp_path: Path) -> None:
    target = tmp_path / "x.pdb"
    with pytest.raises(BadRequest, match="it has 63 chains, the format 62"):
        write(many_chains(rich, 63), target)
    assert read(write(many_chains(rich, 62), target)).auth_chains[:2] == ("A", "B")
    target.unlink()
    with pytest.raises(BadRequest, match=r"it has 120,004 atoms, the format 99,999"):
        write(_long(rich), target)
    names = rich.residues.name.astype("U5")
    names[0] = "A1LU6"
    with pytest.raises(BadRequest, match="component id 'A1LU6'"):
        write(replace(rich, residues=replace(rich.residues, name=names)), target)
    far = rich.atoms.coord + 10_000
    with pytest.raises(BadRequest, match="a coordinate does not fit"):
        write(replace(rich, atoms=replace(rich.atoms, coord=far)), target)
    with pytest.raises(BadRequest, match="a residue number has more than 4 digits"):
        write(
            replace(rich, residues=replace(rich.residues, auth_seq=rich.residues.auth_seq + 10_000)), target
        )
    assert list(tmp_path.iterdir()) == []


def _long(rich: Structure) -> Structure:
    long = many_chains(rich, 30_001)
    residues = replace(long.residues, chain=np.zeros(30_001, dtype=np.int32))
    return replace(long, residues=residues, chains=long.chains[:1])


def test_suffix_and_unwritable_places(rich: Structure, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="does not say in which format"):
        write(rich, tmp_path / "x.xyz")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFile, match="cannot be written"):
        write(rich, tmp_path / "file" / "x.pdb")


def test_nothing_half_written(rich: Structure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.pdb"
    target.write_text("before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(BadFile, match="No space left"):
        write(rich, target)
    assert [p.name for p in tmp_path.iterdir()] == ["x.pdb"]
    assert target.read_text() == "before"


@pytest.mark.parametrize("kind", ["plddt", "template_support"])
def test_confidence_goes_into_the_b_factor_column_under_its_name(
    rich: Structure, kind: str, tmp_path: Path
) -> None:
    keep = rich.protein_mask
    structure = replace(rich.subset(keep), method="")
    values = np.linspace(40, 90, len(structure.residues)).astype(np.float32)
    manifest = FoldManifest(engine="toy", engine_version="1", origin="predicted", sequence_key="")
    prediction = Prediction(structure, Confidence(kind, values), manifest)  # type: ignore[arg-type]
    again = read(write(prediction, tmp_path / "x.pdb"))
    assert again.confidence.kind == kind
    found = again.confidence.values[np.isfinite(again.confidence.values)]
    expected = values[structure.ca_index >= 0]
    np.testing.assert_allclose(found, expected, atol=0.01)
