"""The twenty residues as the engine builds them: atoms, and what each hangs from.

Each side-chain atom is placed from three atoms before it (great-grandparent,
grandparent, parent) by a bond length, an angle and a torsion; the torsion is a side
chain's chi plus an offset, or fixed. The lengths, angles and offsets are measured on
the library (:mod:`.rotamers`), the tree below is chemistry.
"""

from __future__ import annotations

from typing import NamedTuple

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
