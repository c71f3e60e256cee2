"""Copies of a chain agree on their places; nothing else is moved."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from foldsight.analysis.pockets.lining import residue_names
from foldsight.analysis.pockets.symmetry import MOST, agreed, motions
from foldsight.analysis.pockets.walls import Walls
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.structure import Chain, Structure
from foldsight.typing import Doubles
from tests.unit.test_pockets_detect import stacked

TURN = Rotation.from_euler("xyz", [30, -50, 110], degrees=True)
APART = np.array([60.0, 10.0, -20.0])


@cache
def one() -> Structure:
    return Library(STARTER.parent / "nowhere", STARTER).structure("1ubi")


def copied(n: int, bent: int = 0) -> Structure:
    """Copies of a chain, each turned and shifted further, with an end that is bent further too."""
    single, size = one(), len(one().residues)
    atoms, residues = [], []
    for k in range(n):
        coord = single.atoms.coord.copy()
        coord[single.atoms.residue >= size - bent] += k * np.array([0.0, 12.0, 0.0])
        coord = np.linalg.matrix_power(TURN.as_matrix(), k) @ coord.T
        atoms.append(
            replace(single.atoms, coord=coord.T + k * APART, residue=single.atoms.residue + k * size)
        )
        residues.append(replace(single.residues, chain=np.full(size, k, np.int32)))
    chains = tuple(Chain(f"c{k}", f"c{k}") for k in range(n))
    return Structure("copies", stacked(*atoms), stacked(*residues), chains)


def places(walls: Walls, structure: Structure, chain: int) -> Doubles:
    """CA of every twelfth residue of a chain, in the walls' frame, a little off."""
    ca = structure.atom_index("CA")[structure.residues.chain == chain][2:60:12]
    return (structure.atoms.coord[ca] - walls.origin) @ walls.axes.T


def test_what_copies_say_of_a_place_is_averaged() -> None:
    structure = copied(2)
    walls, names = Walls.of(structure), residue_names(structure)
    points = np.concatenate([places(walls, structure, k) for k in (0, 1)])
    said = np.array([3, -1, 0, 2, -4, 1, 1, 2, -2, 0], dtype=np.float32)
    found = agreed(said, points, walls, names)
    assert found == pytest.approx([2, 0, 1, 0, -2] * 2, abs=1e-3)
    assert np.array_equal(agreed(said[:0], points[:0], walls, names), said[:0])
    # A point without one at its copy's place stays what it is.
    assert agreed(said[:6], points[:6], walls, names) == pytest.approx([2, -1, 0, 2, -4, 2], abs=1e-3)


def test_chains_with_nothing_in_common_stay_as_they_are() -> None:
    single = one()
    points = places(Walls.of(single), single, 0)
    said = np.arange(len(points), dtype=np.float32)
    assert np.array_equal(agreed(said, points, Walls.of(single), residue_names(single)), said)
    structure = copied(2)
    numbers = structure.residues.auth_seq + 500 * structure.residues.chain
    other = replace(structure, residues=replace(structure.residues, auth_seq=numbers.astype(np.int32)))
    assert not list(motions(Walls.of(other), residue_names(other)))


def test_a_part_that_moved_does_not_lead_the_superposition_astray() -> None:
    structure = copied(2, bent=15)
    walls = Walls.of(structure)
    forth, back = motions(walls, residue_names(structure))
    assert (forth.chain, back.chain) == (0, 1)
    for motion, (here, there) in ((forth, (0, 1)), (back, (1, 0))):
        moved = places(walls, structure, here) @ motion.rotation.T + motion.shift
        assert np.allclose(moved, places(walls, structure, there), atol=0.01)


def test_a_chain_hears_of_a_bounded_number_of_copies() -> None:
    structure = copied(MOST + 3)
    found = [motion.chain for motion in motions(Walls.of(structure), residue_names(structure))]
    assert np.bincount(found).tolist() == [MOST] * (MOST + 3)
