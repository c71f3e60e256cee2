"""What the network sees of a site: its backbone, and the nearest residues around it.

The same functions feed training (``bench/train_ddg_network.py``) and prediction, so the
two cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.analysis.hydrogen_bonds import backbone_bonds
from foldsight.analysis.variants.sites import Sites
from foldsight.typing import Bools, Doubles, Floats, Ints

#: Residues that a site sees.
NEIGHBOURS = 24
#: Atom pairs (site, neighbour) whose distances are given: N CA C O CB = 0 1 2 3 4.
PAIRS = ((1, 1), (4, 4), (0, 2), (2, 0), (4, 1), (1, 4), (4, 2), (4, 0), (3, 0), (0, 3))
#: Centres, Å, of the Gaussians that spread a distance out; they are 2 Å wide.
CENTRES = np.linspace(2.0, 16.0, 8, dtype=np.float32)
#: Sequence separations told apart; beyond it, and in another chain, "far".
REACH = 8
NODE_WIDTH = 14
EDGE_WIDTH = len(PAIRS) * len(CENTRES) + 6 + 9 + 2 * REACH + 2


@dataclass(frozen=True, eq=False)
class Geometry:
    """Arrays over the sites of one structure.

    Attributes
    ----------
    atoms : ndarray, shape=(L, 5, 3), dtype=float32
        N, CA, C, O and an ideal CB, in Å, centred.
    frames : ndarray, shape=(L, 3, 3), dtype=float32
        Local axes as columns.
    node : ndarray, shape=(L, NODE_WIDTH), dtype=float32
        Torsions, crowding and hydrogen bonds of the backbone.
    neighbours : ndarray, shape=(L, NEIGHBOURS), dtype=int32
        Nearest sites by CB distance, nearest first.
    torsions : ndarray, shape=(L, 3), dtype=float64
        phi, psi, omega in radians, NaN at chain ends.
    origin : ndarray, shape=(3,), dtype=float64
        What was subtracted from the coordinates.
    """

    atoms: Floats
    frames: Floats
    node: Floats
    neighbours: Ints
    torsions: Doubles
    origin: Doubles


def geometry(sites: Sites) -> Geometry:
    """Compute the geometry that the network reads."""
    n, ca, c, _ = sites.backbone.transpose(1, 0, 2)
    cb = ideal_cb(sites.backbone)
    atoms = np.concatenate([sites.backbone, cb[:, None]], axis=1)
    torsions = backbone_torsions(sites)
    node = np.concatenate(
        [torsion_features(torsions), _crowding(ca, cb), _bond_features(sites)], axis=1, dtype=np.float32
    )
    origin = ca.mean(axis=0)
    frames = local_frames(n, ca, c).astype(np.float32)
    return Geometry(
        (atoms - origin).astype(np.float32), frames, node, nearest_sites(cb, NEIGHBOURS), torsions, origin
    )


def ideal_cb(backbone: Doubles) -> Doubles:
    """Place CB by ideal tetrahedral geometry, glycine included; shape (L, 3)."""
    n, ca, c, _ = backbone.transpose(1, 0, 2)
    b, d = ca - n, c - ca
    found: Doubles = -0.58273431 * np.cross(b, d) + 0.56802827 * b - 0.54067466 * d + ca
    return found


def edge_features(geo: Geometry, position: Ints, rows: Ints) -> Floats:
    """Describe each neighbour of the sites ``rows``; shape (len(rows), NEIGHBOURS, EDGE_WIDTH)."""
    return edges_between(geo.atoms, geo.frames, position, rows, geo.neighbours[rows])


def edges_between(atoms: Floats, frames: Floats, position: Ints, rows: Ints, neighbours: Ints) -> Floats:
    """Describe neighbours by distances, directions, orientation and sequence separation."""
    here, there = atoms[rows], atoms[neighbours]
    first, second = (list(side) for side in zip(*PAIRS, strict=True))
    apart = np.sqrt(((here[:, None, first] - there[:, :, second]) ** 2).sum(axis=-1) + np.float32(1e-6))
    spread = np.exp(-(((apart[..., None] - CENTRES) * np.float32(0.5)) ** 2))
    towards = there[:, :, [1, 4]] - here[:, None, [1, 4]]
    towards /= np.sqrt((towards**2).sum(axis=-1, keepdims=True)) + np.float32(1e-6)
    local = frames[rows][:, None]
    direction = towards @ local
    turned = np.swapaxes(local, -1, -2) @ frames[neighbours]
    offset = position[neighbours] - position[rows][:, None]
    step = np.where(np.abs(offset) <= REACH, offset + REACH, 2 * REACH + 1)
    separation = np.eye(2 * REACH + 2, dtype=np.float32)[step]
    shape = neighbours.shape
    parts = [part.reshape(*shape, -1) for part in (spread, direction, turned, separation)]
    return np.concatenate(parts, axis=-1, dtype=np.float32)


def backbone_torsions(sites: Sites) -> Doubles:
    """Return phi, psi and omega (the bond before) in radians; shape (L, 3)."""
    n, ca, c, _ = sites.backbone.transpose(1, 0, 2)
    found = np.full((len(sites), 3), np.nan)
    if len(sites) > 1:
        found[1:, 0] = dihedral(c[:-1], n[1:], ca[1:], c[1:])
        found[:-1, 1] = dihedral(n[:-1], ca[:-1], c[:-1], n[1:])
        found[1:, 2] = dihedral(ca[:-1], c[:-1], n[1:], ca[1:])
    found[~sites.joined, 0] = found[~sites.joined, 2] = np.nan
    found[:-1][~sites.joined[1:], 1] = np.nan
    return found


def dihedral(a: Doubles, b: Doubles, c: Doubles, d: Doubles) -> Doubles:
    """Return dihedral angles in radians; shape (L,)."""
    axis = c - b
    axis = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
    v = (a - b) - ((a - b) * axis).sum(axis=-1, keepdims=True) * axis
    w = (d - c) - ((d - c) * axis).sum(axis=-1, keepdims=True) * axis
    found: Doubles = np.arctan2((np.cross(axis, v) * w).sum(axis=-1), (v * w).sum(axis=-1))
    return found


def tally(index: Ints, weights: Bools | Doubles, size: int) -> Doubles:
    """Sum weights by index; shape (size,)."""
    found: Doubles = np.bincount(index, weights=weights, minlength=size).astype(np.float64)
    return found


def local_frames(n: Doubles, ca: Doubles, c: Doubles) -> Doubles:
    """Return the axes of residues as columns, the first along CA-C; shape (L, 3, 3)."""
    x = c - ca
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    z = np.cross(x, n - ca)
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def torsion_features(torsions: Doubles) -> Doubles:
    """Return sines and cosines of phi and psi and the cosine of omega, 0 where unknown; shape (L, 5)."""
    phi, psi, omega = torsions.T
    columns = np.stack([np.sin(phi), np.cos(phi), np.sin(psi), np.cos(psi), np.cos(omega)], axis=1)
    found: Doubles = np.nan_to_num(columns)
    return found


def _crowding(ca: Doubles, cb: Doubles) -> Doubles:
    """Count neighbours at four radii, above and below the CA-CB direction, and weighted."""
    from scipy.spatial import cKDTree

    out = (cb - ca) / np.linalg.norm(cb - ca, axis=1, keepdims=True)
    i, j = _both_ways(cKDTree(cb).query_pairs(20.0, output_type="ndarray"))
    apart = np.linalg.norm(cb[i] - cb[j], axis=1)
    count = len(ca)
    columns = [
        tally(i, apart < radius, count) / scale for radius, scale in ((8, 10), (10, 20), (12, 30), (14, 45))
    ]
    near = np.linalg.norm(ca[i] - ca[j], axis=1) < 13
    above = ((ca[j] - ca[i]) * out[i]).sum(axis=1) > 0
    columns += [tally(i, near & side, count) / 20 for side in (above, ~above)]
    columns.append(tally(i, 1 / np.maximum(apart, 1) ** 2, count))
    return np.stack(columns, axis=1)


def _bond_features(sites: Sites) -> Doubles:
    """Sum the energies of the backbone hydrogen bonds given and taken by each site."""
    bonds = backbone_bonds(sites.blank_backbone())
    return np.stack(
        [tally(end, bonds.energy, len(sites)) / -3.0 for end in (bonds.donor, bonds.acceptor)],
        axis=1,
    )


def _both_ways(pairs: Ints) -> tuple[Ints, Ints]:
    i = np.concatenate([pairs[:, 0], pairs[:, 1]])
    j = np.concatenate([pairs[:, 1], pairs[:, 0]])
    return i, j


def nearest_sites(cb: Doubles, count: int) -> Ints:
    """Return the ``count`` nearest other sites, nearest first; in a short chain the farthest is repeated.

    Parameters
    ----------
    cb : ndarray, shape=(L, 3)
        Å.
    count : int

    Returns
    -------
    ndarray, shape=(L, count), dtype=int32
    """
    from scipy.spatial import cKDTree

    wanted = min(count, len(cb) - 1)
    _, index = cKDTree(cb).query(cb, k=wanted + 1)
    own = index == np.arange(len(cb))[:, None]
    # Two residues at one place: drop the last column where the site itself is not listed.
    own[~own.any(axis=1), -1] = True
    found = index[~own].reshape(len(cb), wanted)
    padding = np.repeat(found[:, -1:], count - wanted, axis=1)
    return np.concatenate([found, padding], axis=1).astype(np.int32)
