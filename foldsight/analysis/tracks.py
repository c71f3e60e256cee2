"""Residue tracks: one column per property, one row per residue of the structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foldsight.analysis.contacts import contact_numbers, disulfides, salt_bridges
from foldsight.analysis.secondary_structure import secondary_structure, three_state
from foldsight.analysis.surface_area import relative_area, residue_area
from foldsight.structure import Structure

if TYPE_CHECKING:
    import pandas as pd

#: A residue that shows less than this share of its area is buried (Tien et al. 2013).
BURIED = 0.2


def tracks(structure: Structure) -> pd.DataFrame:
    """Compute the tracks that need nothing but coordinates.

    Returns
    -------
    DataFrame
        Indexed as ``structure.residue_table()``: ``ss`` (DSSP code), ``ss3`` (H, E, C),
        ``sasa`` (Å²), ``rsa`` (0-1), ``buried``, ``contacts`` (CB within 8 Å),
        ``salt_bridges``, ``disulfide`` (partner or empty).
    """
    table = structure.residue_table()
    codes = secondary_structure(structure)
    area = residue_area(structure)
    relative = relative_area(structure, area)
    table["ss"], table["ss3"] = codes, three_state(codes)
    table["sasa"], table["rsa"] = area, relative
    table["buried"] = np.nan_to_num(relative, nan=1.0) < BURIED
    table["contacts"] = contact_numbers(structure)
    table["salt_bridges"] = np.bincount(salt_bridges(structure).ravel(), minlength=len(table))
    table["disulfide"] = _partners(structure)
    return table


def _partners(structure: Structure) -> list[str]:
    found = [""] * len(structure.residues)
    for a, b in disulfides(structure):
        found[a], found[b] = str(structure.refs[b]), str(structure.refs[a])
    return found
