"""The sanity gate that every folded structure passes.

A stock engine can run out of memory quietly and return a tangle with pTM 0.999
(facebookresearch/esm issue 641), so geometry is looked at before confidence is
believed: coordinates are finite, consecutive CA atoms are 3.8 Å apart, chains do not
run through each other, and pTM does not contradict pLDDT.
"""

from __future__ import annotations

import numpy as np

from foldsight.prediction import Prediction
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Ints

#: CA-CA distance over a trans peptide bond, Å, and how far it may be off.
CA_CA, CA_CA_TOLERANCE = 3.8, 0.3
#: The same over a cis bond, which is real before proline.
CA_CA_CIS = 2.95
#: Where the engine itself has no confidence (below this) its bonds are strained in good
#: faith: 1 % of those of AlphaFold DB's Q5T5X7 are 3.2-3.5 Å. They may be off by this much.
UNSURE, UNSURE_TOLERANCE = 50.0, 0.8
#: Share of bonds that must have that length.
BONDS_RIGHT = 0.99
#: Nearer than this, Å, two CA atoms that are not neighbours clash.
CLASH = 3.0
#: Share of residues that may take part in a clash.
CLASHES_ALLOWED = 0.02
#: pTM above mean pLDDT / 100 by more than this is not believable.
PTM_EXCESS = 0.35


def problems(prediction: Prediction) -> list[str]:
    """Return what is wrong with a structure, one sentence each; empty when sane.

    Experimental structures are not judged here: they are what was measured.
    """
    if prediction.manifest.origin == "experimental":
        return []
    structure = prediction.structure
    if not np.isfinite(structure.atoms.coord).all():
        return ["Some coordinates are not finite numbers."]
    found = [_bonds(prediction), _clashes(structure), _scores(prediction)]
    return [sentence for sentence in found if sentence]


def _bonds(prediction: Prediction) -> str:
    structure, values = prediction.structure, prediction.confidence.values
    first = np.flatnonzero(consecutive(structure))
    if not first.size:
        return ""
    coord = structure.ca_coord()
    length = np.linalg.norm(coord[first + 1] - coord[first], axis=1)
    cis = (structure.residues.name[first + 1] == "PRO") & (np.abs(length - CA_CA_CIS) <= CA_CA_TOLERANCE)
    unsure = np.minimum(values[first], values[first + 1]) < UNSURE
    right = (np.abs(length - CA_CA) <= np.where(unsure, UNSURE_TOLERANCE, CA_CA_TOLERANCE)) | cis
    wrong = int((~right).sum())
    # Of a short chain one bond is already more than a hundredth.
    if wrong <= max((1 - BONDS_RIGHT) * len(right), 0):
        return ""
    return (
        f"{wrong} of {len(right)} consecutive CA pairs are not {CA_CA} ± {CA_CA_TOLERANCE} Å apart "
        f"(median {np.median(length):.1f} Å)."
    )


def consecutive(structure: Structure) -> Bools:
    """Which residues are followed by their neighbour in the chain, CA known in both.

    Returns
    -------
    ndarray, shape=(R - 1,), dtype=bool
    """
    table, has_ca = structure.residues, structure.ca_index >= 0
    same = table.chain[1:] == table.chain[:-1]
    adjacent = (table.label_seq[1:] - table.label_seq[:-1] == 1) & (table.label_seq[:-1] > 0)
    found: Bools = same & adjacent & has_ca[1:] & has_ca[:-1]
    return found


def _clashes(structure: Structure) -> str:
    rows = np.flatnonzero((structure.ca_index >= 0) & (structure.residues.label_seq > 0))
    if not rows.size:
        return "The structure has no CA atom."
    clashing = _clashing(structure, rows.astype(np.int32))
    share = clashing / len(rows)
    if share <= CLASHES_ALLOWED:
        return ""
    return f"{share:.0%} of the residues have a CA within {CLASH:g} Å of one that is not their neighbour."


def _clashing(structure: Structure, rows: Ints) -> int:
    from scipy.spatial import cKDTree

    coord: Doubles = structure.ca_coord()[rows]
    pairs = cKDTree(coord).query_pairs(CLASH, output_type="ndarray")
    a, b = rows[pairs[:, 0]], rows[pairs[:, 1]]
    table = structure.residues
    neighbours = (table.chain[a] == table.chain[b]) & (np.abs(table.label_seq[a] - table.label_seq[b]) <= 1)
    return int(np.unique(np.concatenate([a[~neighbours], b[~neighbours]])).size)


def _scores(prediction: Prediction) -> str:
    confidence = prediction.confidence
    if confidence.kind != "plddt" or confidence.ptm is None or not np.isfinite(confidence.mean):
        return ""
    if confidence.ptm - confidence.mean / 100 <= PTM_EXCESS:
        return ""
    return f"pTM {confidence.ptm:.2f} contradicts a mean pLDDT of {confidence.mean:.0f}."
