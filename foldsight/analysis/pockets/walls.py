"""The atoms that make the walls of pockets: protein, heavy, one location each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.analysis.pockets.chemistry import (
    AMINO_ACIDS,
    CLASSES,
    DEFAULT_RADIUS,
    HYDROPATHY,
    RADII,
    atom_class,
)
from foldsight.analysis.pockets.frustration import frustration
from foldsight.analysis.secondary_structure import secondary_structure, three_state
from foldsight.errors import BadRequest
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Floats, Ints

#: Fewer residues than this have no inside that a ligand could find.
MIN_RESIDUES = 20
#: Share of residues with nothing beyond CA (and C, N, O) above which side chains are missing.
MAX_BARE = 0.5

#: States of the secondary structure.
COIL, HELIX, STRAND = range(3)

_HYDROPATHY = np.array([HYDROPATHY[letter] for letter in AMINO_ACIDS], dtype=np.float32)
_TYPE = {letter: i for i, letter in enumerate(AMINO_ACIDS)}
_CLASS = {name: i for i, name in enumerate(CLASSES)}


@dataclass(frozen=True, eq=False)
class Walls:
    """Heavy protein atoms in a frame of their own, whatever the file's order and frame.

    The origin is the mean position and the axes are the principal ones, so that grids
    and directions fall alike however the structure was turned or its atoms listed.

    Attributes
    ----------
    coord : ndarray, shape=(N, 3), dtype=float64
        Å, in the walls' own frame.
    kind, amino_acid : ndarray, shape=(N,), dtype=int32
        Index into :data:`~.chemistry.CLASSES` and :data:`~.chemistry.AMINO_ACIDS`.
    radius, hydropathy : ndarray, shape=(N,), dtype=float32
    state : ndarray, shape=(N,), dtype=int32
        Secondary structure of the residue: :data:`COIL`, :data:`HELIX`, :data:`STRAND`.
    chain, residue, atom : ndarray, shape=(N,), dtype=int32
        Row of the structure's chain table, of its residue table and of its atom table.
    suited : ndarray, shape=(R, len(frustration.NAMES)), dtype=float32
        How well each row of the residue table suits its place; NaN where it is not known.
    origin : ndarray, shape=(3,)
    axes : ndarray, shape=(3, 3)
        ``x_file = origin + x_own @ axes``.
    """

    coord: Doubles
    kind: Ints
    amino_acid: Ints
    radius: Floats
    hydropathy: Floats
    state: Ints
    chain: Ints
    residue: Ints
    atom: Ints
    suited: Floats
    origin: Doubles
    axes: Doubles

    def __len__(self) -> int:
        return len(self.coord)

    def by_residue(self) -> tuple[Ints, Ints, Doubles, Doubles]:
        """Return each residue's row, one of its atoms, how many it has and their mean position, Å."""
        rows, first, row = np.unique(self.residue, return_index=True, return_inverse=True)
        size = np.bincount(row).astype(np.float64)
        sums = np.stack([np.bincount(row, weights=axis) for axis in self.coord.T], axis=1)
        return rows, first, size, sums / size[:, None]

    def to_file_frame(self, points: Doubles) -> Doubles:
        """Take points (..., 3) from the walls' frame to the file's."""
        moved: Doubles = self.origin + points @ self.axes
        return moved

    @classmethod
    def of(cls, structure: Structure, leave_out: Bools | None = None) -> Walls:
        """Take the walls of a structure.

        Parameters
        ----------
        structure : Structure
        leave_out : ndarray, shape=(R,), dtype=bool, optional
            Residues that are not walls, such as those of very low confidence.

        Raises
        ------
        BadRequest
            When there is no protein, too little of it, or no side chains.
        """
        keep = _heavy_protein_atoms(structure, leave_out)
        keep = keep[_best_location(structure, keep)]
        _refuse_unfit(structure, keep)
        coord, origin, axes = _own_frame(structure.atoms.coord[keep])
        # Sorting by position makes the answer independent of the order in the file.
        order = np.lexsort(np.round(coord, 3).T)
        keep, coord = keep[order], coord[order]
        amino_acid, kind, radius = _types(structure, keep)
        residue = structure.atoms.residue[keep]
        return cls(
            coord, kind, amino_acid, radius, _HYDROPATHY[amino_acid], _states(structure)[residue],
            structure.residues.chain[residue], residue, keep, frustration(structure, leave_out), origin, axes,
        )  # fmt: skip


