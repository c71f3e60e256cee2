"""Domains: groups of residues whose places relative to each other are certain, from PAE.

Residues are joined from the bottom up by average linkage over the error between them, the
mean of both directions of the PAE; two groups are joined while their mean error stays within
10 Å. That is our own clustering of what PAE is meant to show: low errors within domains, high
ones between domains whose arrangement is uncertain (Varadi et al. 2022, Nucleic Acids Res.
50:D439). Two domains that the engine places with certainty therefore count as one.
"""

from __future__ import annotations

import numpy as np

from foldsight.typing import Bools, Doubles, Floats, Ints

#: Å: groups with a larger mean error between them stay apart.
APART = 10.0
#: Residues of the smallest group that is called a domain.
SMALLEST = 30
#: Of a larger matrix every second, third ... row is clustered and the others follow the nearest.
LARGEST = 2500


def domains_of(pae: Floats, *, apart: float = APART, smallest: int = SMALLEST) -> Ints:
    """Number the domains from 1, in the order of their first residues; 0 is no domain.

    Parameters
    ----------
    pae : ndarray, shape=(R, R)
        Å; rows and columns that are all NaN belong to no domain.
    apart : float, optional
        Å, the largest mean error within which groups are joined.
    smallest : int, optional
        Residues; what is smaller is no domain.

    Returns
    -------
    ndarray, shape=(R,), dtype=int32
    """
    known = np.flatnonzero(np.isfinite(np.diagonal(pae)))
    found = np.zeros(len(pae), dtype=np.int32)
    step = 1 + len(known) // (LARGEST + 1)
    sample = known[::step]
    if len(known) < max(smallest, 2) or len(sample) < 2:
        return found
    labels = _linked(pae[np.ix_(sample, sample)], apart)
    found[known] = np.repeat(labels, step)[: len(known)]
    return _numbered(found, smallest)


def _linked(pae: Floats, apart: float) -> Ints:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    errors: Doubles = (pae.astype(np.float64) + pae.T) / 2
    np.fill_diagonal(errors, 0.0)
    upper = squareform(errors, checks=False)
    labels: Ints = fcluster(linkage(upper, "average"), apart, "distance").astype(np.int32)
    return labels


def _numbered(labels: Ints, smallest: int) -> Ints:
    counts = np.bincount(labels)
    counts[0] = 0
    large: Bools = (counts >= smallest)[labels]
    names, first = np.unique(labels[large], return_index=True)
    found = np.zeros(len(labels), dtype=np.int32)
    for number, label in enumerate(names[np.argsort(first)], start=1):
        found[labels == label] = number
    return found
