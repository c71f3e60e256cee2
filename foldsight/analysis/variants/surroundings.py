"""Numbers that describe what surrounds a site, beside what the network makes of it.

Three groups: the backbone around the site, the residues around it in space and in
sequence, and the density of atoms where its side chain would sit. The site's own residue
type and side chain enter none of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.analysis.variants.geometry import Geometry, tally
from foldsight.analysis.variants.scales import property_table
from foldsight.analysis.variants.sites import AMINO_ACIDS, HeavyAtoms, Sites
from foldsight.typing import Bools, Doubles, Floats, Ints

#: Probe points along CA-CB, Å from CA.
PROBES = (2.4, 3.6, 5.0, 6.5)
#: Shells around a probe, Å, with the count that scales each to about one.
SHELLS = ((0.0, 3.2, 3.0), (3.2, 5.0, 8.0), (5.0, 7.5, 20.0))
#: Every probe and its shells lie within this of CB, Å.
PAIR_REACH = 12.5
#: Directions tried from CB, at these radii, Å; one is blocked by an atom closer than CLEAR.
DIRECTIONS, FREE_RADII, CLEAR = 60, (4.0, 6.5), 3.4


@dataclass(frozen=True, eq=False)
class AtomPairs:
    """Atoms of other residues near each site's CB, sorted by site."""

    site: Ints
    atom: Ints


def surroundings(sites: Sites, geo: Geometry, rows: Ints) -> Floats:
    """Describe the sites ``rows``; shape (len(rows), WIDTH), WIDTH the same for every call."""
    near = near_atoms(sites, geo, rows)
    parts: list[Floats | Doubles] = [
        geo.node[rows],
        _space(sites, geo)[rows],
        _sequence(sites)[rows],
        _backbone(sites, geo)[rows],
        _density(sites.atoms, geo, rows, near),
        free_directions(sites.atoms, geo, rows, near),
    ]
    found: Floats = np.concatenate(parts, axis=1).astype(np.float32)
    return found


