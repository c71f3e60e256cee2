"""How a side chain sits among its neighbours: overlaps, contacts, hydrogen bonds.

The mutant is placed as the rotamer that overlaps least, its first two chi turned by up to
10°; nothing else moves. So a small overlap may relax away and a large one will not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.analysis.rotamers import ATOMS, kind, side_chains
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Ints, Strings

#: van der Waals radii, Å (Bondi 1964).
RADII = {"C": 1.70, "N": 1.55, "O": 1.52, "S": 1.80, "SE": 1.90, "P": 1.80}
OTHER_RADIUS = 1.5
#: An overlap is called a clash above this, Å.
CLASH = 0.4
#: Two polar atoms may be closer by this, Å: they can share a hydrogen.
POLAR_ALLOWANCE = 0.6
CONTACT = 4.5
HYDROGEN_BOND = 3.5
SALT_BRIDGE = 4.0
DISULFIDE = 2.5
#: Atoms farther from CB than this cannot meet a side chain, Å.
REACH = 12.0
#: Turns tried of the first two chi, and how many of the best rotamers are turned.
TURN, TURNED = np.radians(10.0), 5
#: Overlap that does not count when rotamers are compared, Å.
TOLERATED = 0.2

BACKBONE = frozenset(("N", "CA", "C", "O", "OXT"))
_ACID = frozenset((("ASP", "OD1"), ("ASP", "OD2"), ("GLU", "OE1"), ("GLU", "OE2")))
_BASE = frozenset((("LYS", "NZ"), ("ARG", "NE"), ("ARG", "NH1"), ("ARG", "NH2")))
_DONOR_ONLY = frozenset((("LYS", "NZ"), ("ARG", "NE"), ("ARG", "NH1"), ("ARG", "NH2"), ("TRP", "NE1"),
                         ("ASN", "ND2"), ("GLN", "NE2")))  # fmt: skip
_TAKER_ONLY = frozenset((*_ACID, ("ASN", "OD1"), ("GLN", "OE1")))


@dataclass(frozen=True, eq=False)
class Side:
    """Atoms of one side chain: names and positions (Å)."""

    residue: str
    names: tuple[str, ...]
    elements: tuple[str, ...]
    coord: Doubles


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Atoms of other residues around a site, as rows of the atom table."""

    rows: Ints
    coord: Doubles
    names: Strings
    residue: Ints
    components: Strings
    radius: Doubles
    polar: Bools


class Surround:
    """Finds the heavy atoms around a point, one location of each, water left out."""

    def __init__(self, structure: Structure) -> None:
        from scipy.spatial import cKDTree

        self.structure = structure
        table = structure.atoms
        kinds = np.array([chain.kind for chain in structure.chains])[structure.residues.chain]
        keep = ~np.isin(table.element, ("H", "D")) & (kinds[table.residue] != "water")
        first = np.array([altloc in ("", "A", "1") for altloc in table.altloc.tolist()], dtype=bool)
        self.rows = np.flatnonzero(keep & first).astype(np.int32)
        self.tree = cKDTree(table.coord[self.rows])

    def near(self, point: Doubles, own: int, allowed: Bools) -> Neighbours:
        """Return atoms within :data:`REACH` of ``point`` in allowed residues other than ``own``."""
        found = np.array(sorted(self.tree.query_ball_point(point, REACH)), dtype=np.int32)
        rows = self.rows[found]
        residue = self.structure.atoms.residue[rows]
        rows = rows[(residue != own) & allowed[residue]]
        table = self.structure.atoms
        elements = table.element[rows].tolist()
        return Neighbours(
            rows,
            table.coord[rows],
            table.name[rows],
            table.residue[rows],
            self.structure.residues.name[table.residue[rows]],
            np.array([RADII.get(element, OTHER_RADIUS) for element in elements]),
            np.array([element in ("N", "O") for element in elements], dtype=bool),
        )

    def label(self, row: int) -> str:
        """Name an atom: ``A:84 CD1``."""
        residue = int(self.structure.atoms.residue[row])
        return f"{self.structure.refs[residue]} {self.structure.atoms.name[row]}"


def wild_side(structure: Structure, row: int) -> Side:
    """Take the side chain that the structure has at a residue, first location."""
    start = int(structure.atom_starts[row])
    stop = int(np.searchsorted(structure.atoms.residue, row + 1))
    table = structure.atoms
    seen: dict[str, int] = {}
    for i in range(start, stop):
        name = str(table.name[i])
        if name not in BACKBONE and table.element[i] not in ("H", "D"):
            seen.setdefault(name, i)
    index = np.array(list(seen.values()), dtype=np.int64)
    coord = table.coord[index].reshape(-1, 3)
    return Side(str(structure.residues.name[row]), tuple(seen), tuple(table.element[index].tolist()), coord)


def best_rotamer(
    letter: str, component: str, backbone: Doubles, around: Neighbours, before: int
) -> tuple[Side, Doubles]:
    """Place a residue type and return its side chain and the overlaps of its atoms, Å.

    Parameters
    ----------
    letter, component : str
        One- and three-letter code.
    backbone : ndarray, shape=(4, 3)
    around : Neighbours
    before : int
        Residue row of the residue before in the chain, -1 where there is none.

    Returns
    -------
    side : Side
    overlap : ndarray, shape=(side atoms, neighbours)
    """
    names = ATOMS[letter][4:]
    elements = tuple(name[0] for name in names)
    chi = kind(letter).chi
    if not names:
        return Side(component, names, elements, np.zeros((0, 3))), np.zeros((0, len(around.rows)))
    allowed = _allowed_overlap(names, elements, letter, around, before)
    coord, strain = _strained(letter, backbone, chi, allowed, around)
    if strain.min() > 0 and chi.shape[1]:
        promising = chi[np.argsort(strain, kind="stable")[:TURNED]]
        coord, strain = _strained(letter, backbone, _turned(promising), allowed, around)
    best = coord[int(np.argmin(strain))]
    apart = np.sqrt(((best[:, None] - around.coord) ** 2).sum(axis=-1))
    return Side(component, names, elements, best), allowed - apart


