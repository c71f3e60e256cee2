"""The element of an atom, from columns 77-78 of a PDB file or from its name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foldsight.io.kinds import named_kind
from foldsight.typing import Strings

#: Every element, and D for deuterium.
SYMBOLS = frozenset(
    "H D He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb "
    "Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf "
    "Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm X".upper().split()
)
#: Elements of amino acids, nucleotides and water, each one letter long.
_ORGANIC = "HCNOSPD"


def elements_of(
    field: npt.NDArray[np.uint8], names: npt.NDArray[np.uint8], comps: Strings
) -> tuple[Strings, int]:
    """Return the element of each atom in upper case, and how many were taken from the name.

    Parameters
    ----------
    field : ndarray, shape=(N, 2), dtype=uint8
        Columns 77-78.
    names : ndarray, shape=(N, 4), dtype=uint8
        Columns 13-16 as they stand: their alignment tells CA (carbon) from CA (calcium).
    comps : ndarray, shape=(N,), dtype=str
    """
    words = np.ascontiguousarray(field).view("S2").ravel()
    kinds, which = np.unique(words, return_inverse=True)
    known = [kind.decode("latin-1").strip().upper() for kind in kinds.tolist()]
    known = [symbol if symbol in SYMBOLS else "" for symbol in known]
    element: Strings = np.array(known, dtype="U2")[which]
    missing = np.flatnonzero(element == "")
    if len(missing):
        columns = np.ascontiguousarray(names[missing]).view("S4").ravel().tolist()
        guesses = zip(columns, comps[missing].tolist(), strict=True)
        element[missing] = [guess(name.decode("latin-1").ljust(4), comp) for name, comp in guesses]
    return element, len(missing)


def guess(name: str, comp: str) -> str:
    """Return the element that a four-column atom name stands for.

    >>> guess(" CA ", "ALA"), guess("CA  ", "CA"), guess("1HG2", "ILE"), guess("HG11", "VAL")
    ('C', 'CA', 'H', 'H')
    """
    word = name.strip().upper().lstrip("0123456789'\"*")
    if not word:
        return "X"
    if named_kind(comp) in ("protein", "nucleic", "water"):
        if comp == "MSE" and word.startswith("SE"):
            return "SE"
        return word[0] if word[0] in _ORGANIC else _first(word)
    pair = word[:2]
    starts_early = name[0] != " " and not name[0].isdigit()
    if pair in SYMBOLS and starts_early and (len(word) == 2 or not word[2:3].isalpha()) and len(word) < 4:
        return pair
    return word[0] if word[0] in SYMBOLS else _first(word)


def _first(word: str) -> str:
    return word[:2] if word[:2] in SYMBOLS else (word[0] if word[0] in SYMBOLS else "X")
