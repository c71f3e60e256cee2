"""What a site as a whole looks like: the features by which sites are ranked.

The same function feeds training (``bench/train_pockets.py``) and detection.
"""

from __future__ import annotations

import numpy as np

from foldsight.analysis.pockets.clusters import Site
from foldsight.analysis.pockets.features import NAMES
from foldsight.typing import Doubles, Floats

#: Points within this distance, Å, of a site's centre are its neighbourhood.
NEIGHBOURHOOD = 7.0
#: Mean probability is taken over this many best points.
BEST = (5, 10, 20, 40)
#: Features of its points of which a site has the mean, weighted by squared probability.
AVERAGED = (
    "blocked within 10", "blocked within 15", "blocked both ways", "hydropathy within 6",
    "hydropathy within 10", "residues within 15", "aromatic C within 6", "aliphatic C within 6",
)  # fmt: skip
_COLUMNS = np.array([NAMES.index(name) for name in AVERAGED])
_OWN = 16 + len(BEST)
SITE_WIDTH = _OWN + len(AVERAGED)


def describe_sites(sites: list[Site], points: Doubles, features: Floats, probability: Floats) -> Floats:
    """Return the features of sites, which are given heaviest first.

    Parameters
    ----------
    sites : list of Site
    points : ndarray, shape=(P, 3)
    features : ndarray, shape=(P, WIDTH)
    probability : ndarray, shape=(P,)

    Returns
    -------
    ndarray, shape=(len(sites), SITE_WIDTH), dtype=float32
    """
    centres = np.stack([site.centre for site in sites])
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)
    densest = max(site.density for site in sites)
    table = np.empty((len(sites), SITE_WIDTH), dtype=np.float32)
    for rank, site in enumerate(sites):
        own = probability[site.members]
        to_heavier = apart[rank, :rank].min() if rank else 30.0
        weights = own**2 / (own**2).sum()
        around = probability[((points - site.centre) ** 2).sum(axis=1) < NEIGHBOURHOOD**2]
        spread = np.linalg.norm(points[site.members] - site.centre, axis=1)
        table[rank, :_OWN] = [
            *_strength(own),
            np.log(site.weight),
            site.weight / sites[0].weight,
            min(rank, 10),
            np.log(len(sites)),
            np.log(site.density),
            site.density / densest,
            min(to_heavier, 30.0),
            spread.mean(),
            spread.max(),
            len(around),
            around.mean() if len(around) else 0.0,
            np.log(len(points)),
        ]
        table[rank, _OWN:] = weights @ features[np.ix_(site.members, _COLUMNS)]
    return table


def _strength(probability: Floats) -> list[float]:
    ordered = np.sort(probability)[::-1]
    means = [float(ordered[:n].mean()) for n in BEST]
    return [np.log(len(ordered)), float(ordered[0]), float(ordered.mean()), np.log(ordered.sum()), *means]
