"""Colour by hydrophobicity of the residue type."""

from __future__ import annotations

import numpy as np

from foldsight.residues import one_letter
from foldsight.scene import palettes
from foldsight.scene.coloring import Coloring, by_value
from foldsight.structure import Structure

HYDROPHOBICITY = "hydrophobicity"

#: Hydropathy after Kyte and Doolittle, J. Mol. Biol. 157, 105 (1982), table 2.
KYTE_DOOLITTLE = {
    "A": 1.8, "R": -4.5, "N": -3.5, "D": -3.5, "C": 2.5, "Q": -3.5, "E": -3.5, "G": -0.4, "H": -3.2,
    "I": 4.5, "L": 3.8, "K": -3.9, "M": 1.9, "F": 2.8, "P": -1.6, "S": -0.8, "T": -0.7, "W": -0.9,
    "Y": -1.3, "V": 4.2,
}  # fmt: skip


def by_hydrophobicity(structure: Structure) -> Coloring:
    """Colour amino acids from -4.5 (loves water) to 4.5 (fears it); others have no colour."""
    letters = [one_letter(str(name)) for name in structure.residues.name]
    values = [KYTE_DOOLITTLE.get(letter, np.nan) for letter in letters]
    return by_value(
        values,
        id=HYDROPHOBICITY,
        label="Hydrophobicity",
        title="Hydropathy (Kyte–Doolittle; high fears water)",
        low=-4.5,
        high=4.5,
        palette=palettes.HYDROPHOBICITY,
    )
