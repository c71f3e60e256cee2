"""The sites of a structure: whole protein residues with their surroundings as arrays.

What is computed from a site never looks at the site's own residue type or side chain;
that is what makes the ddG antisymmetric (see :mod:`foldsight.analysis.variants.energies`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.analysis.backbone import Backbone
from foldsight.errors import BadRequest
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Floats, Ints, Strings

#: Order of the residue types in every array of this package; 20 means "not known".
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
UNKNOWN = 20
#: A break in the chain moves the positions behind it apart by this much.
BREAK = 20
#: Fewer residues than this are no protein surroundings.
LEAST_SITES = 5

_BACKBONE = ("N", "CA", "C", "O")
#: Atoms that make hydrogen bonds, and the carbonyl carbon between two of them.
_POLAR = frozenset(
    ("N", "O", "OXT", "ND1", "ND2", "NE", "NE1", "NE2", "NH1", "NH2", "NZ", "OD1", "OD2", "OE1", "OE2", "OG",
     "OG1", "OH", "C")
)  # fmt: skip
_CHARGE = {
    ("D", "OD1"): -0.5, ("D", "OD2"): -0.5, ("E", "OE1"): -0.5, ("E", "OE2"): -0.5,
    ("K", "NZ"): 1.0, ("R", "NH1"): 0.5, ("R", "NH2"): 0.5,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class HeavyAtoms:
    """Protein atoms without hydrogens, one location each.

    Attributes
    ----------
    coord : ndarray, shape=(M, 3), dtype=float64
        Å.
    site : ndarray, shape=(M,), dtype=int32
        Index into the sites, -1 for a residue that is no site.
    polar : ndarray, shape=(M,), dtype=bool
    charge : ndarray, shape=(M,), dtype=float32
        Formal charge shared over the atoms that carry it.
    row : ndarray, shape=(M,), dtype=int32
        Index into the structure's atom table.
    """

    coord: Doubles
    site: Ints
    polar: Bools
    charge: Floats
    row: Ints


@dataclass(frozen=True, eq=False)
class Sites:
    """Residues with N, CA, C and O, in file order.

    Attributes
    ----------
    rows : ndarray, shape=(L,), dtype=int32
        Index into the structure's residue table.
    backbone : ndarray, shape=(L, 4, 3), dtype=float64
        N, CA, C, O in Å.
    letters : ndarray, shape=(L,), dtype=int32
        Residue types as index into :data:`AMINO_ACIDS`.
    position : ndarray, shape=(L,), dtype=int32
        Counts along the chain, with a jump of :data:`BREAK` at each break.
    joined : ndarray, shape=(L,), dtype=bool
        True where a peptide bond leads from the site before.
    atoms : HeavyAtoms
    """

    rows: Ints
    backbone: Doubles
    letters: Ints
    position: Ints
    joined: Bools
    atoms: HeavyAtoms

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(cls, structure: Structure, residues: Bools | None = None) -> Sites:
        """Take the sites of a structure.

        Parameters
        ----------
        structure : Structure
        residues : ndarray, shape=(R,), dtype=bool, optional
            Which residues make the surroundings; by default every protein residue.

        Raises
        ------
        BadRequest
            When too few residues have a whole backbone, as in a CA trace.
        """
        wanted = structure.protein_mask if residues is None else residues & structure.protein_mask
        whole = Backbone.of(structure)
        keep = wanted[whole.rows]
        if int(keep.sum()) < LEAST_SITES:
            raise BadRequest(
                f"{structure.name} has {int(keep.sum())} protein residues with N, CA, C and O; "
                f"ddG needs at least {LEAST_SITES}.",
                hint="Give a structure with all backbone atoms; a CA trace is not enough.",
            )
        rows = whole.rows[keep]
        backbone = np.stack([whole.n, whole.ca, whole.c, whole.o], axis=1)[keep]
        joined = whole.joined[keep].copy()
        joined[1:] &= np.diff(np.flatnonzero(keep)) == 1
        joined[0] = False
        letters = letter_index("".join(structure.one_letters[rows]))
        atoms = _heavy_atoms(structure, wanted, rows)
        return cls(rows, backbone, letters, _position(joined), joined, atoms)

    @classmethod
    def from_backbone(cls, backbone: Doubles, sequence: str) -> Sites:
        """Make sites of bare N, CA, C, O coordinates, shape (L, 4, 3); no side chains."""
        count = len(backbone)
        rows = np.arange(count, dtype=np.int32)
        joined = np.zeros(count, dtype=bool)
        joined[1:] = np.linalg.norm(backbone[1:, 0] - backbone[:-1, 2], axis=1) <= 2.5
        atoms = HeavyAtoms(
            backbone.reshape(-1, 3),
            np.repeat(rows, 4),
            np.tile([name in _POLAR for name in _BACKBONE], count),
            np.zeros(4 * count, dtype=np.float32),
            np.arange(4 * count, dtype=np.int32),
        )
        return cls(rows, backbone, letter_index(sequence), _position(joined), joined, atoms)

    def blank_backbone(self) -> Backbone:
        """Return the backbone without residue names, so that a proline has an amide too."""
        n, ca, c, o = self.backbone.transpose(1, 0, 2)
        return Backbone(self.rows, n, ca, c, o, np.full(len(self), "UNK"), self.joined)


def letter_index(sequence: str) -> Ints:
    """Turn one-letter codes into indices of :data:`AMINO_ACIDS`."""
    found = [AMINO_ACIDS.find(letter) for letter in sequence]
    return np.array([i if i >= 0 else UNKNOWN for i in found], dtype=np.int32)


def _position(joined: Bools) -> Ints:
    steps = np.where(joined, 1, 1 + BREAK)
    found: Ints = np.cumsum(steps, dtype=np.int32)
    return found


def _heavy_atoms(structure: Structure, wanted: Bools, rows: Ints) -> HeavyAtoms:
    table = structure.atoms
    heavy = np.flatnonzero(wanted[table.residue] & ~np.isin(table.element, ("H", "D")))
    index = heavy[_first_location(table.residue[heavy], table.name[heavy], table.occupancy[heavy])]
    site_of = np.full(len(structure.residues), -1, dtype=np.int32)
    site_of[rows] = np.arange(len(rows), dtype=np.int32)
    names = table.name[index].tolist()
    letters = structure.one_letters[table.residue[index]].tolist()
    return HeavyAtoms(
        table.coord[index],
        site_of[table.residue[index]],
        np.array([name in _POLAR for name in names], dtype=bool),
        np.array([_CHARGE.get(pair, 0.0) for pair in zip(letters, names, strict=True)], dtype=np.float32),
        index.astype(np.int32),
    )


def _first_location(residue: Ints, name: Strings, occupancy: Floats) -> Ints:
    """Pick one alternate location of each atom: the most occupied, the first on a tie."""
    order = np.lexsort((np.arange(len(name)), -occupancy, name, residue))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (residue[order][1:] != residue[order][:-1]) | (name[order][1:] != name[order][:-1])
    found: Ints = np.sort(order[fresh]).astype(np.int32)
    return found
