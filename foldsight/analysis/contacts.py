"""Contacts between residues: CB neighbours, salt bridges, disulfide bonds."""

from __future__ import annotations

import numpy as np

from foldsight.structure import Structure
from foldsight.typing import Bools, Ints

#: Å between CB atoms (CA of glycine): the usual contact of residue maps.
CONTACT = 8.0
#: Å between a carboxylate oxygen and a charged nitrogen (Barlow & Thornton 1983, J. Mol. Biol.
#: 168:867); histidine counts as charged.
SALT_BRIDGE = 4.0
#: Å between sulphurs of a disulfide: the bond is 2.05 Å long (Thornton 1981, J. Mol. Biol. 151:261),
#: the rest is leave for low resolution.
DISULFIDE = 2.5

_ACIDS = {("ASP", "OD1"), ("ASP", "OD2"), ("GLU", "OE1"), ("GLU", "OE2")}
_BASES = {("ARG", "NE"), ("ARG", "NH1"), ("ARG", "NH2"), ("LYS", "NZ"), ("HIS", "ND1"), ("HIS", "NE2")}


def contact_pairs(structure: Structure, cutoff: float = CONTACT, separation: int = 3) -> Ints:
    """Return pairs of residue rows whose CB are within ``cutoff`` Å; shape (K, 2).

    Pairs nearer than ``separation`` in one chain do not count.
    """
    from scipy.spatial import cKDTree

    index = structure.atom_index("CB")
    index = np.where(index >= 0, index, structure.ca_index)
    rows = np.flatnonzero((index >= 0) & structure.protein_mask)
    if rows.size < 2:
        return np.zeros((0, 2), dtype=np.int64)
    pairs = rows[cKDTree(structure.atoms.coord[index[rows]]).query_pairs(cutoff, output_type="ndarray")]
    table = structure.residues
    same = table.chain[pairs[:, 0]] == table.chain[pairs[:, 1]]
    near = np.abs(table.label_seq[pairs[:, 0]] - table.label_seq[pairs[:, 1]]) < separation
    found: Ints = pairs[~(same & near)]
    return found


def contact_numbers(structure: Structure) -> Ints:
    """Return the number of contacts of each residue; shape (R,)."""
    return np.bincount(contact_pairs(structure).ravel(), minlength=len(structure.residues))


def salt_bridges(structure: Structure) -> Ints:
    """Return pairs of residue rows, acid first, that form a salt bridge; shape (K, 2)."""
    return _residue_pairs(structure, _atoms_of(structure, _ACIDS), _atoms_of(structure, _BASES), SALT_BRIDGE)


def disulfides(structure: Structure) -> Ints:
    """Return pairs of cysteine rows, lower first, joined by a disulfide bond; shape (K, 2)."""
    sulphur = _atoms_of(structure, {("CYS", "SG")})
    pairs = _residue_pairs(structure, sulphur, sulphur, DISULFIDE)
    found: Ints = pairs[pairs[:, 0] < pairs[:, 1]]
    return found


def _atoms_of(structure: Structure, wanted: set[tuple[str, str]]) -> Ints:
    atoms, names = structure.atoms, structure.residues.name
    candidates = np.flatnonzero(np.isin(atoms.name, [atom for _, atom in wanted]))
    residue = names[atoms.residue[candidates]]
    keep: Bools = np.array(
        [(str(r), str(a)) in wanted for r, a in zip(residue, atoms.name[candidates], strict=True)], dtype=bool
    )
    return candidates[keep]


def _residue_pairs(structure: Structure, first: Ints, second: Ints, cutoff: float) -> Ints:
    from scipy.spatial import cKDTree

    if not (first.size and second.size):
        return np.zeros((0, 2), dtype=np.int64)
    coord, residue = structure.atoms.coord, structure.atoms.residue
    near = cKDTree(coord[first]).query_ball_tree(cKDTree(coord[second]), cutoff)
    pairs = {(int(residue[first[i]]), int(residue[second[j]])) for i, hits in enumerate(near) for j in hits}
    return np.array(sorted(p for p in pairs if p[0] != p[1]), dtype=np.int64).reshape(-1, 2)
