"""ModelCIF and BinaryCIF: confidence where viewers look, every category kept, bounded decoding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gemmi
import msgspec
import numpy as np
import pytest

from foldsight.confidence import Confidence
from foldsight.engines.build import build
from foldsight.errors import BadFile
from foldsight.io import read
from foldsight.io.bcif import decode
from foldsight.io.facts import facts
from foldsight.io.modelcif import modelcif_text
from foldsight.io.writing import encode
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest, SourceUse
from foldsight.structure import Structure

U = ((1, 1), (2, 2), (3, 3), (1, 2), (1, 3), (2, 3))
VALUES = np.array([91.25, 88.5, 70.0, 50.0, 33.33, 90.0], dtype=np.float32)


def toy(name: str = "toy") -> Structure:
    """Return two chains, ACD and ACD, of four atoms a residue."""
    coord = np.arange(72, dtype=np.float64).reshape(24, 3) / 8
    names = ["N", "CA", "C", "O"] * 6
    return build(name, ["ACD", "ACD"], names, np.repeat(np.arange(6, dtype=np.int32), 4), coord, VALUES)


def manifest(origin: Any = "predicted", engine: str = "toyfold") -> FoldManifest:
    return FoldManifest(
        engine=engine,
        engine_version="1.2",
        origin=origin,
        sequence_key="k",
        name="toy",
        settings={"recycles": 3},
        seeds=(1, 2),
        sources=(SourceUse("PDB", "1abc"),),
    )


def metrics(text: str) -> list[tuple[str, str, str]]:
    block = gemmi.cif.read_string(text)[0]
    return [tuple(row) for row in block.find("_ma_qa_metric.", ["mode", "name", "type"])]


def test_plddt_is_written_where_viewers_look() -> None:
    text = modelcif_text(toy(), Confidence("plddt", VALUES, ptm=0.87))
    assert metrics(text) == [
        ("global", "pLDDT", "pLDDT"),
        ("local", "pLDDT", "pLDDT"),
        ("global", "pTM", "pTM"),
    ]
    block = gemmi.cif.read_string(text)[0]
    items = ["label_asym_id", "label_seq_id", "label_comp_id", "metric_id", "metric_value"]
    rows = [tuple(row) for row in block.find("_ma_qa_metric_local.", items)]
    assert rows[0] == ("A", "1", "ALA", "2", "91.25")
    assert rows[5] == ("B", "3", "ASP", "2", "90.00")
    assert [row[0] for row in block.find("_entity_poly.", ["pdbx_seq_one_letter_code_can"])] == ["ACD"]
    assert [tuple(row) for row in block.find("_struct_asym.", ["id", "entity_id"])] == [
        ("A", "1"),
        ("B", "1"),
    ]
    for category in ("_ma_model_list.", "_ma_target_entity.", "_software.", "_entity_poly_seq.", "_ma_data."):
        assert block.find_mmcif_category(category), category
    read_back = gemmi.make_structure_from_block(block)
    assert [len(chain) for chain in read_back[0]] == [3, 3]
    assert read_back[0]["A"][0][1].b_iso == 91.25


def test_template_support_has_a_metric_of_its_own_and_is_never_called_plddt() -> None:
    confidence = Confidence("template_support", VALUES)
    text = modelcif_text(toy(), confidence, manifest("homology", "template"))
    names = {name.strip("'") for _, name, _ in metrics(text)}
    assert names == {"template support"}
    assert {kind for _, _, kind in metrics(text)} == {"other"}
    assert "Homology model" in text
    found = read(text.encode())
    assert found.confidence.kind == "template_support"
    assert found.manifest == manifest("homology", "template")
    assert facts(text.encode())["confidence"]["kind"] == "template_support"


def test_b_factors_are_no_quality_metric() -> None:
    text = modelcif_text(toy(), Confidence("b_factor", VALUES))
    assert "_ma_qa_metric" not in text
    assert "mmcif_pdbx.dic" in text


@pytest.mark.parametrize("kind", ["cif", "bcif"])
def test_a_prediction_comes_back_whole(kind: str) -> None:
    values = VALUES.copy()
    values[2] = np.nan
    prediction = Prediction(toy(), Confidence("plddt", values, ptm=0.5), manifest())
    found = read(encode(prediction, kind))
    np.testing.assert_allclose(found.confidence.values, values, atol=0.01)
    assert found.confidence.ptm == 0.5
    assert found.manifest == prediction.manifest
    np.testing.assert_array_equal(found.structure.atoms.coord, prediction.structure.atoms.coord)
    assert found.structure.chains == prediction.structure.chains


def test_values_per_atom_are_kept_where_they_agree() -> None:
    structure = toy()
    b = structure.atoms.b_factor.copy()
    b[0] = 12.5  # an N atom
    per_atom = replace(structure, atoms=replace(structure.atoms, b_factor=b))
    kept = read(modelcif_text(per_atom, Confidence("plddt", VALUES)).encode()).structure
    assert kept.atoms.b_factor[0] == 12.5
    spread = read(modelcif_text(per_atom, Confidence("plddt", VALUES[::-1].copy())).encode()).structure
    assert spread.atoms.b_factor[0] == 90.0


ORIGIN = """data_origin
_entry.id origin
_ma_template_details.ordinal_id 1
_my_lab.secret 'kept;  as it is'
loop_
_ma_qa_metric.id
_ma_qa_metric.mode
_ma_qa_metric.name
_ma_qa_metric.type
1 local pLDDT 'pLDDT in [0,1]'
loop_
_ma_qa_metric_local.ordinal_id
_ma_qa_metric_local.model_id
_ma_qa_metric_local.label_asym_id
_ma_qa_metric_local.label_seq_id
_ma_qa_metric_local.label_comp_id
_ma_qa_metric_local.metric_id
_ma_qa_metric_local.metric_value
1 1 A 1 ALA 1 0.91
2 1 A 2 CYS 1 0.5
loop_
_ma_target_ref_db_details.target_entity_id
_ma_target_ref_db_details.db_name
_ma_target_ref_db_details.seq_db_align_begin
_ma_target_ref_db_details.seq_db_align_end
1 UNP 101 102
_struct_asym.id A
_struct_asym.entity_id 1
_entity.id 1
_entity.type polymer
_entity_poly.entity_id 1
_entity_poly.type polypeptide(L)
loop_
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_seq_id
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.Cartn_x_esd
_atom_site.B_iso_or_equiv
_atom_site.pdbx_PDB_model_num
11 N N ALA A 1 1.0 2.0 3.00 0.01 0.9 4
12 C CA ALA A 1 1.5 2.0 3.00 0.02 0.9 4
13 N N CYS A 2 2.5 2.0 3.00 0.03 0.5 4
14 C CA CYS A 2 3.5 2.0 3.00 0.04 0.5 4
11 N N ALA A 1 1.0 2.0 3.00 0.01 0.9 5
"""


@pytest.mark.parametrize("kind", ["cif", "bcif"])
def test_every_category_survives_being_written_again(kind: str) -> None:
    found = read(ORIGIN.encode())
    assert found.confidence.scale_found == "0-1"
    np.testing.assert_allclose(found.confidence.values, [91, 50], atol=1e-4)
    assert found.structure.residues.uniprot.tolist() == [101, 102]
    assert found.structure.n_models == 2
    written = encode(found, kind)
    if kind == "bcif":
        written = encode(read(written), "cif")
    block = gemmi.cif.read_string(written.decode())[0]
    before = set(gemmi.cif.read_string(ORIGIN)[0].get_mmcif_category_names())
    assert before <= set(block.get_mmcif_category_names())
    assert gemmi.cif.as_string(block.find_value("_my_lab.secret")) == "kept;  as it is"
    assert [float(v) for v in block.find_values("_atom_site.Cartn_x_esd")] == [0.01, 0.02, 0.03, 0.04]
    assert list(block.find_values("_atom_site.id")) == ["11", "12", "13", "14"]
    again = read(written)
    np.testing.assert_allclose(again.confidence.values, [91, 50], atol=0.01)
    assert again.confidence.scale_found == "0-100"
    assert again.structure.atoms.b_factor.tolist() == [90, 90, 50, 50] or kind


def test_moved_atoms_are_written_where_they_are_now() -> None:
    structure = read(ORIGIN.encode()).structure
    moved = replace(structure, atoms=replace(structure.atoms, coord=structure.atoms.coord + 1.2345678))
    found = read(modelcif_text(moved).encode()).structure
    np.testing.assert_allclose(found.atoms.coord, moved.atoms.coord, atol=1e-6)


def test_endless_anisotropy_is_none() -> None:
    loop = "loop_\n_atom_site_anisotrop.id\n" + "".join(f"_atom_site_anisotrop.U[{i}][{j}]\n" for i, j in U)
    text = ORIGIN + loop + "11 1e999 1 1 1 1 1\n12 0.1 0.2 0.3 0 0 0\n"
    found = read(text.encode())
    assert np.isnan(found.structure.anisou[0, 0])
    lines = [line for line in encode(found, "pdb").decode().splitlines() if line.startswith("ANISOU")]
    assert len(lines) == 1
    assert lines[0][28:49] == "   1000   2000   3000"


def test_a_nucleic_chain_and_a_ligand_get_entities() -> None:
    pdb = (
        "ATOM      1  CA  ALA A   1       1.000   2.000   3.000  1.00 10.00           C\n"
        "ATOM      2  P    DA B   1       2.000   2.000   3.000  1.00 10.00           P\n"
        "HETATM    3 MG    MG C   1       3.000   2.000   3.000  1.00 10.00          MG\n"
        "HETATM    4  O   HOH D   1       4.000   2.000   3.000  1.00 10.00           O\n"
    )
    block = gemmi.cif.read_string(modelcif_text(read(pdb.encode())))[0]
    rows = [tuple(row) for row in block.find("_entity.", ["id", "type"])]
    assert rows == [("1", "polymer"), ("2", "polymer"), ("3", "non-polymer"), ("4", "water")]
    assert list(block.find_values("_entity_poly.type")) == ["polypeptide(L)", "polydeoxyribonucleotide"]


def binary(**changes: Any) -> dict[str, Any]:
    """Return a BinaryCIF document of the toy, its first column changed."""
    document: dict[str, Any] = msgspec.msgpack.decode(encode(toy(), "bcif"))
    site = next(c for c in document["dataBlocks"][0]["categories"] if c["name"] == "_atom_site")
    column = next(c for c in site["columns"] if c["name"] == "Cartn_x")
    column["data"].update(changes)
    return document


def test_cut_and_forged_binary_files_are_refused() -> None:
    good = encode(toy(), "bcif")
    for cut in (40, len(good) // 2, len(good) - 1):
        with pytest.raises(BadFile, match="is cut or damaged BinaryCIF"):
            read(good[:cut])
    for changes in (
        {"encoding": [{"kind": "Magic"}]},
        {"encoding": []},
        {"encoding": 3},
        {"data": None},
        {"data": b"\0" * 7},
        {"data": b"\0\0\0\0", "encoding": [{"kind": "ByteArray", "type": 3}]},
    ):
        with pytest.raises(BadFile, match="is cut or damaged BinaryCIF"):
            read(msgspec.msgpack.encode(binary(**changes)))


def test_a_run_of_billions_is_refused_before_it_is_made() -> None:
    runs = {"data": np.array([7, 2_000_000_000], "<i4").tobytes(),
            "encoding": [{"kind": "RunLength", "srcType": 3, "srcSize": 2_000_000_000},
                         {"kind": "ByteArray", "type": 3}]}  # fmt: skip
    with pytest.raises(BadFile, match="is cut or damaged BinaryCIF"):
        read(msgspec.msgpack.encode(binary(**runs)))


BYTES = {"kind": "ByteArray", "type": 3}
SIGNED = [{"kind": "IntegerPacking", "byteCount": 1, "isUnsigned": False}, {"kind": "ByteArray", "type": 1}]
UNSIGNED = [{"kind": "IntegerPacking", "byteCount": 1, "isUnsigned": True}, {"kind": "ByteArray", "type": 4}]
RUNS = [{"kind": "RunLength", "srcType": 3}, BYTES]
DELTA = [{"kind": "Delta", "origin": 10, "srcType": 3}, BYTES]
FIXED = [{"kind": "FixedPoint", "factor": 100, "srcType": 33}, BYTES]
INTERVAL = [{"kind": "IntervalQuantization", "min": 1, "max": 2, "numSteps": 11, "srcType": 33}, BYTES]


@pytest.mark.parametrize(
    ("stored", "dtype", "steps", "values"),
    [
        ([1, 2], "<i4", [BYTES], [1, 2]),
        ([5, 3, -2, 2], "<i4", RUNS, [5, 5, 5, -2, -2]),
        ([0, 1, 1], "<i4", DELTA, [10, 11, 12]),
        ([125, -5], "<i4", FIXED, [1.25, -0.05]),
        ([0, 10], "<i4", INTERVAL, [1.0, 2.0]),
        ([127, 127, 3, -128, -1, 5, 127, 0], "<i1", SIGNED, [257, -129, 5, 127]),
        ([255, 1, 4], "<u1", UNSIGNED, [256, 4]),
    ],
)
def test_each_encoding_is_undone(stored: Any, dtype: str, steps: list[Any], values: list[float]) -> None:
    found = decode({"data": np.array(stored, dtype).tobytes(), "encoding": steps}, 10)
    assert found.tolist() == values
