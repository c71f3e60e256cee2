"""What the support of a residue is estimated from: facts of the alignment and of the draft."""

from __future__ import annotations

import numpy as np

from foldsight.engines.template.draft import LOOP, Draft
from foldsight.engines.template.structural import similarity
from foldsight.library.align import Alignment
from foldsight.typing import Bools, Doubles

#: Residues on either side of the window of local identity.
_WINDOW = 5
#: CA atoms nearer than this, Å, are neighbours in space.
_NEAR = 10.0
#: Farther from a gap, break or end than this, in residues, it no longer matters.
_FAR = 10
#: Logarithm of the shortest and longest chain of the calibration over 100 residues.
_LENGTHS = (-0.9, 1.5)

NAMES = (
    "identity", "coverage", "local_identity", "local_similarity", "identical", "gap_distance", "loop",
    "end_distance", "neighbours", "neighbour_identity", "neighbours_left_out", "length",
)  # fmt: skip


def features(draft: Draft, alignment: Alignment, template: str) -> Doubles:
    """Return one row per residue of the query, columns as in :data:`NAMES`, all about 0-1.

    Rows of residues that are left out mean nothing.

    Parameters
    ----------
    draft : Draft
        With its loops built; side chains are not looked at.
    alignment : Alignment
        Of the query to the observed residues of the template.
    template : str
        Their letters.
    """
    n, built = len(draft.sequence), draft.built
    same, alike = np.zeros(n), np.zeros(n)
    same[alignment.query] = alignment.identical
    alike[alignment.query] = similarity(draft.sequence, template, alignment)
    loop = draft.origin == LOOP
    near, lost = _around(draft, built)
    count = near.sum(axis=1)
    columns = {
        "identity": np.full(n, alignment.identity),
        "coverage": np.full(n, built.mean()),
        "local_identity": _window(same),
        "local_similarity": _window(alike),
        "identical": same,
        "gap_distance": _distance(_unsure(alignment, loop | ~built, n)),
        "loop": loop.astype(np.float64),
        "end_distance": np.minimum(np.minimum(np.arange(n), np.arange(n)[::-1]), _FAR) / _FAR,
        "neighbours": count / 30,
        "neighbour_identity": near @ same / np.maximum(count, 1),
        "neighbours_left_out": lost,
        "length": np.full(n, np.clip(np.log(n / 100), *_LENGTHS)),
    }
    return np.stack([columns[name] for name in NAMES], axis=1)


def _window(values: Doubles) -> Doubles:
    kernel = np.ones(2 * _WINDOW + 1)
    total = np.convolve(values, kernel, "full")[_WINDOW:-_WINDOW]
    number = np.convolve(np.ones(len(values)), kernel, "full")[_WINDOW:-_WINDOW]
    mean: Doubles = total / number
    return mean


def _unsure(alignment: Alignment, open_here: Bools, n: int) -> Bools:
    """Return residues beside a gap or jump of the alignment, in a loop or left out."""
    found = open_here.copy()
    jump = np.flatnonzero((np.diff(alignment.query) != 1) | (np.diff(alignment.template) != 1))
    found[alignment.query[jump]] = True
    found[alignment.query[jump + 1]] = True
    return found


def _distance(marked: Bools) -> Doubles:
    """Return the distance along the chain to the nearest marked residue, 0-1."""
    places = np.flatnonzero(marked)
    if not places.size:
        return np.ones(len(marked))
    apart: Doubles = np.abs(np.arange(len(marked))[:, None] - places).min(axis=1) / _FAR
    return np.minimum(apart, 1.0)


def _around(draft: Draft, built: Bools) -> tuple[Bools, Doubles]:
    """Return who is near whom in the draft, and the share left out within five residues."""
    ca = draft.coord[:, 1]
    with np.errstate(invalid="ignore"):
        near = np.linalg.norm(ca[:, None] - ca[None], axis=-1) < _NEAR
    near &= ~np.eye(len(ca), dtype=bool)
    return near, _window((~built).astype(np.float64))
