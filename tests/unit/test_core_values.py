"""Errors, residues, confidence, structure and prediction: the values everyone holds."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from foldsight import errors
from foldsight.confidence import Confidence, band
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest, SourceUse, Step
from foldsight.residues import ResidueRef, one_letter, parse_selection, resolve
from foldsight.sequence import Query
from foldsight.structure import Atoms, Chain, Residues, Structure


def every_error() -> list[type[errors.FoldSightError]]:
    return list(errors._tree(errors.FoldSightError).values())


@pytest.mark.parametrize("kind", every_error())
def test_errors_survive_json_and_pickle(kind: type[errors.FoldSightError]) -> None:
    error = kind("It broke.", hint="Mend it.", line=3)
    for copy in (errors.error_from_dict(error.to_dict()), pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert type(copy) is kind
        assert (str(copy), copy.details) == ("It broke. Mend it.", {"line": 3})


def test_codes_are_unique_and_refusals_are_client_errors() -> None:
    kinds = every_error()
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 500 for kind in kinds if kind.refused)


def test_an_unknown_code_keeps_refused_apart_from_failed() -> None:
    assert type(errors.error_from_dict({"code": "new", "refused": True, "message": "No."})) is errors.Refused
    assert type(errors.error_from_dict({"code": "new", "message": "No."})) is errors.Failed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A:25-27", ["A:25-27"]),
        ("A:25, 50 , B:7A", ["A:25", "A:50", "B:7A"]),
        ("A:-5-3", ["A:-5-3"]),
        ("42", ["42"]),
        ("AA:", ["AA:"]),
    ],
)
def test_selection_grammar(text: str, shown: list[str]) -> None:
    assert [str(part) for part in parse_selection(text)] == shown


@pytest.mark.parametrize("text", ["", ",", "A:x", "A:1-", "A:9-3", "A 25", "A:1--", "A:25-27-29"])
def test_bad_selections_are_refused(text: str) -> None:
    with pytest.raises(errors.BadRequest):
        parse_selection(text)


def test_resolve_orders_and_refuses() -> None:
    refs = [ResidueRef("A", 1), ResidueRef("A", 2), ResidueRef("A", 2, "A"), ResidueRef("B", 1)]
    assert resolve("B:1, A:2-2A", refs) == [refs[1], refs[2], refs[3]]
    assert resolve("A:", refs) == refs[:3]
    with pytest.raises(errors.BadRequest, match="which chain"):
        resolve("1", refs)
    with pytest.raises(errors.BadRequest, match="No residue matches A:9"):
        resolve("A:9", refs)


def test_residue_refs_travel_as_json() -> None:
    ref = ResidueRef("A", 25, "B", 3, 125)
    assert ResidueRef.from_dict(ref.to_dict()) == ref


def test_one_letters() -> None:
    assert [one_letter(name) for name in ("ALA", "MSE", "HEM")] == ["A", "M", "X"]


@pytest.mark.parametrize(
    ("value", "word"),
    [(100, "very high"), (90, "very high"), (89.99, "confident"), (70, "confident"), (69.99, "low"),
     (50, "low"), (49.99, "very low"), (0, "very low")],
)  # fmt: skip
def test_every_band_edge_belongs_to_a_band(value: float, word: str) -> None:
    assert band(value) == word


def test_confidence_refuses_a_wrong_scale_and_shape() -> None:
    with pytest.raises(errors.EngineFailed, match="0-100"):
        Confidence("plddt", np.array([101.0], dtype=np.float32))
    with pytest.raises(errors.EngineFailed, match="square"):
        Confidence("plddt", np.array([1.0], dtype=np.float32), pae=np.zeros((2, 3), dtype=np.float32))
    assert Confidence("b_factor", np.array([140.0, np.nan], dtype=np.float32)).mean == 140.0


def tiny_structure() -> Structure:
    """Two residues in chain A (one with two CA locations) and one in chain B."""
    n = 5
    return Structure(
        "tiny",
        Atoms(
            coord=np.arange(n * 3, dtype=np.float64).reshape(n, 3),
            name=np.array(["N", "CA", "CA", "CA", "CA"]),
            element=np.array(["N", "C", "C", "C", "C"]),
            altloc=np.array(["", "A", "B", "", ""]),
            occupancy=np.array([1, 0.4, 0.6, 1, 1], dtype=np.float32),
            b_factor=np.full(n, 20, dtype=np.float32),
            residue=np.array([0, 0, 0, 1, 2], dtype=np.int32),
            charge=np.zeros(n, dtype=np.int32),
        ),
        Residues(
            chain=np.array([0, 0, 1], dtype=np.int32),
            label_seq=np.array([1, 2, 1], dtype=np.int32),
            auth_seq=np.array([25, 26, 7], dtype=np.int32),
            ins_code=np.array(["", "A", ""]),
            name=np.array(["ALA", "GLY", "TRP"]),
            het=np.zeros(3, dtype=bool),
            uniprot=np.array([-1, 126, -1], dtype=np.int32),
        ),
        (Chain("A", "H"), Chain("B", "L")),
    )


def test_structure_columns_agree() -> None:
    structure = tiny_structure()
    assert [str(ref) for ref in structure.refs] == ["H:25", "H:26A", "L:7"]
    assert structure.refs[1].uniprot == 126
    assert structure.ca_index.tolist() == [2, 3, 4]
    assert structure.protein_sequences() == {"H": "AG", "L": "W"}
    assert repr(structure) == "Structure('tiny', chains=2, residues=3, atoms=5)"


def test_ca_of_equal_occupancy_is_the_first() -> None:
    structure = tiny_structure()
    structure.atoms.occupancy[:] = 1
    assert structure.ca_index.tolist() == [1, 3, 4]


def test_subset_renumbers_everything() -> None:
    light = tiny_structure().chain("L")
    assert (len(light.atoms), len(light.residues), light.auth_chains) == (1, 1, ("L",))
    assert light.atoms.residue.tolist() == [0]
    assert light.residues.chain.tolist() == [0]
    with pytest.raises(errors.BadRequest, match="no chain 'X'"):
        light.chain("X")


def test_prediction_table_and_summary() -> None:
    values = np.array([95, 70, np.nan], dtype=np.float32)
    manifest = FoldManifest("template", "1", "homology", Query.of("A" * 12).key, name="demo")
    prediction = Prediction(tiny_structure(), Confidence("template_support", values), manifest)
    table = prediction.residues
    assert table["template_support"].tolist()[:2] == [95, 70]
    assert table["band"].tolist() == ["very high", "confident", ""]
    assert table["uniprot"].isna().tolist() == [True, False, True]
    assert prediction.summary()["confidence"]["mean"] == 82.5
    assert str(prediction) == (
        "demo: 3 residues, homology structure by template, mean template support (estimated lDDT) 82.5"
    )
    with pytest.raises(errors.EngineFailed, match="do not fit"):
        Prediction(tiny_structure(), Confidence("plddt", values[:2]), manifest)


def test_manifest_travels_as_json() -> None:
    manifest = FoldManifest(
        "template", "1", "homology", "k", seeds=(1, 2), sent=("the MD5",),
        sources=(SourceUse("PDB", "1HPV"),), steps=(Step("afdb", "skipped", "network off"),),
    )  # fmt: skip
    assert FoldManifest.from_dict({**manifest.to_dict(), "from_the_future": 1}) == manifest


def test_query_key_ignores_the_name_and_counts_chains() -> None:
    assert Query.of("A" * 12, "a").key == Query.of("a" * 12, "b").key
    assert Query.of("A" * 12 + ":" + "A" * 12).key != Query.of("A" * 24).key
