"""Linings, and which sites are copies in other chains of the same protein."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.spatial import cKDTree

from foldsight.analysis.pockets.clusters import Site
from foldsight.analysis.pockets.lining import BODY, LINING, body, copies, lining, residue_names, share
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.structure import Structure


@cache
def protease() -> Structure:
    return Library(STARTER.parent / "nowhere", STARTER).structure("1hpv")


def test_the_body_is_likely_and_near_the_centre() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [BODY + 1, 0, 0], [2, 0, 0]], dtype=float)
    probability = np.array([0.9, 0.5, 0.9, 0.05], dtype=np.float32)
    site = Site(np.arange(4), np.zeros(3), 1.0, 1.0)
    assert body(site, points, probability).tolist() == [0, 1]
    # Where every point is unlikely, the best of them make the body.
    assert body(site, points, probability / 100).tolist() == [0, 1]


def test_the_lining_is_what_is_near() -> None:
    atoms = np.array([[0, 0, 0], [LINING - 0.1, 0, 0], [LINING + 2.2, 0, 0]], dtype=float)
    found = lining(np.array([[0.0, 0, 0], [0.1, 0, 0]]), cKDTree(atoms))
    assert found.tolist() == [0, 1]


def test_copies_of_a_chain_have_names_in_common() -> None:
    structure = protease()
    names = residue_names(structure)
    refs = structure.refs
    first, second = (
        next(i for i, ref in enumerate(refs) if (ref.chain, ref.auth_seq) == (chain, 25)) for chain in "AB"
    )
    assert names[first] == names[second]
    assert names[first] != names[first + 1]


def test_copies_are_alike_in_names_and_apart_in_residues() -> None:
    names = np.array([0, 1, 2, 3, 4, 5] * 2)
    sites = [np.array([0, 1, 2]), np.array([6, 7, 8]), np.array([0, 1, 3]), np.array([4, 5])]
    same = copies(sites, names)
    assert np.array_equal(same, same.T)
    assert same[0].tolist() == [True, True, False, False]
    assert same[2].tolist() == [False, True, True, False]
    assert same[3].tolist() == [False, False, False, True]


def test_a_copy_has_the_score_of_the_best() -> None:
    same = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=bool)
    assert share(np.array([-1.0, 2.0, 0.5], np.float32), same).tolist() == [2.0, 2.0, 0.5]
