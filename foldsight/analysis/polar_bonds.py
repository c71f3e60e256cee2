"""Hydrogen bonds between any two residues, side chains included, from heavy atoms alone.

A donor and an acceptor at most 3.5 Å apart (Baker & Hubbard 1984, Prog. Biophys. Mol. Biol.
44:97) with angles of at least 90° at both, towards the atom that each is bonded to
(McDonald & Thornton 1994, J. Mol. Biol. 238:777; the criteria of theirs that need no
hydrogen). Backbone bonds for secondary structure are :mod:`.hydrogen_bonds`, by energy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.analysis.surface_area import heavy_atoms, standard_names
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Ints

#: Å between donor and acceptor.
REACH = 3.5
#: Cosine of the least angle at donor and acceptor, 90°.
_COSINE = 1e-9

#: Atom that each polar atom is bonded to, by residue; the backbone's are the same in all.
_BONDED_TO = {
    "SER": {"OG": "CB"}, "THR": {"OG1": "CB"}, "TYR": {"OH": "CZ"}, "TRP": {"NE1": "CD1"},
    "ASN": {"OD1": "CG", "ND2": "CG"}, "GLN": {"OE1": "CD", "NE2": "CD"}, "LYS": {"NZ": "CE"},
    "ASP": {"OD1": "CG", "OD2": "CG"}, "GLU": {"OE1": "CD", "OE2": "CD"},
    "ARG": {"NE": "CD", "NH1": "CZ", "NH2": "CZ"}, "HIS": {"ND1": "CG", "NE2": "CD2"},
}  # fmt: skip
_BACKBONE = {"N": "CA", "O": "C", "OXT": "C"}
_DONORS = {"N", "OG", "OG1", "OH", "NE1", "ND2", "NE2", "NZ", "NE", "NH1", "NH2", "ND1"}
_HISTIDINE = {"ND1", "NE2"}


@dataclass(frozen=True, eq=False)
class PolarBonds:
    """Donor-acceptor pairs, by donor and acceptor atom.

    Attributes
    ----------
    donor, acceptor : ndarray, shape=(K,), dtype=int64
        Atom indices of the structure.
    distance : ndarray, shape=(K,), dtype=float64
        Å.
    """

    donor: Ints
    acceptor: Ints
    distance: Doubles

    def __len__(self) -> int:
        return len(self.donor)


@dataclass(frozen=True, eq=False)
class _Polar:
    """Atoms that may give or take a hydrogen, each with the atom it is bonded to."""

    atom: Ints
    parent: Ints
    gives: Bools
    takes: Bools


def polar_bonds(structure: Structure) -> PolarBonds:
    """Find the hydrogen bonds between different residues of the protein chains.

    Of alternate locations the first is taken. The protons of histidine are not known, so
    both of its nitrogens may give and take.
    """
    polar = _polar_atoms(structure)
    donor, acceptor = _near(structure, polar)
    coord, residue = structure.atoms.coord, structure.atoms.residue
    d, a = polar.atom[donor], polar.atom[acceptor]
    straight = _blunt(coord[polar.parent[donor]], coord[d], coord[a])
    straight &= _blunt(coord[polar.parent[acceptor]], coord[a], coord[d])
    keep = straight & (residue[d] != residue[a]) & ~_peptide(structure, d, a)
    order = np.lexsort((a[keep], d[keep]))
    d, a = d[keep][order], a[keep][order]
    return PolarBonds(d, a, np.linalg.norm(coord[d] - coord[a], axis=1))


def bond_numbers(structure: Structure, bonds: PolarBonds | None = None) -> Ints:
    """Return in how many hydrogen bonds each residue takes part; shape (R,)."""
    bonds = polar_bonds(structure) if bonds is None else bonds
    rows = structure.atoms.residue[np.concatenate([bonds.donor, bonds.acceptor])]
    return np.bincount(rows, minlength=len(structure.residues))


def _polar_atoms(structure: Structure) -> _Polar:
    atoms = structure.atoms
    heavy = np.flatnonzero(heavy_atoms(structure))
    names = standard_names(structure.residues.name)
    where = {(int(atoms.residue[i]), str(atoms.name[i])): int(i) for i in heavy}
    found: list[tuple[int, int, bool, bool]] = []
    for (row, name), i in where.items():
        kind = str(names[row])
        parent = where.get((row, {**_BACKBONE, **_BONDED_TO.get(kind, {})}.get(name, "")))
        if parent is not None:
            gives = name in _DONORS and not (name == "N" and kind == "PRO")
            takes = name[0] == "O" or (kind == "HIS" and name in _HISTIDINE)
            found.append((i, parent, gives, takes))
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    return _Polar(table[:, 0], table[:, 1], table[:, 2].astype(bool), table[:, 3].astype(bool))


def _near(structure: Structure, polar: _Polar) -> tuple[Ints, Ints]:
    """Return positions of donors and acceptors within reach, in both senses."""
    from scipy.spatial import cKDTree

    if len(polar.atom) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    pairs = cKDTree(structure.atoms.coord[polar.atom]).query_pairs(REACH, output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[polar.gives[both[:, 0]] & polar.takes[both[:, 1]]]
    # Two hydroxyls, each of which may give, share one hydrogen: the lower atom gives.
    mutual = polar.gives[both[:, 1]] & polar.takes[both[:, 0]]
    both = both[~mutual | (both[:, 0] < both[:, 1])]
    return both[:, 0], both[:, 1]


def _blunt(bonded: Doubles, centre: Doubles, other: Doubles) -> Bools:
    found: Bools = ((bonded - centre) * (other - centre)).sum(axis=1) <= _COSINE
    return found


def _peptide(structure: Structure, donor: Ints, acceptor: Ints) -> Bools:
    """The amide and the carbonyl of one peptide bond."""
    atoms, table = structure.atoms, structure.residues
    d, a = atoms.residue[donor], atoms.residue[acceptor]
    next_to = (table.chain[d] == table.chain[a]) & (table.label_seq[d] - table.label_seq[a] == 1)
    found: Bools = next_to & (atoms.name[donor] == "N") & (atoms.name[acceptor] == "O")
    return found
