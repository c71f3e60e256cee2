"""Side chains: which atoms hang from which, their geometry, and the rotamer table.

Each side-chain atom is placed from three atoms before it (great-grandparent,
grandparent, parent) by a bond length, an angle and a torsion; the torsion is a side
chain's chi plus an offset, or fixed. The tree is chemistry; ``rotamers.json`` holds what
``bench/template_rotamers.py`` measured on the starter library: bond lengths (Å), angles
and torsion offsets (degrees) of each atom, and backbone-independent rotamers as rows of
probability and chi angles.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from foldsight.analysis.vectors import place, torsion
from foldsight.typing import Doubles

BACKBONE = ("N", "CA", "C", "O")
#: Atoms of the largest residue, tryptophan: width of the coordinate arrays.
WIDTH = 14


class Branch(NamedTuple):
    """How one side-chain atom hangs: three earlier atoms, and which chi turns it (0: none)."""

    atom: str
    parents: tuple[str, str, str]
    chi: int


# Written as "atom<great-grandparent,grandparent,parent:chi"; CB comes first in all.
_TREES = {
    "A": "",
    "R": "CG<N,CA,CB:1 CD<CA,CB,CG:2 NE<CB,CG,CD:3 CZ<CG,CD,NE:4 NH1<CD,NE,CZ:0 NH2<CD,NE,CZ:0",
    "N": "CG<N,CA,CB:1 OD1<CA,CB,CG:2 ND2<CA,CB,CG:2",
    "D": "CG<N,CA,CB:1 OD1<CA,CB,CG:2 OD2<CA,CB,CG:2",
    "C": "SG<N,CA,CB:1",
    "Q": "CG<N,CA,CB:1 CD<CA,CB,CG:2 OE1<CB,CG,CD:3 NE2<CB,CG,CD:3",
    "E": "CG<N,CA,CB:1 CD<CA,CB,CG:2 OE1<CB,CG,CD:3 OE2<CB,CG,CD:3",
    "H": "CG<N,CA,CB:1 ND1<CA,CB,CG:2 CD2<CA,CB,CG:2 CE1<CB,CG,ND1:0 NE2<CB,CG,CD2:0",
    "I": "CG1<N,CA,CB:1 CG2<N,CA,CB:1 CD1<CA,CB,CG1:2",
    "L": "CG<N,CA,CB:1 CD1<CA,CB,CG:2 CD2<CA,CB,CG:2",
    "K": "CG<N,CA,CB:1 CD<CA,CB,CG:2 CE<CB,CG,CD:3 NZ<CG,CD,CE:4",
    "M": "CG<N,CA,CB:1 SD<CA,CB,CG:2 CE<CB,CG,SD:3",
    "F": "CG<N,CA,CB:1 CD1<CA,CB,CG:2 CD2<CA,CB,CG:2 CE1<CB,CG,CD1:0 CE2<CB,CG,CD2:0 CZ<CG,CD1,CE1:0",
    "P": "CG<N,CA,CB:1 CD<CA,CB,CG:2",
    "S": "OG<N,CA,CB:1",
    "T": "OG1<N,CA,CB:1 CG2<N,CA,CB:1",
    "W": "CG<N,CA,CB:1 CD1<CA,CB,CG:2 CD2<CA,CB,CG:2 NE1<CB,CG,CD1:0 CE2<CB,CG,CD2:0 CE3<CB,CG,CD2:0 "
         "CZ2<CG,CD2,CE2:0 CZ3<CG,CD2,CE3:0 CH2<CD2,CE2,CZ2:0",
    "Y": "CG<N,CA,CB:1 CD1<CA,CB,CG:2 CD2<CA,CB,CG:2 CE1<CB,CG,CD1:0 CE2<CB,CG,CD2:0 CZ<CG,CD1,CE1:0 "
         "OH<CD1,CE1,CZ:0",
    "V": "CG1<N,CA,CB:1 CG2<N,CA,CB:1",
}  # fmt: skip

_CB = Branch("CB", ("N", "C", "CA"), 0)


def _branch(text: str) -> Branch:
    atom, rest = text.split("<")
    parents, chi = rest.split(":")
    first, second, third = parents.split(",")
    return Branch(atom, (first, second, third), int(chi))


#: Side-chain atoms in building order, by one-letter code.
TREE: dict[str, tuple[Branch, ...]] = {"G": ()} | {
    letter: (_CB, *map(_branch, text.split())) for letter, text in _TREES.items()
}
#: All atoms of a residue in the order of the coordinate arrays.
ATOMS: dict[str, tuple[str, ...]] = {
    letter: (*BACKBONE, *(branch.atom for branch in tree)) for letter, tree in TREE.items()
}
#: A residue of unknown kind is known as far as its CB.
ATOMS["X"] = (*BACKBONE, "CB")
SLOT = {letter: {name: i for i, name in enumerate(names)} for letter, names in ATOMS.items()}
#: Number of chi angles of each residue.
N_CHI = {letter: max((branch.chi for branch in tree), default=0) for letter, tree in TREE.items()}
#: Side chains whose first chi is not comparable with the others': two branches at CB, or a ring.
OWN_CHI = frozenset("VITP")

_TABLE = Path(__file__).with_name("rotamers.json")


@dataclass(frozen=True, eq=False)
class Kind:
    """What is known of the side chain of one kind of residue.

    Attributes
    ----------
    geometry : ndarray, shape=(A, 3), dtype=float64
        Length (Å), angle and torsion offset (radians) of each atom in building order.
    probability : ndarray, shape=(K,), dtype=float64
    chi : ndarray, shape=(K, C), dtype=float64
        In radians. One row without columns for residues that have no chi.
    """

    geometry: Doubles
    probability: Doubles
    chi: Doubles


@cache
def kind(letter: str) -> Kind:
    """Return the side chain of one residue kind; glycine has an empty one."""
    item = _table().get(letter, {"geometry": {}, "rotamers": []})
    geometry = np.array([item["geometry"][branch.atom] for branch in TREE[letter]]).reshape(-1, 3)
    geometry[:, 1:] = np.radians(geometry[:, 1:])
    rows = np.array(item["rotamers"] or [[1.0]], dtype=np.float64)
    return Kind(geometry, rows[:, 0], np.radians(rows[:, 1:]))


@cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return table


def side_chains(letter: str, backbone: Doubles, chi: Doubles) -> Doubles:
    """Return coordinates of one residue with its side chain turned to each row of ``chi``.

    Parameters
    ----------
    letter : str
    backbone : ndarray, shape=(4, 3)
        N, CA, C, O in Å.
    chi : ndarray, shape=(K, C)
        In radians.

    Returns
    -------
    ndarray, shape=(K, A, 3), dtype=float64
        All atoms of the residue, in slot order.
    """
    k, names = len(chi), SLOT[letter]
    coord = np.empty((k, len(ATOMS[letter]), 3))
    coord[:, :4] = backbone
    for branch, (length, bend, offset) in zip(TREE[letter], kind(letter).geometry, strict=True):
        turn = offset + (chi[:, branch.chi - 1] if branch.chi else np.zeros(k))
        a, b, c = (coord[:, names[name]] for name in branch.parents)
        coord[:, names[branch.atom]] = place(a, b, c, length, bend, turn)
    return coord


def chi_angles(letter: str, coord: Doubles) -> Doubles:
    """Return the chi angles (radians) of residues; NaN from the first missing atom on.

    Parameters
    ----------
    coord : ndarray, shape=(..., 14, 3)

    Returns
    -------
    ndarray, shape=(..., C)
    """
    names, found = SLOT[letter], []
    for k in range(1, N_CHI[letter] + 1):
        branch = next(b for b in TREE[letter] if b.chi == k)
        a, b, c, d = (coord[..., names[name], :] for name in (*branch.parents, branch.atom))
        found.append(torsion(a, b, c, d))
    angles: Doubles = np.stack(found, axis=-1) if found else np.empty((*coord.shape[:-2], 0))
    return angles
