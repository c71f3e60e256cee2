"""Solvent-accessible surface area of every residue (Shrake & Rupley 1973).

Radii are those of Tsai et al. 1999 (ProtOr), which need no hydrogens; relative areas
are by the maxima of Tien et al. 2013 (theoretical).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from foldsight.structure import Structure
from foldsight.typing import Bools, Floats, Strings

#: Å, a water molecule.
PROBE = 1.4
#: Points per atom: 960 keeps whole-protein areas within about 0.1 % of the limit.
POINTS = 960

#: Å, for an element without a radius.
UNKNOWN_RADIUS = 1.8

#: Å², Tien et al. 2013, table 1, theoretical.
MAX_AREA = {
    "A": 129, "R": 274, "N": 195, "D": 193, "C": 167, "Q": 225, "E": 223, "G": 104, "H": 224, "I": 197,
    "L": 201, "K": 236, "M": 224, "F": 240, "P": 159, "S": 155, "T": 172, "W": 285, "Y": 263, "V": 174,
}  # fmt: skip


def residue_area(structure: Structure) -> Floats:
    """Area of each protein residue in Å²; NaN for everything else.

    All protein chains count as one body; waters, ligands and hydrogens are left out, and
    of alternate locations the first.

    Returns
    -------
    ndarray, shape=(R,), dtype=float32
    """
    keep = heavy_atoms(structure)
    area = np.full(len(structure.residues), np.nan, dtype=np.float32)
    rows = structure.atoms.residue[keep]
    total = np.bincount(rows, atom_area(structure, keep), minlength=len(area))
    area[np.unique(rows)] = total[np.unique(rows)]
    return area


def atom_area(structure: Structure, keep: Bools) -> Floats:
    """Area in Å² of the atoms where ``keep``, as if there were no others; shape (keep.sum(),)."""
    if not keep.any():
        return np.zeros(0, dtype=np.float32)
    from biotite.structure import sasa

    array = _atom_array(structure, keep)
    found: Floats = sasa(
        array, probe_radius=PROBE, point_number=POINTS, vdw_radii=_radii(array), ignore_ions=False
    )
    return found


def relative_area(structure: Structure, area: Floats | None = None) -> Floats:
    """Area of each residue over the most its type can show, 0 to about 1; NaN where unknown."""
    area = residue_area(structure) if area is None else area
    most = np.array([MAX_AREA.get(str(letter), np.nan) for letter in structure.one_letters], dtype=np.float32)
    found: Floats = area / most
    return found


def heavy_atoms(structure: Structure) -> Bools:
    """Protein atoms without hydrogens, one location each; shape (N,)."""
    atoms = structure.atoms
    heavy = ~np.isin(atoms.element, ["H", "D"])
    protein = structure.protein_mask[atoms.residue]
    return heavy & protein & first_location(structure)


def first_location(structure: Structure) -> Bools:
    """The first atom of each name in each residue; shape (N,)."""
    atoms = structure.atoms
    _, names = np.unique(atoms.name, return_inverse=True)
    key = atoms.residue.astype(np.int64) * (names.max(initial=0) + 1) + names
    first = np.zeros(len(atoms), dtype=bool)
    first[np.unique(key, return_index=True)[1]] = True
    return first


def _atom_array(structure: Structure, keep: Bools) -> Any:
    from biotite.structure import AtomArray

    atoms, table = structure.atoms, structure.residues
    array = AtomArray(int(keep.sum()))
    rows = atoms.residue[keep]
    array.coord = atoms.coord[keep].astype(np.float32)
    array.atom_name, array.element = atoms.name[keep], atoms.element[keep]
    array.res_name, array.res_id = standard_names(table.name[rows]), rows
    return array


def _radii(array: Any) -> Floats:
    """Radius of each atom in Å; that of its element where ProtOr has no such atom; shape (N,)."""
    names = list(zip(array.res_name.tolist(), array.atom_name.tolist(), array.element.tolist(), strict=True))
    known = {name: _radius(*name) for name in set(names)}
    return np.array([known[name] for name in names], dtype=np.float32)


def _radius(residue: str, atom: str, element: str) -> float:
    from biotite.structure.info import vdw_radius_protor, vdw_radius_single

    try:
        found = vdw_radius_protor(residue, atom)
    except KeyError:  # an atom that the residue has only here, such as one of a bound ligand
        found = None
    return float(found or vdw_radius_single(element) or UNKNOWN_RADIUS)


def standard_names(names: Strings) -> Strings:
    """Return components with the name of the standard residue that each derives from, where it does."""
    from foldsight.residues import ONE_TO_THREE, one_letter

    known = {name: ONE_TO_THREE.get(one_letter(str(name)), str(name)) for name in np.unique(names)}
    return np.array([known[name] for name in names], dtype="U8")