def near_atoms(sites: Sites, geo: Geometry, rows: Ints) -> AtomPairs:
    """List the atoms of other residues around the CB of each of ``rows``.

    ``site`` counts within ``rows``.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(_centred(sites.atoms, geo))
    found = tree.query_ball_point(geo.atoms[rows, 4], PAIR_REACH, return_sorted=True)
    counts = np.array([len(each) for each in found], dtype=np.int32)
    site = np.repeat(np.arange(len(rows), dtype=np.int32), counts)
    atom = np.concatenate([np.asarray(each, dtype=np.int32) for each in found])
    other = sites.atoms.site[atom] != rows[site]
    return AtomPairs(site[other], atom[other])


def _space(sites: Sites, geo: Geometry) -> Doubles:
    """Properties of the residues around, at two ranges and on the side-chain side."""
    from scipy.spatial import cKDTree

    ca, cb = geo.atoms[:, 1].astype(np.float64), geo.atoms[:, 4].astype(np.float64)
    pairs = cKDTree(cb).query_pairs(16.0, output_type="ndarray")
    i, j = np.concatenate([pairs, pairs[:, ::-1]]).T
    apart = np.linalg.norm(cb[i] - cb[j], axis=1)
    ahead: Bools = ((cb[j] - ca[i]) * (cb[i] - ca[i])).sum(axis=1) > 0
    close = np.exp(-((apart / 6.0) ** 2))
    wide = np.exp(-((apart / 9.0) ** 2))
    traits = property_table()[sites.letters[j]]
    columns = [
        tally(i, weight * trait, len(sites)) / scale
        for weight, scale in ((close, 2.0), (wide, 4.0), (wide * ahead, 3.0))
        for trait in traits.T
    ]
    cysteine = sites.letters[j] == AMINO_ACIDS.index("C")
    columns.append(tally(i, cysteine * np.exp(-((apart / 4.5) ** 4)), len(sites)))
    return np.stack(columns, axis=1)


def _sequence(sites: Sites) -> Doubles:
    """Properties of the four residues before and after; zero beyond a break."""
    table = property_table()[sites.letters]
    parts = []
    for step in (-4, -3, -2, -1, 1, 2, 3, 4):
        traits = table if abs(step) <= 2 else table[:, [0, 2]]
        parts.append(_shifted(traits, sites.position, step))
    return np.concatenate(parts, axis=1)


def _backbone(sites: Sites, geo: Geometry) -> Doubles:
    """Torsions next door, helix and strand before and after, distance to the ends."""
    known: Bools = ~np.isnan(geo.torsions[:, :2].sum(axis=1))
    phi, psi = np.where(known[:, None], geo.torsions[:, :2], 0.0).T
    angles = np.stack([np.sin(phi), np.cos(phi), np.sin(psi), np.cos(psi)], axis=1) * known[:, None]
    helix = known & (np.abs(np.degrees(phi) + 65) < 35) & (np.abs(np.degrees(psi) + 40) < 35)
    strand = known & (np.abs(np.degrees(phi) + 115) < 45) & (np.abs(np.degrees(psi) - 135) < 45)
    states = np.stack([helix, strand], axis=1).astype(np.float64)
    before = np.mean([_shifted(states, sites.position, -k) for k in (1, 2, 3, 4)], axis=0)
    after = np.mean([_shifted(states, sites.position, k) for k in (1, 2, 3, 4)], axis=0)
    ends = np.stack(_to_ends(sites), axis=1) / 10
    return np.concatenate(
        [_shifted(angles, sites.position, -1), _shifted(angles, sites.position, 1), before, after, ends],
        axis=1,
    )


def _to_ends(sites: Sites) -> tuple[Doubles, Doubles]:
    """Residues to the start and to the end of the unbroken stretch, at most 10."""
    starts = np.flatnonzero(~sites.joined)
    stretch = np.cumsum(~sites.joined) - 1
    ends = np.append(starts[1:], len(sites)) - 1
    here = np.arange(len(sites))
    return np.minimum(here - starts[stretch], 10.0), np.minimum(ends[stretch] - here, 10.0)


def _density(atoms: HeavyAtoms, geo: Geometry, rows: Ints, near: AtomPairs) -> Doubles:
    """Apolar and polar atoms in shells around points on the CA-CB line, and charge there."""
    ca, cb = geo.atoms[rows, 1].astype(np.float64), geo.atoms[rows, 4].astype(np.float64)
    out = (cb - ca) / np.linalg.norm(cb - ca, axis=1, keepdims=True)
    coord = _centred(atoms, geo)[near.atom]
    polar, charge = atoms.polar[near.atom], atoms.charge[near.atom]
    columns = []
    for probe in PROBES:
        apart = np.linalg.norm(coord - (ca + probe * out)[near.site], axis=1)
        for low, high, scale in SHELLS:
            inside: Bools = (apart > low) & (apart <= high)
            columns += [tally(near.site, inside & side, len(rows)) / scale for side in (~polar, polar)]
        columns.append(tally(near.site, charge * np.exp(-apart / 4), len(rows)) * 2)
        columns.append(tally(near.site, np.exp(-((apart / 3) ** 2)), len(rows)) / 5)
    return np.stack(columns, axis=1)


def free_directions(atoms: HeavyAtoms, geo: Geometry, rows: Ints, near: AtomPairs) -> Doubles:
    """Share of directions from CB that no other residue blocks; shape (len(rows), 2).

    An accessibility that does not depend on the residue type. The point at radius R in
    direction u is blocked by an atom at v when |R u - v| < CLEAR.
    """
    rays = _sphere(DIRECTIONS)
    v = _centred(atoms, geo)[near.atom] - geo.atoms[rows, 4][near.site]
    # In the site's own frame, so that turning the structure changes nothing.
    v = np.einsum("na,nab->nb", v, geo.frames[rows].astype(np.float64)[near.site])
    length = (v**2).sum(axis=1)
    columns = []
    for radius in FREE_RADII:
        some = np.sqrt(length) < radius + CLEAR
        blocked = v[some] @ rays.T > ((radius**2 + length[some] - CLEAR**2) / (2 * radius))[:, None]
        columns.append(1 - _any_by_site(near.site[some], blocked, len(rows)).mean(axis=1))
    return np.stack(columns, axis=1)


def _any_by_site(site: Ints, blocked: Bools, count: int) -> Bools:
    found = np.zeros((count, blocked.shape[1]), dtype=bool)
    if len(site):
        starts = np.flatnonzero(np.diff(site, prepend=-1))
        found[site[starts]] = np.logical_or.reduceat(blocked, starts, axis=0)
    return found


def _centred(atoms: HeavyAtoms, geo: Geometry) -> Doubles:
    """Atoms in the frame of ``geo.atoms``, whose CA have their mean at the origin."""
    return atoms.coord - geo.origin


def _shifted(values: Doubles, position: Ints, step: int) -> Doubles:
    """Values of the residue ``step`` further along the same stretch, else zero."""
    found = np.zeros_like(values)
    count = len(position)
    here = np.arange(max(0, -step), min(count, count - step))
    same = position[here + step] - position[here] == step
    found[here[same]] = values[here[same] + step]
    return found


def _sphere(count: int) -> Doubles:
    """Spread directions evenly (golden spiral); shape (count, 3)."""
    k = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * k / count), np.pi * (1 + 5**0.5) * k
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)
