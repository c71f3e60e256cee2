"""Properties of the twenty residue types, in the order of :data:`sites.AMINO_ACIDS`.

Hydropathy: Kyte & Doolittle 1982. Volume, Å³: Zamyatnin 1972. Charge at pH 7.
"""

from __future__ import annotations

import numpy as np

from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.typing import Doubles

_HYDROPATHY = {
    "A": 1.8, "C": 2.5, "D": -3.5, "E": -3.5, "F": 2.8, "G": -0.4, "H": -3.2, "I": 4.5, "K": -3.9,
    "L": 3.8, "M": 1.9, "N": -3.5, "P": -1.6, "Q": -3.5, "R": -4.5, "S": -0.8, "T": -0.7, "V": 4.2, "W": -0.9,
    "Y": -1.3,
}  # fmt: skip
_VOLUME = {
    "A": 88.6, "C": 108.5, "D": 111.1, "E": 138.4, "F": 189.9, "G": 60.1, "H": 153.2, "I": 166.7, "K": 168.6,
    "L": 166.7, "M": 162.9, "N": 114.1, "P": 112.7, "Q": 143.8, "R": 173.4, "S": 89.0, "T": 116.1, "V": 140.0,
    "W": 227.8, "Y": 193.6,
}  # fmt: skip
_CHARGE = {"D": -1.0, "E": -1.0, "K": 1.0, "R": 1.0}

HYDROPATHY: Doubles = np.array([_HYDROPATHY[letter] for letter in AMINO_ACIDS])
VOLUME: Doubles = np.array([_VOLUME[letter] for letter in AMINO_ACIDS])
CHARGE: Doubles = np.array([_CHARGE.get(letter, 0.0) for letter in AMINO_ACIDS])
AROMATIC: Doubles = np.array([float(letter in "FHWY") for letter in AMINO_ACIDS])


def property_table() -> Doubles:
    """Return scaled properties of the twenty types and of "not known"; shape (21, 6).

    Columns: hydropathy, volume, charge, aromatic, glycine, proline.
    """
    glycine = np.array([float(letter == "G") for letter in AMINO_ACIDS])
    proline = np.array([float(letter == "P") for letter in AMINO_ACIDS])
    table = np.stack([HYDROPATHY / 3, (VOLUME - 140) / 40, CHARGE, AROMATIC, glycine, proline], axis=1)
    return np.concatenate([table, np.zeros((1, table.shape[1]))])
