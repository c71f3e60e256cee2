"""Residue tracks: one column per property, one row per residue of the structure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.analysis.contacts import contact_numbers, disulfides, salt_bridges
from foldsight.analysis.disorder import disordered
from foldsight.analysis.domains import domains_of
from foldsight.analysis.polar_bonds import bond_numbers
from foldsight.analysis.secondary_structure import secondary_structure, three_state
from foldsight.analysis.surface_area import relative_area, residue_area
from foldsight.confidence import Confidence, band
from foldsight.prediction import Prediction
from foldsight.structure import Structure
from foldsight.typing import Bools, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

#: A residue that shows less than this share of its area is buried.
BURIED = 0.2


def tracks(structure: Structure) -> pd.DataFrame:
    """Compute the tracks that need nothing but coordinates.

    Returns
    -------
    DataFrame
        The columns of ``structure.residue_table()`` and:

        ``ss``, ``ss3``
            DSSP code and one of H, E, C (:mod:`.secondary_structure`).
        ``sasa``, ``rsa``, ``buried``
            Area that water reaches in Å², as a share of the most this residue type can show,
            and whether that is below 0.2 (:mod:`.surface_area`).
        ``contacts``
            Residues whose CB is within 8 Å (:mod:`.contacts`).
        ``hydrogen_bonds``
            Bonds with other residues, side chains included (:mod:`.polar_bonds`).
        ``salt_bridges``, ``disulfide``
            Partners, such as ``A:87``; empty without (:mod:`.contacts`).

        Missing where the residue is no amino acid or lacks backbone atoms.
    """
    table = structure.residue_table()
    whole = _whole(structure)
    codes = secondary_structure(structure)
    area = residue_area(structure)
    area[~whole] = np.nan
    relative = relative_area(structure, area)
    table["ss"], table["ss3"] = _text(codes, whole), _text(three_state(codes), whole)
    table["sasa"], table["rsa"] = area, relative
    table["buried"] = _nullable(relative < BURIED, np.isfinite(relative), "boolean")
    table["contacts"] = _nullable(contact_numbers(structure), structure.protein_mask, "Int32")
    table["hydrogen_bonds"] = _nullable(bond_numbers(structure), whole, "Int32")
    table["salt_bridges"] = _partners(structure, salt_bridges(structure))
    table["disulfide"] = _partners(structure, disulfides(structure))
    return table


def confidence_tracks(structure: Structure, confidence: Confidence) -> dict[str, Any]:
    """Return the columns that come from confidence.

    The values carry the name of their kind (``plddt``, ``template_support`` or ``b_factor``);
    ``band`` is its word; ``disordered`` (:mod:`.disorder`) is there for pLDDT alone and
    ``domain`` (:mod:`.domains`, from 1 in each chain, 0 for none) where there is a PAE.
    """
    values = confidence.values
    found: dict[str, Any] = {confidence.kind: values}
    if confidence.kind != "b_factor":
        found["band"] = [band(float(v)) if np.isfinite(v) else "" for v in values]
    unlikely = disordered(confidence)
    if unlikely is not None:
        found["disordered"] = _nullable(unlikely, np.isfinite(values), "boolean")
    if confidence.pae is not None and len(confidence.pae) == len(values):
        found["domain"] = _domains(structure, confidence.pae)
    return found


def _domains(structure: Structure, pae: Floats) -> Ints:
    found = np.zeros(len(structure.residues), dtype=np.int32)
    for chain in np.unique(structure.residues.chain[structure.protein_mask]):
        rows = np.flatnonzero((structure.residues.chain == chain) & structure.protein_mask)
        found[rows] = domains_of(pae[np.ix_(rows, rows)])
    return found


def residue_tracks(item: Structure | Prediction) -> pd.DataFrame:
    """Return every track of a structure, or of a prediction with its confidence."""
    if isinstance(item, Structure):
        return tracks(item)
    return tracks(item.structure).assign(**confidence_tracks(item.structure, item.confidence))


def _whole(structure: Structure) -> Bools:
    """Amino acids with N, CA, C and O: without them neither area nor bonds mean anything."""
    found = structure.protein_mask.copy()
    for name in ("N", "CA", "C", "O"):
        found &= structure.atom_index(name) >= 0
    return found


def _text(codes: Iterable[str], keep: Bools) -> list[str]:
    return [str(code) if known else "" for code, known in zip(codes, keep, strict=True)]


def _nullable(values: Ints | Bools, keep: Bools, kind: str) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(values, dtype=kind).where(pd.Series(keep))


def _partners(structure: Structure, pairs: Ints) -> list[str]:
    found: list[list[str]] = [[] for _ in range(len(structure.residues))]
    for a, b in pairs:
        found[a].append(str(structure.refs[b]))
        found[b].append(str(structure.refs[a]))
    return [" ".join(names) for names in found]
