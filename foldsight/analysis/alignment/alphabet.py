"""The 3Di states of a trace: one letter per residue for the shape of its surroundings.

van Kempen et al. 2023, as encoded by biotite. Traces without N and C atoms have none.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from foldsight.typing import Doubles, Ints

#: Score of opening a gap and of each further residue in it, on 3Di's own matrix (as in Foldseek).
GAP_OPEN, GAP_EXTEND = 10, 1


def states(coord: Doubles, backbone: Doubles) -> str:
    """Return the 3Di letters of a chain.

    Parameters
    ----------
    coord : ndarray, shape=(L, 3)
        CA, Å.
    backbone : ndarray, shape=(L, 3, 3)
        N, C and CB; NaN where an atom is missing. A residue without N or C gets the letter
        of the undefined state.
    """
    n, c, cb = backbone[:, 0], backbone[:, 1], backbone[:, 2]
    codes = _encoder().encode(coord, cb, n, c).filled()
    return str(_letters()[np.asarray(codes, dtype=np.int64)].tobytes().decode("ascii"))


def matched(one: str, two: str) -> tuple[int, Ints, Ints]:
    """Return the score of the local alignment of two chains' states, and the matched positions."""
    import parasail

    found = parasail.sw_trace_striped_sat(one, two, GAP_OPEN, GAP_EXTEND, matrix())
    above, below = found.traceback.query, found.traceback.ref
    first, second = (np.frombuffer(row.encode("ascii"), dtype=np.uint8) != ord("-") for row in (above, below))
    both = first & second
    rows = found.end_query - first.sum() + np.cumsum(first)[both]
    columns = found.end_ref - second.sum() + np.cumsum(second)[both]
    return int(found.score), rows, columns


@cache
def matrix() -> Any:
    """Return 3Di's substitution matrix for parasail."""
    import parasail
    from biotite.sequence.align import SubstitutionMatrix

    table = SubstitutionMatrix.std_3di_matrix().score_matrix()
    letters = _letters().tobytes().decode("ascii")
    found = parasail.matrix_create(letters, 1, 0)
    for a, b in np.ndindex(*table.shape):
        found[a, b] = int(table[a, b])
    return found


@cache
def _encoder() -> Any:
    from biotite.structure.alphabet.encoder import Encoder

    encoder = Encoder()
    # biotite's own search makes several L x L masked arrays, most of the time for long chains
    # and long enough with the interpreter held to be felt.
    encoder.feature_encoder.partner_index_encoder._find_residue_partners = partners
    return encoder


def partners(centres: Any) -> Ints:
    """Return for each virtual centre (masked array, shape (L, 3)) the nearest other one.

    The first and the last residue, which have no descriptors, are nobody's partner.
    """
    from scipy.spatial import cKDTree

    centre = np.ma.getdata(centres)
    known = np.isfinite(centre).all(axis=1)
    asked = np.flatnonzero(known)
    rows = asked[(asked > 0) & (asked < len(centre) - 1)]
    found = np.zeros(len(centre), dtype=np.int64)
    if len(rows) >= 2:
        _, two = cKDTree(centre[rows]).query(centre[asked], k=2)
        first, second = rows[two[:, 0]], rows[two[:, 1]]
        found[asked] = np.where(first == asked, second, first)
    return found


@cache
def _letters() -> np.ndarray[Any, np.dtype[np.bytes_]]:
    from biotite.structure.alphabet import I3DSequence

    symbols = [str(letter).upper() for letter in I3DSequence.alphabet.get_symbols()]
    return np.array(symbols, dtype="S1")
