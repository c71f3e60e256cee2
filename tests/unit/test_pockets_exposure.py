"""Points on bulges are left out before they are described, points in hollows are not."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from foldsight.analysis.pockets.exposure import BULGE, LEAST, in_hollows, one_sidedness
from foldsight.analysis.pockets.surface import REACH, sphere
from foldsight.typing import Doubles

OUTER, INNER = 20.0, 6.0


def hollow_ball() -> Doubles:
    """Atoms some 2 Å apart that fill the space between two spheres."""
    radii = np.arange(INNER, OUTER + 0.1, 2.0)
    return np.concatenate([r * sphere(int(np.pi * r**2)) for r in radii])


def test_outside_of_a_ball_is_bulge_and_its_cavity_is_hollow() -> None:
    atoms = hollow_ball()
    outside, cavity = (OUTER + REACH) * sphere(200), (INNER - REACH) * sphere(100)
    assert not in_hollows(np.concatenate([outside, cavity]), atoms)[:200].any()
    assert in_hollows(np.concatenate([outside, cavity]), atoms)[200:].all()


def test_offset_is_the_distance_to_the_mean_of_the_atoms_around() -> None:
    # Seen from 9 Å, a clump of atoms is one and a half widths of 6 Å off; the grid's cells widen the
    # Gaussian by a twelfth, and take a sixth off.
    atoms = np.random.default_rng(1).normal(0.3, 1.0, (400, 3))
    points = atoms.mean(axis=0) + 9.0 * sphere(20)
    assert one_sidedness(points, atoms) == pytest.approx(1.5 * 5 / 6, rel=0.06)


def test_the_grid_and_the_frame_hardly_matter() -> None:
    atoms = hollow_ball()
    points = np.concatenate([r * sphere(100) for r in (INNER - REACH, OUTER + REACH, OUTER + 5)])
    expected = one_sidedness(points, atoms)
    turned = Rotation.random(rng=3)
    found = one_sidedness(turned.apply(points) + 0.7, turned.apply(atoms) + 0.7)
    assert np.abs(found - expected).max() < 0.1
    assert ((found > BULGE) == (expected > BULGE)).all()


def test_a_body_that_is_all_bulge_keeps_its_least_exposed_points() -> None:
    atoms = hollow_ball() * [1.0, 1.0, 1.2]
    points = (OUTER + REACH) * sphere(200) * [1.0, 1.0, 1.2]
    offset, kept = one_sidedness(points, atoms), in_hollows(points, atoms)
    assert offset.min() > BULGE
    assert offset[~kept].min() > offset[kept].max()
    assert kept.mean() == pytest.approx(LEAST, abs=0.01)


def test_chains_far_apart_cost_no_more_memory_and_are_seen_alike() -> None:
    atoms = hollow_ball()
    points = np.concatenate([r * sphere(100) for r in (INNER - REACH, OUTER + REACH)])
    away = np.array([9e5, -9e5, 9e5])
    tracemalloc.start()
    both = one_sidedness(np.concatenate([points, points + away]), np.concatenate([atoms, atoms + away]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
    assert both[:200] == pytest.approx(one_sidedness(points, atoms), abs=1e-5)
    assert both[200:] == pytest.approx(both[:200], abs=0.1)


def test_no_points_and_few_atoms_are_no_error() -> None:
    atoms = np.array([[0.0, 0.0, 0.0], [1.5, 0.0, 0.0]])
    assert one_sidedness(np.empty((0, 3)), atoms).shape == (0,)
    assert np.isfinite(one_sidedness(np.array([[3.3, 0.0, 0.0]]), atoms)).all()
