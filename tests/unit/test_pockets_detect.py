"""Pockets of real proteins, and that what is no wall changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from foldsight.analysis.pockets import Pockets, find_pockets
from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.structure import Atoms, Chain, Residues, Structure


@cache
def starter(name: str) -> Structure:
    return Library(STARTER.parent / "nowhere", STARTER).structure(name)


@cache
def protease() -> Pockets:
    return find_pockets(starter("1hpv"))


def rows(table: Any, take: Any) -> Any:
    """A table of a structure with some of its rows."""
    return type(table)(
        **{name: column[take] for name, column in vars(table).items() if not name.startswith("_")}
    )


def stacked(*tables: Any) -> Any:
    """Tables of a structure one below the other."""
    names = [name for name in vars(tables[0]) if not name.startswith("_")]
    return type(tables[0])(**{n: np.concatenate([getattr(t, n) for t in tables]) for n in names})


def with_atoms(structure: Structure, extra: Atoms) -> Structure:
    atoms = stacked(structure.atoms, extra)
    order = np.argsort(atoms.residue, kind="stable")
    return replace(structure, atoms=rows(atoms, order), origin_block="")


def hydrogens(structure: Structure) -> Structure:
    extra = rows(structure.atoms, slice(None, None, 2))
    count = len(extra.coord)
    extra = replace(extra, coord=extra.coord + 0.6, name=np.full(count, "HX"), element=np.full(count, "H"))
    return with_atoms(structure, extra)


def alternates(structure: Structure) -> Structure:
    atoms = structure.atoms
    first = np.flatnonzero(atoms.residue < 40)
    altloc, occupancy = atoms.altloc.astype("U2"), atoms.occupancy.copy()
    altloc[first], occupancy[first] = "A", 0.6
    named = replace(atoms, altloc=altloc, occupancy=occupancy)
    extra = rows(named, first)
    second = {"altloc": np.full(len(first), "B"), "occupancy": np.full(len(first), 0.4, dtype=np.float32)}
    return with_atoms(replace(structure, atoms=named), replace(extra, coord=extra.coord + 1.1, **second))


def ligand_and_waters(structure: Structure) -> Structure:
    """Fill the best pocket with a ligand and strew waters, in chains of their own."""
    pocket = protease()[0]
    coord = np.concatenate([pocket.points, structure.atoms.coord[::50] + 3.0])
    table, count, n = structure.residues, len(structure.residues), len(coord)
    chains = (*structure.chains, Chain("L", "A", "ligand"), Chain("W", "A", "water"))
    chain = np.where(np.arange(n) < len(pocket.points), len(structure.chains), len(structure.chains) + 1)
    extra = Residues(
        chain.astype(np.int32), np.full(n, -1, np.int32), np.arange(900, 900 + n, dtype=np.int32),
        np.full(n, ""), np.where(chain == len(structure.chains), "LIG", "HOH"), np.ones(n, dtype=bool),
        np.full(n, -1, np.int32),
    )  # fmt: skip
    atoms = rows(structure.atoms, np.zeros(n, dtype=int))
    atoms = replace(atoms, coord=coord, residue=np.arange(count, count + n, dtype=np.int32))
    return replace(
        with_atoms(structure, atoms), residues=stacked(table, extra), chains=chains, origin_block=""
    )


def b_factors(structure: Structure) -> Structure:
    values = np.linspace(0, 99, len(structure.atoms.coord)).astype(np.float32)
    return replace(structure, atoms=replace(structure.atoms, b_factor=values))


def same(one: Pockets, two: Pockets) -> None:
    assert [pocket.to_dict() for pocket in one] == [pocket.to_dict() for pocket in two]


def test_the_active_site_of_hiv_protease_comes_first() -> None:
    best = protease()[0]
    names = {str(ref) for ref in best.residues}
    assert {"A:25", "B:25"} <= names
    assert 10 <= len(names) <= 40
    assert best.score > 0.5
    assert 200 < best.volume < 2500
    assert [pocket.rank for pocket in protease()] == list(range(1, len(protease()) + 1))
    assert [p.score for p in protease()] == sorted((p.score for p in protease()), reverse=True)


def test_every_measure_is_in_its_range() -> None:
    for pocket in protease():
        shares = (
            pocket.score, pocket.drug_score, pocket.druggability, pocket.hydrophobicity, pocket.polarity,
            pocket.enclosure,
        )  # fmt: skip
        assert all(0 <= share <= 1 for share in shares)
        assert pocket.volume >= 0
        assert pocket.confidence is None
        assert not pocket.low_confidence


@pytest.mark.parametrize("change", [hydrogens, alternates, ligand_and_waters, b_factors])
def test_what_is_no_wall_changes_nothing(change: Callable[[Structure], Structure]) -> None:
    same(find_pockets(change(starter("1hpv"))), protease())


def test_atoms_without_a_place_are_no_walls() -> None:
    structure = starter("1hpv")
    coord = structure.atoms.coord.copy()
    first = structure.atoms.residue == 0
    coord[first] = np.nan
    unplaced = find_pockets(replace(structure, atoms=replace(structure.atoms, coord=coord), origin_block=""))
    rest = find_pockets(structure.subset(np.arange(len(structure.residues)) != 0))
    assert [pocket.centre for pocket in unplaced] == [pocket.centre for pocket in rest]
    assert [pocket.score for pocket in unplaced] == [pocket.score for pocket in rest]


def test_the_order_of_atoms_changes_nothing() -> None:
    structure = starter("1hpv")
    shuffled = np.random.default_rng(1).permutation(len(structure.atoms.coord))
    order = shuffled[np.argsort(structure.atoms.residue[shuffled], kind="stable")]
    same(find_pockets(replace(structure, atoms=rows(structure.atoms, order))), protease())


def test_a_turned_structure_has_the_same_pockets() -> None:
    structure = starter("1hpv")
    turn, shift = Rotation.from_euler("xyz", [40, 70, -20], degrees=True), np.array([30.0, -12.0, 5.0])
    moved = replace(structure.atoms, coord=turn.apply(structure.atoms.coord) + shift)
    for one, two in zip(find_pockets(replace(structure, atoms=moved))[:3], protease()[:3], strict=True):
        assert one.residues == two.residues
        assert one.volume == pytest.approx(two.volume, rel=0.02)
        assert np.allclose(one.centre, turn.apply(np.array(two.centre)) + shift, atol=0.05)


def test_names_are_kept_exactly() -> None:
    structure = starter("1hpv")
    table, count = structure.residues, len(structure.residues)
    numbers = np.arange(count, dtype=np.int32) // 2 - 40
    codes = np.where(np.arange(count) % 2 == 1, "B", "")
    chains = tuple(replace(chain, auth=f"Chain{n}") for n, chain in enumerate(structure.chains))
    renamed = replace(
        structure, residues=replace(table, auth_seq=numbers, ins_code=codes), chains=chains, origin_block=""
    )
    found = find_pockets(renamed)
    for one, two in zip(found[0].residues, protease()[0].residues, strict=True):
        row = structure.refs.index(two)
        assert (one.auth_seq, one.ins_code) == (numbers[row], codes[row])
        assert one.chain.startswith("Chain")
    assert any(ref.auth_seq < 0 for ref in found[0].residues)


def test_a_modified_residue_is_its_parent() -> None:
    structure = starter("1hpv")
    name = structure.residues.name.astype("U3")
    methionines = np.flatnonzero(name == "MET")
    assert len(methionines)
    name[methionines] = "MSE"
    renamed = replace(structure, residues=replace(structure.residues, name=name))
    same(find_pockets(renamed), protease())


@pytest.mark.slow
def test_a_large_complex_of_many_chains() -> None:
    one = starter("1ubi")
    n, size, atoms_each = 66, len(one.residues), len(one.atoms.coord)
    shifts = 34.0 * np.stack(np.unravel_index(np.arange(n), (5, 5, 3)), axis=1)
    copies = [
        replace(one.atoms, coord=one.atoms.coord + shift, residue=one.atoms.residue + k * size)
        for k, shift in enumerate(shifts)
    ]
    atoms = stacked(*copies)
    residues = stacked(*[replace(one.residues, chain=np.full(size, k, np.int32)) for k in range(n)])
    chains = tuple(Chain(f"c{k}", f"c{k}") for k in range(n))
    found = find_pockets(Structure("assembly", atoms, residues, chains))
    assert len(atoms.coord) == n * atoms_each
    assert n * size > 5000
    assert len(found) >= 5
    assert all(ref.chain.startswith("c") for pocket in found for ref in pocket.residues)


def predicted(values: np.ndarray, structure: Structure, kind: Any = "plddt") -> Prediction:
    manifest = FoldManifest("test", "1", "predicted", "key", name="test")
    return Prediction(structure, Confidence(kind, values.astype(np.float32)), manifest)


def test_low_confidence_is_marked_and_very_low_is_no_wall() -> None:
    structure = starter("1hpv")
    values = np.full(len(structure.residues), 90.0)
    sure = find_pockets(predicted(values, structure))
    assert [p.residues for p in sure] == [p.residues for p in protease()]
    assert sure[0].confidence == pytest.approx(90)
    assert sure.left_out == 0
    unsure = find_pockets(predicted(values - 30, structure))
    assert all(pocket.low_confidence for pocket in unsure)
    values[:30] = 20.0
    part = find_pockets(predicted(values, structure))
    assert part.left_out == 30
    assert not {ref for p in part for ref in p.residues} & set(structure.refs[:30])
    assert "30 residues" in str(part)


def test_b_factors_of_an_experiment_are_no_confidence() -> None:
    structure = starter("1hpv")
    found = find_pockets(predicted(np.full(len(structure.residues), 20.0), structure, "b_factor"))
    assert found.left_out == 0
    assert found[0].confidence is None


def only(structure: Structure, *names: str) -> Structure:
    return replace(structure, atoms=rows(structure.atoms, np.isin(structure.atoms.name, names)))


def test_unfit_input_is_refused_in_a_sentence() -> None:
    structure = starter("1hpv")
    with pytest.raises(BadRequest, match="only CA atoms"):
        find_pockets(only(structure, "CA"))
    with pytest.raises(BadRequest, match="no side chains"):
        find_pockets(only(structure, "N", "CA", "C", "O"))
    with pytest.raises(BadRequest, match="12 protein residues"):
        find_pockets(structure.subset(np.arange(len(structure.residues)) < 12))
    nucleic = tuple(replace(chain, kind="nucleic") for chain in structure.chains)
    with pytest.raises(BadRequest, match="holds no protein"):
        find_pockets(replace(structure, chains=nucleic))
    with pytest.raises(BadRequest, match="0 protein residues"):
        find_pockets(predicted(np.full(len(structure.residues), 10.0), structure))


def test_the_table_has_a_row_per_pocket() -> None:
    table = protease().table
    assert len(table) == len(protease())
    assert list(table["rank"]) == [pocket.rank for pocket in protease()]
    assert "confidence" not in table
    assert "A:25" in table.loc[0, "residues"].split()
    assert "pocket 1" in str(protease())
    assert "<table" in protease()._repr_html_()
    assert protease()[0].chains == ("A", "B")
    assert [p.rank for p in protease()[1:2]] == [2]


def test_the_answer_is_json() -> None:
    import json

    again = json.loads(json.dumps(protease().to_dict()))
    assert again["pockets"][0]["residues"] == [str(ref) for ref in protease()[0].residues]
