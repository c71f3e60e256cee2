"""How well residues suit their places: what the network sees, and what it was taught."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from foldsight.analysis.pockets.frustration import GROUPS, NAMES, Places, frustration, network, summary
from foldsight.analysis.variants.energies import site_energies
from foldsight.analysis.variants.sites import AMINO_ACIDS, UNKNOWN, Sites
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.structure import Structure


@cache
def protease() -> Structure:
    return Library(STARTER.parent / "nowhere", STARTER).structure("1hpv")


def test_the_energies_are_those_of_the_built_in_ddg() -> None:
    """Most of what differs between types and places is what the ddG says."""
    structure = protease()
    known = site_energies(structure, structure.protein_mask, structure.protein_mask)
    taught = known.members.mean(axis=0)
    taught -= taught.mean(axis=1, keepdims=True)
    found = network().energies(Places.of(known.sites))
    assert found.shape == (len(known.sites), 20)
    found -= found.mean(axis=1, keepdims=True)
    assert np.corrcoef(found.ravel(), taught.ravel())[0, 1] > 0.85


def test_the_type_that_stands_there_is_not_seen() -> None:
    places = Places.of(Sites.of(protease()))
    letters = places.letters.copy()
    letters[40] = (letters[40] + 7) % 20
    before, after = (network().energies(each) for each in (places, replace(places, letters=letters)))
    assert np.array_equal(before[40], after[40])
    sees = (places.neighbours == 40).any(axis=1)
    assert (before != after).any(axis=1).tolist() == sees.tolist()


def test_turning_changes_nothing() -> None:
    structure = protease()
    turn = Rotation.from_euler("xyz", [20, 130, -75], degrees=True)
    atoms = replace(structure.atoms, coord=turn.apply(structure.atoms.coord) + 40.0)
    moved = frustration(replace(structure, atoms=atoms, origin_block=""))
    assert np.allclose(moved, frustration(structure), atol=1e-3)


def test_numbers_are_what_their_names_say() -> None:
    energies = np.zeros((2, 20), dtype=np.float32)
    energies[0, AMINO_ACIDS.index("W")] = 2.0
    letters = np.array([AMINO_ACIDS.index("G"), UNKNOWN])
    known, unknown = summary(energies, letters)
    values = dict(zip(NAMES, known.tolist(), strict=True))
    assert values["frustration"] == pytest.approx(2.0)
    assert values["fit"] == pytest.approx(-0.1)
    assert values["choosiness"] == pytest.approx(np.sqrt(0.1 * 1.9))
    assert values["place for FWY"] == pytest.approx(2 / 3 - 0.1)
    assert values["place for G"] == pytest.approx(-0.1)
    assert np.isnan(unknown[:2]).all()
    assert (unknown[2:] == 0).all()
    assert sorted("".join(GROUPS)) == sorted(AMINO_ACIDS)


def test_what_cannot_be_known_is_not_made_up() -> None:
    structure = protease()
    lost = (structure.atoms.residue == 50) & (structure.atoms.name == "C")
    keep = np.flatnonzero(~lost)
    columns = {name: column[keep] for name, column in vars(structure.atoms).items() if name[0] != "_"}
    found = frustration(replace(structure, atoms=type(structure.atoms)(**columns), origin_block=""))
    protein = structure.protein_mask
    assert np.isnan(found[50]).all()
    assert np.isnan(found[~protein]).all()
    assert np.isfinite(found[protein & (np.arange(len(protein)) != 50)]).all()
    left_out = np.arange(len(protein)) >= 4
    assert np.isnan(frustration(structure, left_out)).all()
    # A peptide has fewer neighbours than the network looks at.
    peptide = frustration(structure, np.arange(len(protein)) >= 7)
    assert np.isfinite(peptide[:7]).all()
