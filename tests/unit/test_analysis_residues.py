"""The residue table of predictions, and the tracks in it that come from confidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foldsight.analysis.disorder import disordered
from foldsight.analysis.domains import domains_of
from foldsight.analysis.polar_bonds import bond_numbers, polar_bonds
from foldsight.confidence import Confidence
from foldsight.library import Library
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.structure import Structure
from foldsight.typing import Floats


@pytest.fixture(scope="module")
def protease() -> Structure:
    return Library.open().structure("1hpv")


@pytest.fixture(scope="module")
def ubiquitin() -> Structure:
    return Library.open().structure("1ubi")


def two_blocks(first: int, second: int) -> Floats:
    """Errors of 3 Å within two blocks and 20 Å between them."""
    pae = np.full((first + second,) * 2, 20.0, dtype=np.float32)
    pae[:first, :first] = pae[first:, first:] = 3.0
    return pae


def predicted(structure: Structure, confidence: Confidence) -> Prediction:
    return Prediction(structure, confidence, FoldManifest("made up", "1", "predicted", "", name="x"))


def bonded(structure: Structure) -> set[tuple[str, str]]:
    bonds, atoms = polar_bonds(structure), structure.atoms
    named = [f"{structure.refs[row]}:{name}" for row, name in zip(atoms.residue, atoms.name, strict=True)]
    return {(named[d], named[a]) for d, a in zip(bonds.donor, bonds.acceptor, strict=True)}


def test_protease_has_the_bonds_that_hold_its_dimer(protease: Structure) -> None:
    """The fireman's grip: the amide of Thr26 on OG1 of Thr26 of the other chain (Pearl & Blundell 1984)."""
    found = bonded(protease)
    assert {("A:26:N", "B:26:OG1"), ("B:26:N", "A:26:OG1")} <= found
    table = protease.tracks().set_index(["chain", "auth_seq"])
    assert table.loc[("A", 29), "salt_bridges"] == "A:87 B:8"


def test_hydrogen_bonds_of_ubiquitin(ubiquitin: Structure) -> None:
    """First strand to last, and the N-cap Thr22 of the helix (Vijay-Kumar et al. 1987)."""
    found = {tuple(atom.split(":", 1)[1] for atom in pair) for pair in bonded(ubiquitin)}
    assert {("4:N", "65:O"), ("25:N", "22:OG1"), ("27:N", "23:O")} <= found
    numbers = bond_numbers(ubiquitin)
    assert numbers.sum() == 2 * len(polar_bonds(ubiquitin))
    assert len({pair[::-1] for pair in found} & found) == 0


def test_no_bond_within_a_residue_or_over_a_peptide(protease: Structure) -> None:
    bonds, atoms = polar_bonds(protease), protease.atoms
    d, a = atoms.residue[bonds.donor], atoms.residue[bonds.acceptor]
    assert (d != a).all()
    assert (bonds.distance <= 3.5).all()
    assert not ((d - a == 1) & (atoms.name[bonds.donor] == "N") & (atoms.name[bonds.acceptor] == "O")).any()
    assert not ((protease.residues.name[d] == "PRO") & (atoms.name[bonds.donor] == "N")).any()


def test_disorder_is_read_from_plddt_alone() -> None:
    values = np.array([49.9, 50.0, np.nan, 12.0], dtype=np.float32)
    found = disordered(Confidence("plddt", values))
    assert found is not None
    assert found.tolist() == [True, False, False, True]
    assert disordered(Confidence("template_support", values)) is None


def test_domains_are_blocks_of_low_error() -> None:
    found = domains_of(two_blocks(40, 60))
    assert found.tolist() == [1] * 40 + [2] * 60
    assert domains_of(two_blocks(40, 20)).tolist() == [1] * 40 + [0] * 20
    assert domains_of(two_blocks(40, 60), apart=25.0).tolist() == [1] * 100


def test_a_domain_may_be_in_pieces_and_ligands_are_in_none() -> None:
    order = np.r_[0:30, 60:100, 30:60]  # the second block is inserted into the first
    pae = two_blocks(60, 40)[np.ix_(order, order)]
    wide = np.full((101, 101), np.nan, dtype=np.float32)
    wide[:100, :100] = pae
    assert domains_of(wide).tolist() == [1] * 30 + [2] * 40 + [1] * 30 + [0]


def test_domains_of_a_large_matrix() -> None:
    found = domains_of(two_blocks(1300, 1301))
    assert (found[:1299] == 1).all()
    assert (found[1301:] == 2).all()


def test_the_table_of_a_prediction_has_names_confidence_and_tracks(ubiquitin: Structure) -> None:
    count = len(ubiquitin.residues)
    values = np.linspace(95, 40, count).astype(np.float32)
    table = predicted(ubiquitin, Confidence("plddt", values, pae=two_blocks(40, count - 40))).residues
    names = ["chain", "label_chain", "auth_seq", "ins_code", "label_seq", "uniprot", "residue", "aa"]
    assert list(table.columns[:8]) == names
    assert {"ss", "rsa", "hydrogen_bonds", "plddt", "band", "disordered", "domain"} <= set(table.columns)
    assert table["disordered"].iloc[-1]
    assert set(table["domain"]) == {1, 2}


def test_the_table_is_a_copy_each_time(ubiquitin: Structure) -> None:
    support = Confidence("template_support", np.full(len(ubiquitin.residues), 80, dtype=np.float32))
    prediction = predicted(ubiquitin, support)
    table = prediction.residues
    table["aa"] = "?"
    assert prediction.residues["aa"].iloc[0] == "M"
    assert "disordered" not in prediction.residues
    assert "domain" not in prediction.residues


def test_a_trace_of_ca_has_neither_area_nor_bonds(ubiquitin: Structure) -> None:
    atoms = ubiquitin.atoms
    keep = atoms.name == "CA"
    trace = replace(ubiquitin, atoms=replace(atoms, **{k: v[keep] for k, v in vars(atoms).items()}))
    table = trace.tracks()
    assert table[["sasa", "rsa", "buried", "hydrogen_bonds"]].isna().all(axis=None)
    assert (table["ss"] == "").all()
    assert table["contacts"].sum() > 100


def test_residues_with_atoms_of_no_standard_residue_have_an_area() -> None:
    """In 1U19 the retinal hangs on a lysine."""
    table = Library.open().structure("1u19").tracks()
    assert np.isfinite(table.loc[table["aa"] == "K", "sasa"]).all()
    assert pd.api.types.is_integer_dtype(table["contacts"])
