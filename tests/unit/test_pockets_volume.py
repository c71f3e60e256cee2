"""Volumes of cavities whose volume is known, and that they do not hang on the frame."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from foldsight.analysis.pockets.druggability import druggability
from foldsight.analysis.pockets.surface import REACH, SPACING, sphere, surface_points
from foldsight.analysis.pockets.volume import swept_volume
from foldsight.typing import Doubles

RADIUS = 1.7


def shell(inner: float) -> Doubles:
    """Atoms about 1 Å apart, in two layers, around an empty ball of the given radius."""
    layers = [inner + RADIUS, inner + RADIUS + 1.5]
    return np.concatenate([r * sphere(int(4 * np.pi * r**2)) for r in layers])


def tube(inner: float, half: float) -> Doubles:
    """Atoms around an empty cylinder along z, closed at both ends."""
    side, levels = inner + RADIUS, np.arange(-half - RADIUS, half + RADIUS + 0.1, 0.9)
    angles = np.linspace(0, 2 * np.pi, int(2 * np.pi * side), endpoint=False)
    ring = np.stack([side * np.cos(angles), side * np.sin(angles)], axis=1)
    wall = [np.column_stack([ring, np.full(len(ring), z)]) for z in levels]
    grid = np.mgrid[-side:side:0.9, -side:side:0.9].reshape(2, -1).T
    lid = grid[np.linalg.norm(grid, axis=1) <= side]
    lids = [np.column_stack([lid, np.full(len(lid), z)]) for z in (levels[0], levels[-1])]
    return np.concatenate([*wall, *lids])


def volume_inside(atoms: Doubles, within: float) -> float:
    points = surface_points(atoms, cKDTree(atoms))
    points = points[np.linalg.norm(points - atoms.mean(axis=0), axis=1) < within]
    near = cKDTree(points).query(atoms)[0] <= 6.0
    return swept_volume(points, atoms[near], atoms, np.full(len(atoms), RADIUS, dtype=np.float32))


@pytest.mark.parametrize("inner", [4.0, 5.0, 6.5, 8.0])
def test_hollow_ball(inner: float) -> None:
    assert volume_inside(shell(inner), inner + 1) == pytest.approx(4 / 3 * np.pi * inner**3, rel=0.05)


def test_closed_tube() -> None:
    atoms = tube(4.0, 8.0)
    expected = np.pi * 4.0**2 * (np.ptp(atoms[:, 2]) - 2 * RADIUS)
    # The probe cannot reach into the edges between side and lids.
    assert volume_inside(atoms, 9.0) == pytest.approx(expected, rel=0.08)


def test_volume_does_not_hang_on_the_frame_or_the_order() -> None:
    atoms = shell(6.0)
    rng = np.random.default_rng(3)
    found = []
    for seed in range(4):
        turned = Rotation.random(rng=seed).apply(atoms) + rng.normal(0, 20, 3)
        found.append(volume_inside(turned[rng.permutation(len(turned))], 7.0))
    assert np.ptp(found) / np.mean(found) < 0.02


def test_nothing_to_measure() -> None:
    none = np.empty((0, 3))
    flat = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
    radius = np.full(4, RADIUS, dtype=np.float32)
    assert swept_volume(none, flat, flat, radius) == 0
    assert swept_volume(flat, flat, flat, radius) == 0
    assert swept_volume(flat, flat[:3], flat, radius) == 0


def test_surface_points_touch_and_do_not_overlap() -> None:
    atoms = shell(5.0)
    points = surface_points(atoms, cKDTree(atoms))
    near = cKDTree(atoms).query(points)[0]
    assert near.min() >= REACH - 5e-3
    assert near.max() <= REACH + 1e-3
    assert len(np.unique(np.floor(points / SPACING), axis=0)) == len(points)


def test_druggability_is_the_formula() -> None:
    whole = druggability(volume=900, hydrophobicity=1.0, enclosure=1.0, polarity=1.0)
    assert whole == pytest.approx(0.4 + 0.3 + 0.2 + 0.05)
    assert druggability(volume=0, hydrophobicity=0, enclosure=0, polarity=0) == 0
    half = druggability(volume=250, hydrophobicity=0.5, enclosure=0.5, polarity=0.5)
    assert half == pytest.approx(0.2 + 0.15 + 0.1 + 0.025)
