"""Whole complexes: chains are found whatever they are called and however they are sorted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foldsight.analysis.alignment import Trace, align, align_complexes, tm_score
from foldsight.errors import BadRequest
from foldsight.library import Library
from foldsight.structure import Structure


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.open()


def scrambled(structure: Structure, seed: int) -> tuple[Structure, dict[str, str]]:
    """Return the complex turned, moved and with its chains renamed; and what they were called."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    old = structure.auth_chains
    names = dict(zip(old, rng.permutation(old).tolist(), strict=True))
    chains = tuple(replace(chain, auth=names[chain.auth]) for chain in structure.chains)
    atoms = replace(structure.atoms, coord=structure.atoms.coord @ turn.T + rng.normal(size=3) * 50)
    moved = replace(structure, name="moved", atoms=atoms, chains=chains, origin_block="")
    return moved, {new: name for name, new in names.items()}


def without(structure: Structure, *names: str) -> Structure:
    auth = np.array([chain.auth for chain in structure.chains])[structure.residues.chain]
    return structure.subset(~np.isin(auth, names))


@pytest.mark.parametrize("name", ["1hpv", "1tii", "7pbl"])
def test_renamed_chains_of_a_turned_copy_are_found(library: Library, name: str) -> None:
    reference = library.structure(name)
    mobile, was = scrambled(reference, 3)
    found = align_complexes(mobile, reference)
    assert found.tm_by_reference == pytest.approx(1.0, abs=1e-6)
    assert found.tm_by_mobile == pytest.approx(1.0, abs=1e-6)
    assert found.rmsd == pytest.approx(0.0, abs=1e-6)
    protein = {chain.auth for chain in mobile.chains if chain.kind == "protein"}
    assert found.mapping == {chain: was[chain] for chain in protein}
    assert not found.unpaired_mobile
    np.testing.assert_allclose(found.apply(mobile).atoms.coord, reference.atoms.coord, atol=1e-6)


def test_missing_chains_are_named_and_cost_score(library: Library) -> None:
    reference = library.structure("7pbl")
    mobile, was = scrambled(reference, 4)
    gone = sorted(c for c in was if was[c] in ("B", "D"))
    found = align_complexes(without(mobile, *gone), reference)
    # The ring is nearly symmetric: its best fit leaves two ATPase chains out, which need not be these.
    assert len(found.unpaired_reference) == 2
    assert found.tm_by_mobile > 0.97
    assert found.tm_by_reference == pytest.approx(found.tm_by_mobile * 1293 / 1918, abs=0.01)
    assert "without a partner" in str(found)


def test_relatives_with_two_chains_each(library: Library) -> None:
    found = align_complexes(library.structure("3hsy"), library.structure("3o21"))
    assert len(found.pairs) == 2
    assert 0.7 < found.tm_by_reference < 0.9
    assert found.table()["n_aligned"].sum() == found.n_aligned
    assert found.to_dict()["chains"][0]["reference"] == "A"


def test_one_chain_scores_as_tm_align_does(library: Library) -> None:
    mobile, reference = library.structure("3hsy").chain("A"), library.structure("3o21").chain("A")
    whole, pair = align_complexes(mobile, reference), align(Trace.of(mobile), Trace.of(reference))
    assert whole.tm_by_reference == pytest.approx(pair.tm_by_reference, abs=0.002)
    assert whole.tm_by_mobile == pytest.approx(pair.tm_by_mobile, abs=0.002)
    assert whole.n_aligned == pytest.approx(pair.n_aligned, abs=3)


def test_a_structure_without_protein_is_refused(library: Library) -> None:
    dna = without(library.structure("1lcd"), "A")
    with pytest.raises(BadRequest, match="no protein chain"):
        align_complexes(dna, library.structure("1ubi"))


def test_the_score_of_paired_residues_is_that_of_the_best_part() -> None:
    rng = np.random.default_rng(0)
    fixed = np.cumsum(rng.normal(size=(100, 3)) * 2.2, axis=0)
    mobile = fixed.copy()
    mobile[60:] += rng.normal(size=(40, 3)) * 60
    found = tm_score.best(mobile, fixed, 100)
    assert 0.59 < found.score < 0.75
    np.testing.assert_allclose(found.rotation, np.eye(3), atol=0.05)
