"""Closing a backbone over a gap: cyclic coordinate descent on many candidates at once.

Canutescu & Dunbrack (2003). Bond lengths and angles are ideal and every peptide bond is
trans; only phi and psi turn, from the residue before the loop to the one after it.
"""

from __future__ import annotations

import numpy as np

from foldsight.engines.template.geometry import (
    C_N,
    C_N_CA,
    CA_C,
    CA_C_N,
    CA_C_O,
    C_O,
    N_CA,
    N_CA_C,
    place,
)
from foldsight.typing import Doubles

_SWEEPS = 150
#: Closed when the three atoms of the far anchor are met this well, Å (root mean square).
CLOSED = 0.08
_N_CA_C, _CA_C_N, _C_N_CA, _CA_C_O = np.radians([N_CA_C, CA_C_N, C_N_CA, CA_C_O])


def grow(anchor: Doubles, psi: Doubles, phi_psi: Doubles, phi_last: Doubles) -> Doubles:
    """Return N, CA, C of the loop and of a copy of the residue after it.

    Parameters
    ----------
    anchor : ndarray, shape=(3, 3)
        N, CA, C of the residue before the loop, in Å.
    psi : ndarray, shape=(K,)
        psi of that residue, radians; K candidates.
    phi_psi : ndarray, shape=(K, n, 2)
        Of the n loop residues.
    phi_last : ndarray, shape=(K,)
        phi of the residue after the loop.

    Returns
    -------
    ndarray, shape=(K, 3 * (n + 1), 3)
    """
    k, n = phi_psi.shape[:2]
    atoms = [np.broadcast_to(atom, (k, 3)) for atom in anchor]
    trans = np.full(k, np.pi)
    for i in range(n + 1):
        before = psi if i == 0 else phi_psi[:, i - 1, 1]
        phi = phi_last if i == n else phi_psi[:, i, 0]
        atoms.append(place(*atoms[-3:], C_N, _CA_C_N, before))
        atoms.append(place(*atoms[-3:], N_CA, _C_N_CA, trans))
        atoms.append(place(*atoms[-3:], CA_C, _N_CA_C, phi))
    return np.stack(atoms[3:], axis=1)


def close(anchor: Doubles, chains: Doubles, target: Doubles) -> tuple[Doubles, Doubles]:
    """Turn the torsions of each candidate until its end lies on the target.

    Parameters
    ----------
    anchor : ndarray, shape=(3, 3)
        N, CA, C before the loop.
    chains : ndarray, shape=(K, 3 * (n + 1), 3)
        From :func:`grow`.
    target : ndarray, shape=(3, 3)
        N, CA, C of the residue after the loop.

    Returns
    -------
    chains : ndarray, shape=(K, 3 * (n + 1), 3)
    error : ndarray, shape=(K,)
        Root mean square distance of the last three atoms from the target, Å.
    """
    k = len(chains)
    chains = np.concatenate([np.broadcast_to(anchor, (k, 3, 3)), chains], axis=1)
    for _ in range(_SWEEPS):
        for axis in _axes(chains.shape[1]):
            _turn(chains, axis, target)
        error = np.sqrt(((chains[:, -3:] - target) ** 2).sum(-1).mean(-1))
        if (error < CLOSED / 2).all():
            break
    return chains[:, 3:], error


def _axes(atoms: int) -> list[int]:
    """Return the first atom of each bond that turns: CA-C of the anchor, N-CA and CA-C after it."""
    return [i for i in range(1, atoms - 2) if i % 3 != 2]


def _turn(chains: Doubles, axis: int, target: Doubles) -> None:
    """Rotate everything beyond one bond by the angle that brings the end nearest."""
    origin = chains[:, axis]
    unit = chains[:, axis + 1] - origin
    unit = unit / np.linalg.norm(unit, axis=-1, keepdims=True)
    moving = chains[:, -3:] - origin[:, None]
    wanted = target - origin[:, None]
    radial = moving - (moving * unit[:, None]).sum(-1, keepdims=True) * unit[:, None]
    across = np.cross(unit[:, None], radial)
    angle = np.arctan2((wanted * across).sum((-1, -2)), (wanted * radial).sum((-1, -2)))
    tail = chains[:, axis + 2 :] - origin[:, None]
    chains[:, axis + 2 :] = _rotate(tail, unit[:, None], angle[:, None, None]) + origin[:, None]


def _rotate(vectors: Doubles, unit: Doubles, angle: Doubles) -> Doubles:
    """Rodrigues' formula."""
    cosine, sine = np.cos(angle), np.sin(angle)
    along = (vectors * unit).sum(-1, keepdims=True) * unit
    turned: Doubles = vectors * cosine + np.cross(unit, vectors) * sine + along * (1 - cosine)
    return turned


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
    return place(n, ca, c, C_O, _CA_C_O, np.full(ca.shape[:-1], np.pi))
