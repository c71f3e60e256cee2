"""Vectors: placing an atom from three others, torsions, superposition."""

from __future__ import annotations

import numpy as np

from foldsight.typing import Doubles

#: Backbone geometry, Å and degrees (Engh & Huber 1991).
N_CA, CA_C, C_N, C_O = 1.458, 1.525, 1.329, 1.231
N_CA_C, CA_C_N, C_N_CA, CA_C_O = 111.0, 117.2, 121.7, 120.1


def place(a: Doubles, b: Doubles, c: Doubles, length: Doubles, angle: Doubles, torsion: Doubles) -> Doubles:
    """Return d at ``length`` from c, with angle b-c-d and torsion a-b-c-d.

    Parameters
    ----------
    a, b, c : ndarray, shape=(..., 3)
        In Å.
    length, angle, torsion : float or ndarray, shape=(...)
        Å and radians.
    """
    bc = c - b
    bc = bc / np.linalg.norm(bc, axis=-1, keepdims=True)
    normal = np.cross(b - a, bc)
    normal = normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    third = np.cross(normal, bc)
    length, angle, torsion = (np.asarray(v)[..., None] for v in (length, angle, torsion))
    along = -length * np.cos(angle) * bc
    across = length * np.sin(angle) * (np.cos(torsion) * third + np.sin(torsion) * normal)
    placed: Doubles = c + along + across
    return placed


def torsion(a: Doubles, b: Doubles, c: Doubles, d: Doubles) -> Doubles:
    """Return the torsion a-b-c-d in radians, -pi to pi; shapes (..., 3)."""
    first, axis, last = b - a, c - b, d - c
    one, two = np.cross(first, axis), np.cross(axis, last)
    axis = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-9)
    sine = (np.cross(one, two) * axis).sum(-1)
    found: Doubles = np.arctan2(sine, (one * two).sum(-1))
    return found


def angle(a: Doubles, b: Doubles, c: Doubles) -> Doubles:
    """Return the angle a-b-c in radians; shapes (..., 3)."""
    one, two = a - b, c - b
    cosine = (one * two).sum(-1) / (np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1))
    found: Doubles = np.arccos(np.clip(cosine, -1.0, 1.0))
    return found


def superpose(mobile: Doubles, fixed: Doubles) -> tuple[Doubles, Doubles]:
    """Return rotation R and shift t so that ``mobile @ R.T + t`` lies best on ``fixed``.

    Kabsch (1976); both have shape (N, 3).
    """
    centre, target = mobile.mean(axis=0), fixed.mean(axis=0)
    u, _, vt = np.linalg.svd((mobile - centre).T @ (fixed - target))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(vt.T @ u.T)) or 1.0])
    rotation = vt.T @ flip @ u.T
    return rotation, target - rotation @ centre
