"""From scored points to sites: mean shift (Comaniciu & Meer 2002), then joining of modes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from foldsight.typing import Doubles, Floats, Ints

#: Points below this probability take no part, unless fewer than FEWEST or this share of
#: all are above it: a protein without a clear site still has a best place.
THRESHOLD = 0.05
FEWEST, LEAST_SHARE = 40, 0.1
#: Radius, Å, of the kernel, a Gaussian of half that width.
RADIUS = 5.5
#: A point pulls with its probability to this power.
POWER = 1.5
#: Modes nearer than this, Å, are one site; a site has at least so many points.
JOIN, MIN_POINTS = 4.0, 3
#: The best sites by summed squared probability go on to be ranked.
MOST = 25
ROUNDS, STILL = 20, 0.1
#: The centre is the mean of the points by probability to this power: near the best points,
#: where a ligand is, rather than in the middle of a long groove.
SHARPNESS = 8
#: A site whose centre is so near, Å, to a better site's is a piece of that.
MERGE = 6.0


@dataclass(frozen=True, eq=False)
class Site:
    """A cluster of surface points.

    Attributes
    ----------
    members : ndarray, shape=(M,)
        Rows of the surface's points.
    centre : ndarray, shape=(3,)
        Sharply weighted mean of the members; Å, in the walls' frame.
    weight : float
        Summed squared probability of the members.
    density : float
        Kernel density at the site's mode.
    """

    members: Ints
    centre: Doubles
    weight: float
    density: float


def find_sites(points: Doubles, probability: Floats) -> list[Site]:
    """Group points into sites, the heaviest first.

    Parameters
    ----------
    points : ndarray, shape=(P, 3)
    probability : ndarray, shape=(P,)
        That a ligand atom is near, 0-1.
    """
    rows = np.flatnonzero(probability >= THRESHOLD)
    fewest = max(FEWEST, int(LEAST_SHARE * len(points)))
    if len(rows) < fewest:
        rows = np.sort(np.argsort(-probability, kind="stable")[:fewest])
    modes, density = _mean_shift(points[rows], probability[rows])
    label = _join(modes)
    sites = [
        _site(points, probability, rows[label == i], density[label == i]) for i in range(label.max() + 1)
    ]
    sites = [site for site in sites if len(site.members) >= MIN_POINTS]
    return sorted(sites, key=lambda site: -site.weight)[:MOST]


def merge_split(sites: list[Site], score: Floats) -> list[tuple[int, Site]]:
    """Give pieces of one site to its best piece; order by falling score.

    Returns
    -------
    list of (int, Site)
        The row of ``sites`` that scored, and the site with the pieces it took over.
    """
    best: list[int] = []
    pieces: dict[int, list[Ints]] = {}
    for row in np.argsort(-score, kind="stable").tolist():
        site = sites[row]
        apart = [float(np.linalg.norm(sites[other].centre - site.centre)) for other in best]
        if apart and min(apart) < MERGE:
            pieces[best[int(np.argmin(apart))]].append(site.members)
        else:
            best.append(row)
            pieces[row] = [site.members]
    return [(row, replace(sites[row], members=np.concatenate(pieces[row]))) for row in best]


def _site(points: Doubles, probability: Floats, members: Ints, density: Doubles) -> Site:
    own = probability[members].astype(np.float64)
    sharp = (own / own.max()) ** SHARPNESS
    centre: Doubles = sharp @ points[members] / sharp.sum()
    return Site(members, centre, float((own**2).sum()), float(density.max()))


def _join(modes: Doubles) -> Ints:
    pairs = cKDTree(modes).query_pairs(JOIN, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(modes), len(modes)))
    found: Ints = connected_components(links, directed=False)[1]
    return found


def _mean_shift(points: Doubles, probability: Floats) -> tuple[Doubles, Doubles]:
    """Move each point uphill to its mode; returns modes (P, 3) and densities (P,)."""
    tree, pull = cKDTree(points), probability.astype(np.float64) ** POWER
    sharpness = -0.5 / (RADIUS / 2) ** 2
    modes, density = points.copy(), np.zeros(len(points))
    moving = np.arange(len(points))
    for _ in range(ROUNDS):
        here = modes[moving]
        pairs = cKDTree(here).sparse_distance_matrix(tree, RADIUS, output_type="ndarray")
        at, near = pairs["i"], pairs["j"]
        kernel = pull[near] * np.exp(sharpness * pairs["v"] ** 2)
        total = np.bincount(at, weights=kernel, minlength=len(here))
        sums = [np.bincount(at, weights=kernel * axis[near], minlength=len(here)) for axis in points.T]
        shifted = np.stack(sums, axis=1) / total[:, None]
        density[moving], modes[moving] = total, shifted
        moving = moving[np.abs(shifted - here).sum(axis=1) > STILL]
        if not len(moving):
            break
    return modes, density
