"""The columns beside a ddG, on places where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from foldsight.analysis.variants.packing import CLASH, Surround, best_rotamer, wild_side
from foldsight.analysis.variants.predict import predict_variants
from foldsight.library import Library
from foldsight.residues import ONE_TO_THREE
from foldsight.structure import Structure


@pytest.fixture(scope="module")
def ubiquitin() -> Structure:
    return Library.open().structure("1ubi")


@pytest.fixture(scope="module")
def crambin() -> Structure:
    return Library.open().structure("1ejg")


def test_a_lost_disulfide_names_its_partner(crambin: Structure) -> None:
    """Crambin has the disulfides 3-40, 4-32 and 16-26 (Teeter 1984)."""
    row = predict_variants(crambin, "A:C3S")[0]
    assert "disulfide to A:40 lost" in row.flags


def test_a_large_residue_in_the_core_clashes(ubiquitin: Structure) -> None:
    clashing, fine = predict_variants(ubiquitin, "V26W V26A")
    assert clashing.clash_overlap_a > 1.0
    assert clashing.clash_with.startswith("A:")
    assert "clash of" in clashing.flags
    assert fine.clash_overlap_a == 0.0
    assert fine.contacts_lost is not None
    assert fine.contacts_lost > 0
    assert "cavity" in fine.flags


def test_proline_and_glycine(ubiquitin: Structure) -> None:
    helix, glycine, lost, made = predict_variants(ubiquitin, "A28P G10A P37A A28G")
    assert "proline introduced in a helix" in helix.flags
    assert helix.secondary_structure == "H"
    assert "glycine with positive phi lost" in glycine.flags
    assert "proline lost" in lost.flags
    assert "glycine introduced in a helix" in made.flags


def test_a_lost_salt_bridge_is_named(ubiquitin: Structure) -> None:
    """Lys 11 and Glu 34, Lys 27 and Asp 52 pair in ubiquitin."""
    row = predict_variants(ubiquitin, "K27A")[0]
    assert "A:52" in row.salt_bridges_lost
    kept = predict_variants(ubiquitin, "K27K")[0]
    assert kept.salt_bridges_lost == ""
    assert kept.contacts_lost == 0


def test_a_charge_put_into_the_core_is_told(ubiquitin: Structure) -> None:
    assert "charge buried" in predict_variants(ubiquitin, "L43D")[0].flags


def test_missing_side_chain_atoms_are_told(ubiquitin: Structure) -> None:
    from dataclasses import replace

    row = next(i for i, ref in enumerate(ubiquitin.refs) if ref.auth_seq == 48)
    keep = ~((ubiquitin.atoms.residue == row) & np.isin(ubiquitin.atoms.name, ["CE", "NZ"]))
    atoms = replace(ubiquitin.atoms, **{k: v[keep] for k, v in vars(ubiquitin.atoms).items()})
    table = predict_variants(replace(ubiquitin, atoms=atoms), "K48A")
    assert table[0].warnings == "the structure lacks 2 side-chain atoms here"


def test_native_side_chains_fit_their_own_place(ubiquitin: Structure) -> None:
    """The best rotamer of the type that is there must seldom clash."""
    surround = Surround(ubiquitin)
    allowed = np.ones(len(ubiquitin.residues), dtype=bool)
    index = np.stack([ubiquitin.atom_index(name) for name in ("N", "CA", "C", "O")], axis=1)
    clashes = 0
    for row, letter in enumerate(ubiquitin.one_letters[:72].tolist()):
        backbone = ubiquitin.atoms.coord[index[row]]
        around = surround.near(backbone[1], row, allowed)
        _, overlap = best_rotamer(letter, ONE_TO_THREE[letter], backbone, around, row - 1)
        clashes += bool(overlap.size and overlap.max() > CLASH + 0.2)
    assert clashes <= 14
    assert wild_side(ubiquitin, 47).names == ("CB", "CG", "CD", "CE", "NZ")
