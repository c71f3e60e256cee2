"""Side-chain placement: rotamers that do not clash, chosen residue by residue.

Energy: soft repulsion of atoms that are too near (the ramp of SCWRL3, Canutescu et al.
2003) plus the improbability of the rotamer; a chi that the template's residue has is
favoured. Residues are relaxed in turn until none changes (iterated conditional modes),
which is deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from foldsight.analysis.rotamers import ATOMS, OWN_CHI, chi_angles, kind, side_chains
from foldsight.typing import Bools, Doubles, Ints

#: Contact radii, Å.
_RADIUS = {"C": 1.65, "N": 1.4, "O": 1.35, "S": 1.7}
#: Weight of -ln(probability), and the reward for keeping the template's chi.
_RARITY, _INHERITED = 1.5, 3.0
#: Residues whose CA are farther apart than this never touch, Å.
_REACH = 16.0
#: Atoms of two residues nearer than this, Å, are in each other's way.
_TOUCHING = 2.4
#: Energy per atom pair at full overlap.
_WALL = 10.0
_SWEEPS = 12
#: Small turns of a chosen rotamer, degrees, and what the largest costs.
_OFFSETS = (-20.0, -10.0, 0.0, 10.0, 20.0)
_STRAIN = 1.0
_BACKBONE_ATOMS = 4


@dataclass(eq=False)
class _Site:
    """One residue whose side chain is to be placed."""

    row: int
    coord: Doubles  # (K, A, 3), backbone included
    energy: Doubles  # (K,)
    radius: Doubles  # (A - 4,), of the side-chain atoms
    pairs: dict[int, Doubles] = field(default_factory=dict)  # other site -> (K, K')

    @property
    def moving(self) -> Doubles:
        return self.coord[:, _BACKBONE_ATOMS:]


def place_side_chains(sequence: str, coord: Doubles, favoured: Doubles) -> None:
    """Complete the side chains of ``coord`` in place.

    Parameters
    ----------
    sequence : str
        Letters of all residues, all chains in one.
    coord : ndarray, shape=(L, 14, 3), dtype=float64
        In Å. Residues with a full side chain are kept unless something must give way;
        residues without backbone are left alone.
    favoured : ndarray, shape=(L,), dtype=float64
        chi1 of the template's residue in radians, NaN where it says nothing.
    """
    built = np.asarray(np.isfinite(coord[:, :_BACKBONE_ATOMS]).all(axis=(1, 2)))
    complete = np.array([np.isfinite(coord[i, : len(ATOMS[a])]).all() for i, a in enumerate(sequence)])
    todo = built & ~complete
    _solve(sequence, coord, favoured, todo)
    blocking = _blocking(sequence, coord, todo, built)
    if blocking.any():
        kept = coord[blocking].copy()
        before = _overlap(sequence, coord)
        own = _own_chi(sequence, coord)
        _solve(sequence, coord, np.where(blocking, own, favoured), todo | blocking)
        if _overlap(sequence, coord) >= before:
            coord[blocking] = kept
            _solve(sequence, coord, favoured, todo)


def _solve(sequence: str, coord: Doubles, favoured: Doubles, todo: Bools) -> None:
    """Choose rotamers, then turn them a little where that relieves contacts."""
    rows = np.flatnonzero(todo & np.array([letter != "G" for letter in sequence]))
    surroundings = _environment(sequence, coord, todo)
    chosen = [(kind(sequence[i]).chi, _rarity(sequence[i], float(favoured[i]))) for i in rows]
    for _ in range(2):
        sites = [_site(sequence[i], int(i), coord[i], *chosen[k]) for k, i in enumerate(rows)]
        for site in sites:
            _add_fixed(site, *surroundings, coord)
        for one, two in _neighbours(coord[:, 1], rows):
            _add_pair(sites, one, two)
        choice = _relax(sites)
        for site, best in zip(sites, choice, strict=True):
            coord[site.row, : site.coord.shape[1]] = site.coord[best]
        chosen = [
            _turned(sequence[i], chi[best]) for i, (chi, _), best in zip(rows, chosen, choice, strict=True)
        ]


def _rarity(letter: str, favoured: float) -> Doubles:
    """Return the energy of each rotamer by itself."""
    item = kind(letter)
    energy: Doubles = -_RARITY * np.log(item.probability / item.probability.max())
    if item.chi.shape[1] and np.isfinite(favoured):
        off = np.abs(np.angle(np.exp(1j * (item.chi[:, 0] - favoured))))
        energy = energy - _INHERITED * (off < np.radians(40))
    return energy


def _turned(letter: str, chi: Doubles) -> tuple[Doubles, Doubles]:
    """Return a rotamer and its neighbours, up to 20 degrees off in the first two chis, with energies."""
    free = min(len(chi), 2)
    if not free or letter == "P":  # the ring of proline would open
        return chi[None], np.zeros(1)
    grid = np.stack(np.meshgrid(*[_OFFSETS] * free, indexing="ij"), axis=-1).reshape(-1, free)
    turned = np.tile(chi, (len(grid), 1))
    turned[:, :free] += np.radians(grid)
    return turned, _STRAIN * (grid**2).sum(axis=1) / max(_OFFSETS) ** 2


def _site(letter: str, row: int, coord: Doubles, chi: Doubles, energy: Doubles) -> _Site:
    turned = side_chains(letter, coord[:_BACKBONE_ATOMS], chi)
    radius = np.array([_RADIUS[name[0]] for name in ATOMS[letter][_BACKBONE_ATOMS:]])
    return _Site(row, turned, energy, radius)


def _environment(sequence: str, coord: Doubles, todo: Bools) -> tuple[Doubles, Doubles, Ints]:
    """Return the atoms that do not move, their radii and the residues they belong to."""
    width = np.array([_BACKBONE_ATOMS if todo[i] else len(ATOMS[a]) for i, a in enumerate(sequence)])
    here = np.isfinite(coord[..., 0]) & (np.arange(coord.shape[1]) < width[:, None])
    owner, slot = np.nonzero(here)
    radius = np.array([_RADIUS[ATOMS[sequence[i]][s][0]] for i, s in zip(owner, slot, strict=True)])
    return coord[owner, slot], radius, owner.astype(np.int32)


def _add_fixed(site: _Site, fixed: Doubles, radius: Doubles, owner: Ints, coord: Doubles) -> None:
    centre = coord[site.row, 1]
    near = (np.abs(fixed - centre) < _REACH / 1.6).all(axis=1) & (owner != site.row)
    # The next nitrogen and the carbon before are three bonds from CB: no contact.
    near &= ~((np.abs(owner - site.row) == 1) & _is_peptide(fixed, coord[site.row]))
    if near.any():
        site.energy = site.energy + _repulsion(site.moving, site.radius, fixed[near], radius[near])


def _is_peptide(fixed: Doubles, own: Doubles) -> Bools:
    to_n = np.linalg.norm(fixed - own[0], axis=1)
    to_c = np.linalg.norm(fixed - own[2], axis=1)
    bonded: Bools = (to_n < 1.7) | (to_c < 1.7)
    return bonded


def _neighbours(ca: Doubles, rows: Ints) -> list[tuple[int, int]]:
    if len(rows) < 2:
        return []
    apart = np.linalg.norm(ca[rows][:, None] - ca[rows][None], axis=-1)
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(np.triu(apart < _REACH, 1)), strict=True)]


def _add_pair(sites: list[_Site], one: int, two: int) -> None:
    a, b = sites[one], sites[two]
    reach_a = np.linalg.norm(a.moving - a.coord[:1, 1:2], axis=-1).max()
    reach_b = np.linalg.norm(b.moving - b.coord[:1, 1:2], axis=-1).max()
    if np.linalg.norm(a.coord[0, 1] - b.coord[0, 1]) > reach_a + reach_b + 3.5:
        return
    k, flat = len(a.energy), b.moving.reshape(-1, 3)
    table = _ramp(a.moving, a.radius, flat, np.tile(b.radius, len(b.energy)))
    energy = table.reshape(k, a.moving.shape[1], len(b.energy), -1).sum(axis=(1, 3))
    if energy.any():
        a.pairs[two], b.pairs[one] = energy, energy.T


def _repulsion(moving: Doubles, radius: Doubles, fixed: Doubles, fixed_radius: Doubles) -> Doubles:
    total: Doubles = _ramp(moving, radius, fixed, fixed_radius).sum(axis=(1, 2))
    return total


def _ramp(moving: Doubles, radius: Doubles, fixed: Doubles, fixed_radius: Doubles) -> Doubles:
    """Return the energy of each atom of each rotamer against each atom; shape (K, A, F)."""
    square = (moving**2).sum(-1)[..., None] + (fixed**2).sum(-1) - 2 * moving @ fixed.T
    distance = np.sqrt(np.maximum(square, 1e-6))
    wanted = radius[:, None] + fixed_radius
    energy: Doubles = np.clip(57.273 * (1 - distance / wanted), 0.0, _WALL)
    return energy


def _relax(sites: list[_Site]) -> list[int]:
    choice = [int(np.argmin(site.energy)) for site in sites]
    for _ in range(_SWEEPS):
        changed = False
        for i, site in enumerate(sites):
            total = site.energy + sum(table[:, choice[j]] for j, table in site.pairs.items())
            best = int(np.argmin(total))
            changed |= best != choice[i]
            choice[i] = best
        if not changed:
            break
    return choice


def contacts(sequence: str, coord: Doubles, limit: float) -> tuple[Ints, Ints]:
    """Return pairs of residues with a side-chain atom nearer than ``limit`` (Å) to the other.

    Residues next to each other and disulfides do not count.
    """
    from scipy.spatial import cKDTree

    owner, slot = np.nonzero(np.isfinite(coord[..., 0]))
    pairs = cKDTree(coord[owner, slot]).query_pairs(limit, output_type="ndarray")
    a, b = owner[pairs[:, 0]], owner[pairs[:, 1]]
    side = (slot[pairs] >= _BACKBONE_ATOMS).any(axis=1)
    cysteine = np.array([letter == "C" for letter in sequence], dtype=bool)
    keep = side & ~(cysteine[a] & cysteine[b]) & (np.abs(a - b) > 1)
    return a[keep].astype(np.int32), b[keep].astype(np.int32)


def _overlap(sequence: str, coord: Doubles) -> int:
    return len(contacts(sequence, coord, _TOUCHING)[0])


def _blocking(sequence: str, coord: Doubles, todo: Bools, built: Bools) -> Bools:
    """Return residues kept from the template that are in the way of a placed side chain."""
    a, b = contacts(sequence, coord, _TOUCHING)
    found = np.zeros(len(sequence), dtype=bool)
    found[a[~todo[a]]] = True
    found[b[~todo[b]]] = True
    free: Bools = found & built & np.array([letter not in "GAP" for letter in sequence])
    return free


def _own_chi(sequence: str, coord: Doubles) -> Doubles:
    return np.array([_chi1(letter, coord[i]) for i, letter in enumerate(sequence)])


def _chi1(letter: str, coord: Doubles) -> float:
    angles = chi_angles(letter, coord) if letter in ATOMS and letter != "X" else np.empty(0)
    return float(angles[0]) if angles.size else float("nan")


def inherited_chi1(query: str, template: str, coord: Doubles) -> float:
    """Return chi1 of a template residue (radians) where it means the same for the query's.

    Parameters
    ----------
    query, template : str
        Letters.
    coord : ndarray, shape=(14, 3)
        The template residue, in its own slots.
    """
    if template == "X" or (query != template and {query, template} & OWN_CHI):
        return float("nan")
    return _chi1(template, coord)
