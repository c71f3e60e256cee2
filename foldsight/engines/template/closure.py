"""Closing a backbone over a gap, for many candidates at once.

The candidates are fragments of known structures. Only phi and psi turn, from the residue
before the loop to the one after it, so that bond lengths, angles and the trans peptide
bonds stay as they were in the fragment. All torsions turn together by the smallest steps
that bring the end home (damped least squares, as in inverse kinematics; Buss 2004).
"""

from __future__ import annotations

import numpy as np

from foldsight.analysis.vectors import cross, place
from foldsight.typing import Doubles

#: Closed when the three atoms of the far anchor are met this well, Å (root mean square).
CLOSED = 0.05
_STEPS = 12
_DAMPING = 0.05
#: Farthest that a torsion turns in one step, radians.
_STRIDE = 0.35
#: The carbonyl, Å and degrees (Engh & Huber 1991).
_C_O, _CA_C_O = 1.231, 120.1


def close(chains: Doubles, target: Doubles) -> tuple[Doubles, Doubles]:
    """Turn the torsions of each candidate until its end lies on the target.

    Parameters
    ----------
    chains : ndarray, shape=(K, 3 * (n + 2), 3)
        N, CA, C of the residue before the loop, the n residues of the loop and a copy of
        the residue after it, in Å.
    target : ndarray, shape=(3, 3)
        N, CA, C of the residue after the loop.

    Returns
    -------
    chains : ndarray, shape=(K, 3 * (n + 2), 3)
        The first three atoms are where they were.
    error : ndarray, shape=(K,)
        Root mean square distance of the last three atoms from the target, Å.
    """
    chains = chains.copy()
    error = _error(chains, target)
    for _ in range(_STEPS):
        todo = np.flatnonzero(error > CLOSED / 5)
        if not todo.size:
            break
        part = chains[todo]
        _step(part, target)
        chains[todo], error[todo] = part, _error(part, target)
    return chains, error


def _error(chains: Doubles, target: Doubles) -> Doubles:
    error: Doubles = np.sqrt(((chains[:, -3:] - target) ** 2).sum(-1).mean(-1))
    return error


def _step(chains: Doubles, target: Doubles) -> None:
    k, atoms = chains.shape[:2]
    # The bonds that turn: CA-C of the anchor, then N-CA and CA-C of every residue after it.
    bonds = np.array([i for i in range(1, atoms - 2) if i % 3 != 2])
    origin = chains[:, bonds]
    unit = chains[:, bonds + 1] - origin
    unit = unit / np.linalg.norm(unit, axis=-1, keepdims=True)
    arm = chains[:, None, -3:] - origin[:, :, None]
    jacobian = cross(np.broadcast_to(unit[:, :, None], arm.shape), arm).reshape(k, len(bonds), 9)
    jacobian = jacobian * _reaches(bonds, atoms)
    missing = (target - chains[:, -3:]).reshape(k, 9, 1)
    square = np.einsum("kta,ktb->kab", jacobian, jacobian) + _DAMPING * np.eye(9)
    turns = (jacobian @ np.linalg.solve(square, missing))[..., 0]
    turns *= np.minimum(1.0, _STRIDE / np.maximum(np.abs(turns).max(axis=1, keepdims=True), 1e-9))
    for t, bond in enumerate(bonds):
        _turn(chains, int(bond), turns[:, t])


def _reaches(bonds: np.ndarray[tuple[int], np.dtype[np.int64]], atoms: int) -> Doubles:
    """Return 1 where a bond moves an end atom (three coordinates each), else 0; shape (T, 9)."""
    ends = np.repeat(np.arange(atoms - 3, atoms), 3)
    moved: Doubles = (ends > bonds[:, None] + 1).astype(np.float64)
    return moved


def _turn(chains: Doubles, bond: int, angle: Doubles) -> None:
    """Rotate everything beyond one bond, each candidate by its own angle."""
    origin = chains[:, bond : bond + 1]
    axis = chains[:, bond + 1] - chains[:, bond]
    x, y, z = (axis / np.linalg.norm(axis, axis=-1, keepdims=True)).T
    zero = np.zeros_like(x)
    skew = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]).transpose(2, 0, 1)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    rotation = np.eye(3) + sine * skew + (1 - cosine) * (skew @ skew)
    tail = chains[:, bond + 2 :] - origin
    chains[:, bond + 2 :] = tail @ rotation.transpose(0, 2, 1) + origin


def carbonyls(chain: Doubles) -> Doubles:
    """Return the O of each residue that another one follows.

    Parameters
    ----------
    chain : ndarray, shape=(K, m, 3, 3)
        N, CA, C of m residues in sequence.

    Returns
    -------
    ndarray, shape=(K, m - 1, 3)
        In the plane of the peptide bond, opposite the next nitrogen.
    """
    ca, c, n = chain[:, :-1, 1], chain[:, :-1, 2], chain[:, 1:, 0]
    one = np.ones(ca.shape[:-1])
    return place(n, ca, c, _C_O * one, np.radians(_CA_C_O) * one, np.pi * one)
