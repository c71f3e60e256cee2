"""What a chemical component is, judged by its name and, where that says nothing, its atoms."""

from __future__ import annotations

from collections.abc import Iterable, Set
from functools import lru_cache
from typing import Literal

from foldsight.residues import MODIFIED_PARENT, THREE_TO_ONE

ComponentKind = Literal["protein", "nucleic", "water", "other"]

_WATER = frozenset({"HOH", "WAT", "DOD", "H2O", "SOL", "TIP", "TIP3", "TIP4", "TP3", "TP4", "SPC"})
_NUCLEIC = frozenset(
    {"A", "C", "G", "U", "I", "N", "DA", "DC", "DG", "DT", "DU", "DI", "DN", "RA", "RC", "RG", "RU"}
    | {"ADE", "CYT", "GUA", "THY", "URA"}
)
#: Caps of a peptide: part of the polymer in PDB entries.
_CAPS = frozenset(["ACE", "NH2", "NME", "NMA"])
_BACKBONE = frozenset({"N", "CA", "C"})
_SUGAR = frozenset({"C1'", "C3'", "C4'"})


@lru_cache(maxsize=4096)
def named_kind(component: str) -> ComponentKind | None:
    """Return the kind that the name alone tells, or None for a component no table knows.

    >>> named_kind("MSE"), named_kind("DA"), named_kind("HEM"), named_kind("QQ7")
    ('protein', 'nucleic', 'other', None)
    """
    name = component.upper()
    if name in THREE_TO_ONE or name in MODIFIED_PARENT or name in _CAPS:
        return "protein"
    if name in _NUCLEIC:
        return "nucleic"
    if name in _WATER:
        return "water"
    import gemmi

    info = gemmi.find_tabulated_residue(name)
    if not info.found():
        return None
    if info.is_amino_acid():
        return "protein"
    if info.is_nucleic_acid():
        return "nucleic"
    return "water" if info.is_water() else "other"


def component_kind(component: str, atoms: Set[str] | Iterable[str]) -> ComponentKind:
    """Return the kind of a component, asking its atom names where no table knows the name."""
    known = named_kind(component)
    if known is not None:
        return known
    names = frozenset(atoms)
    if names >= _BACKBONE:
        return "protein"
    return "nucleic" if names >= _SUGAR else "other"