def _strained(
    letter: str, backbone: Doubles, chi: Doubles, allowed: Doubles, around: Neighbours
) -> tuple[Doubles, Doubles]:
    """Build side chains and sum what their atoms overlap by; shapes (K, atoms, 3) and (K,)."""
    coord = side_chains(letter, backbone, chi)[:, 4:]
    middle = coord.mean(axis=(0, 1))
    reach = np.sqrt(((coord - middle) ** 2).sum(axis=-1)).max() + 2 * max(RADII.values())
    near = ((around.coord - middle) ** 2).sum(axis=-1) < reach**2
    apart = np.sqrt(((coord[:, :, None] - around.coord[near]) ** 2).sum(axis=-1))
    strain = np.maximum(allowed[:, near] - apart - TOLERATED, 0).sum(axis=(1, 2))
    # Rounded, so that equal rotamers stay equal and the first of them is taken.
    return coord, np.round(strain, 6)


def _turned(chi: Doubles) -> Doubles:
    """Add turns of the first two chi to each rotamer; the unturned ones come first."""
    turns = [(0.0, 0.0), *((a, b) for a in (-TURN, 0.0, TURN) for b in (-TURN, 0.0, TURN) if a or b)]
    count = chi.shape[1]
    if count == 0:
        return chi
    shifts = {turn[:count] for turn in turns}
    padded = [np.pad(np.array(shift), (0, count - len(shift))) for shift in sorted(shifts, key=_size)]
    return np.concatenate([chi + shift for shift in padded])


def _size(shift: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
    return sum(abs(x) for x in shift), shift


def _allowed_overlap(
    names: tuple[str, ...], elements: tuple[str, ...], letter: str, around: Neighbours, before: int
) -> Doubles:
    """Return the distance below which two atoms overlap; -inf for pairs near along bonds."""
    radius = np.array([RADII[element] for element in elements])
    polar = np.array([element in ("N", "O") for element in elements])
    least = radius[:, None] + around.radius[None]
    least -= POLAR_ALLOWANCE * (polar[:, None] & around.polar[None])
    sulfur = np.array([element == "S" for element in elements])
    least[np.ix_(sulfur, around.names == "SG")] = 1.9  # a disulfide may form
    backbone = np.isin(around.names, list(BACKBONE))
    least[np.ix_(np.array([name == "CB" for name in names]), backbone & _adjacent(around, before))] = -np.inf
    if letter == "P":
        ring = np.array([name in ("CG", "CD") for name in names])
        least[np.ix_(ring, backbone & (around.residue == before))] = -np.inf
    return least


def _adjacent(around: Neighbours, before: int) -> Bools:
    found: Bools = (around.residue == before) | (around.residue == before + 2)
    return found


def contacts(side: Side, around: Neighbours) -> int:
    """Count atom pairs of the side chain (beyond CB) and other residues within 4.5 Å."""
    beyond = np.array([name != "CB" for name in side.names], dtype=bool)
    apart = _apart(side, around)[beyond]
    return int((apart < CONTACT).sum())


def hydrogen_bonds(side: Side, around: Neighbours) -> dict[int, str]:
    """Return atoms (rows) that the side chain can share a hydrogen with, and its own atom."""
    apart = _apart(side, around)
    found = {}
    for i, name in enumerate(side.names):
        if side.elements[i] not in ("N", "O"):
            continue
        for k in np.flatnonzero((apart[i] < HYDROGEN_BOND) & around.polar):
            other = (str(around.components[k]), str(around.names[k]))
            if _shares_hydrogen((side.residue, name), other):
                found[int(around.rows[k])] = name
    return found


def salt_bridges(side: Side, around: Neighbours) -> dict[int, str]:
    """Return charged atoms (rows) of opposite charge within 4 Å, and the side chain's own atom."""
    apart = _apart(side, around)
    found = {}
    for i, name in enumerate(side.names):
        mine = (side.residue, name)
        partners = _BASE if mine in _ACID else _ACID if mine in _BASE else frozenset()
        for k in np.flatnonzero(apart[i] < SALT_BRIDGE):
            if (str(around.components[k]), str(around.names[k])) in partners:
                found[int(around.rows[k])] = name
    return found


def disulfide_partner(side: Side, around: Neighbours) -> int | None:
    """Return the atom row of the sulfur bonded to this cysteine's."""
    if "SG" not in side.names:
        return None
    apart = _apart(side, around)[side.names.index("SG")]
    near = np.flatnonzero((around.names == "SG") & (apart < DISULFIDE))
    return int(around.rows[near[0]]) if len(near) else None


def _shares_hydrogen(mine: tuple[str, str], other: tuple[str, str]) -> bool:
    """One must give and one must take; hydroxyls and histidine do either."""
    giver = [_gives_only(atom) for atom in (mine, other)]
    taker = [_takes_only(atom) for atom in (mine, other)]
    return not all(giver) and not all(taker)


def _gives_only(atom: tuple[str, str]) -> bool:
    return atom in _DONOR_ONLY or atom[1] == "N"


def _takes_only(atom: tuple[str, str]) -> bool:
    return atom in _TAKER_ONLY or atom[1] in ("O", "OXT")


def _apart(side: Side, around: Neighbours) -> Doubles:
    found: Doubles = np.sqrt(((side.coord[:, None] - around.coord[None]) ** 2).sum(axis=-1))
    return found
