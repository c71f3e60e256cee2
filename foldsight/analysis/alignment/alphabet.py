"""The 3Di states of a trace: one letter per residue for the shape of its surroundings.

van Kempen et al. 2023, as encoded by biotite. Traces without N and C atoms have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from foldsight.typing import Bools, Doubles, Ints

#: Score of opening a gap on 3Di's own matrix (as in Foldseek), of opening one where gaps are
#: cheap, and of each further residue in a gap.
GAP_OPEN, CHEAP_OPEN, GAP_EXTEND = 10, 6, 1
#: Å between the chains that are encoded together.
FAR = 1e5


def states(chains: Sequence[tuple[Doubles, Doubles]]) -> list[str]:
    """Return the 3Di letters of chains, all in one go: most of the time of one chain is overhead.

    Parameters
    ----------
    chains : sequence of (coord, backbone)
        CA in Å, shape (L, 3); N, C and CB, shape (L, 3, 3), NaN where an atom is missing. A
        residue gets the letter of the undefined state when it, its partner or a neighbour of
        either lacks N or C, or is an end of the chain.
    """
    lengths = [len(coord) for coord, _ in chains]
    if not lengths:
        return []
    # Far apart, so that no residue finds its partner in another chain.
    ca = np.concatenate([coord + FAR * k for k, (coord, _) in enumerate(chains)])
    n, c, cb = np.concatenate([backbone + FAR * k for k, (_, backbone) in enumerate(chains)]).swapaxes(0, 1)
    stops = np.cumsum(lengths)
    inner = np.ones(len(ca), dtype=bool)
    inner[np.concatenate([stops - 1, stops - lengths])] = False
    encoder = _encoder()
    features = encoder.feature_encoder
    partner = partners(np.ma.getdata(features.vc_encoder.encode(ca, cb, n, c)), inner)
    known = np.isfinite(n).all(axis=1) & np.isfinite(c).all(axis=1)
    whole = known & np.roll(known, 1) & np.roll(known, -1) & inner
    descriptors = features._calc_conformation_descriptors(ca, partner)
    codes = np.where(whole & whole[partner], encoder.vae_encoder(descriptors), encoder._INVALID_STATE)
    letters = _letters()[codes.astype(np.int64)].tobytes().decode("ascii")
    return [letters[stop - length : stop] for stop, length in zip(stops, lengths, strict=True)]


def partners(centre: Doubles, inner: Bools) -> Ints:
    """Return for each virtual centre the nearest other one; biotite compares all with all.

    Parameters
    ----------
    centre : ndarray, shape=(L, 3)
        NaN where an atom is missing.
    inner : ndarray, shape=(L,)
        False for the ends of a chain, which are nobody's partner.
    """
    from scipy.spatial import cKDTree

    rows = np.flatnonzero(np.isfinite(centre).all(axis=1) & inner)
    found = np.zeros(len(centre), dtype=np.int64)
    if len(rows) >= 2:
        _, two = cKDTree(centre[rows]).query(centre[rows], k=2)
        nearest = rows[two]
        found[rows] = np.where(nearest[:, 0] == rows, nearest[:, 1], nearest[:, 0])
    return found


def matched(one: str, two: str, gap_open: int = GAP_OPEN) -> tuple[int, Ints, Ints]:
    """Return the score of the local alignment of two chains' states, and the matched positions."""
    import parasail

    found = parasail.sw_trace_striped_sat(one, two, gap_open, GAP_EXTEND, matrix())
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

    return Encoder()


@cache
def _letters() -> np.ndarray[Any, np.dtype[np.bytes_]]:
    from biotite.structure.alphabet import I3DSequence

    symbols = [str(letter).upper() for letter in I3DSequence.alphabet.get_symbols()]
    return np.array(symbols, dtype="S1")