def _heavy_protein_atoms(structure: Structure, leave_out: Bools | None) -> Ints:
    """Return atom indices; hydrogens, waters, ligands and nucleic acids are not walls."""
    protein = structure.protein_mask
    if not protein.any():
        raise BadRequest(
            f"{structure.name} holds no protein, so there is nothing to look for pockets in.",
            hint="Give a structure with protein chains and their side chains.",
        )
    if leave_out is not None:
        protein = protein & ~leave_out
    atoms = structure.atoms
    heavy = ~np.isin(atoms.element, ("H", "D"))
    found: Ints = np.flatnonzero(heavy & protein[atoms.residue] & np.isfinite(atoms.coord).all(axis=1))
    return found


def _best_location(structure: Structure, atoms: Ints) -> Ints:
    """Return positions within ``atoms`` that keep the best-occupied location of each atom."""
    columns = structure.atoms
    altloc = columns.altloc[atoms]
    if not (altloc != "").any():
        return np.arange(len(atoms))
    order = np.lexsort((altloc, -columns.occupancy[atoms], columns.name[atoms], columns.residue[atoms]))
    name, residue = columns.name[atoms][order], columns.residue[atoms][order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (name[1:] != name[:-1]) | (residue[1:] != residue[:-1])
    found: Ints = np.sort(order[first])
    return found


def _refuse_unfit(structure: Structure, atoms: Ints) -> None:
    rows, count = np.unique(structure.atoms.residue[atoms], return_counts=True)
    if len(rows) < MIN_RESIDUES:
        raise BadRequest(
            f"{structure.name} has {len(rows)} protein residues that can be used, and a pocket search needs "
            f"at least {MIN_RESIDUES}.",
        )
    # Glycine has four heavy atoms of its own; anything else has at least five.
    bare = (count < 5) & (structure.residues.name[rows] != "GLY")
    if bare.mean() > MAX_BARE:
        what = "only CA atoms" if np.median(count) <= 1 else "no side chains"
        raise BadRequest(
            f"{structure.name} has {what}, and pockets are lined by side chains.",
            hint="Give an all-atom structure, for example by folding its sequence.",
        )


def _own_frame(coord: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Return coordinates along the principal axes, the origin and the axes as rows."""
    origin = coord.mean(axis=0)
    centred = coord - origin
    _, vectors = np.linalg.eigh(centred.T @ centred)
    along = centred @ vectors
    # An axis points to the side where the third moment is positive; the last makes it right-handed.
    signs = np.where((along**3).sum(axis=0) < 0, -1.0, 1.0)
    axes = (vectors * signs).T
    axes[2] = np.cross(axes[0], axes[1])
    return centred @ axes.T, origin, axes


def _states(structure: Structure) -> Ints:
    """Return the state of each residue's secondary structure; shape (R,)."""
    codes = three_state(secondary_structure(structure))
    return np.select([codes == "H", codes == "E"], [HELIX, STRAND], COIL).astype(np.int32)


def _types(structure: Structure, atoms: Ints) -> tuple[Ints, Ints, Floats]:
    """Return residue type, atom class and radius of each atom."""
    columns = structure.atoms
    letters = structure.one_letters
    amino_acid = np.array([_TYPE.get(str(letter), _TYPE["X"]) for letter in letters], dtype=np.int32)
    amino_acid = amino_acid[columns.residue[atoms]]
    names, name = np.unique(columns.name[atoms], return_inverse=True)
    elements, element = np.unique(columns.element[atoms], return_inverse=True)
    code = (amino_acid * len(names) + name) * len(elements) + element
    distinct, which = np.unique(code, return_inverse=True)
    kind = np.empty(len(distinct), dtype=np.int32)
    for i, value in enumerate(distinct.tolist()):
        rest, e = divmod(value, len(elements))
        letter, n = divmod(rest, len(names))
        kind[i] = _CLASS[atom_class(AMINO_ACIDS[letter], str(names[n]).upper(), str(elements[e]).upper())]
    radius = np.array([RADII.get(str(e).upper(), DEFAULT_RADIUS) for e in elements], dtype=np.float32)
    return amino_acid, kind[which], radius[element]
