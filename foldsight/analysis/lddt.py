"""lDDT: how well the distances around each residue are kept (Mariani et al. 2013).

Every distance in the reference that is shorter than the inclusion radius is looked up in
the structure under test; the score of a residue is the share of its distances that are
kept within 0.5, 1, 2 and 4 Å, averaged over the four. No superposition is involved.
Distances within one residue do not count.
"""

from __future__ import annotations

import numpy as np

from foldsight.errors import BadRequest
from foldsight.typing import Doubles

THRESHOLDS = (0.5, 1.0, 2.0, 4.0)
#: Å; the value of the paper.
INCLUSION_RADIUS = 15.0


def lddt(tested: Doubles, reference: Doubles, *, radius: float = INCLUSION_RADIUS) -> Doubles:
    """Return the lDDT of each residue over one atom per residue (lDDT-CA for CA atoms).

    Parameters
    ----------
    tested, reference : ndarray, shape=(L, 3), dtype=float64
        Positions in Å, residue by residue; NaN where a residue is missing. A residue that
        the tested structure lacks loses all its distances, as in the paper.
    radius : float, optional
        Inclusion radius in Å.

    Returns
    -------
    ndarray, shape=(L,), dtype=float64
        0-1; NaN for residues that the reference lacks or that have no neighbour in it.

    Raises
    ------
    BadRequest
        When the two do not have the same shape (L, 3).
    """
    if tested.shape != reference.shape or tested.ndim != 2 or tested.shape[1] != 3:
        raise BadRequest(
            f"lDDT compares residue by residue; the shapes are {tested.shape} and {reference.shape}.",
            hint="Give two arrays of shape (L, 3), with NaN where a residue is missing.",
        )
    wanted = _distances(reference)
    with np.errstate(invalid="ignore"):
        counted = (wanted < radius) & ~np.eye(len(wanted), dtype=bool)
        change = np.abs(_distances(tested) - wanted)
        kept = np.mean([change < limit for limit in THRESHOLDS], axis=0)
    number = counted.sum(axis=1)
    score = (kept * counted).sum(axis=1) / np.maximum(number, 1)
    return np.where(number > 0, score, np.nan)


def _distances(positions: Doubles) -> Doubles:
    apart: Doubles = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    return apart
