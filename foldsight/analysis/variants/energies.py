"""The built-in ddG: an energy for each of the twenty residue types at each site.

``ddG = S[wild type] - S[mutant]``, where S comes from the surroundings only. So the ddG
of the way back is exactly minus the ddG of the way there, a residue replaced by itself
gives 0, and steps add up. kcal/mol, > 0 destabilises.

S = (mean over small heads of ``head(x) + a * logits``) * scale, where x joins what the
pre-trained network (:mod:`network`) and the description (:mod:`surroundings`) say. How
it was trained: ``bench/train_ddg_network.py`` and ``bench/train_ddg_head.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np

from foldsight.analysis.variants.geometry import Geometry, geometry
from foldsight.analysis.variants.network import Network
from foldsight.analysis.variants.sites import Sites
from foldsight.analysis.variants.surroundings import surroundings
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Floats, Ints

#: Standardised inputs are held within this many standard deviations.
CLIP = 6.0


@dataclass(frozen=True, eq=False)
class SiteEnergies:
    """Energies of the twenty residue types at sites of one structure.

    Attributes
    ----------
    sites : Sites
        All residues that make the surroundings.
    geo : Geometry
    rows : ndarray, shape=(n,), dtype=int32
        The sites that were asked for, as index into ``sites``.
    members : ndarray, shape=(heads, n, 20), dtype=float64
        Energies by each head, kcal/mol, in the order of :data:`sites.AMINO_ACIDS`.
    free : ndarray, shape=(n,), dtype=float64
        Share of directions around CB that no other residue blocks: 0 buried, 1 free.
    """

    sites: Sites
    geo: Geometry
    rows: Ints
    members: Doubles
    free: Doubles

    def ddg(self, site: Ints, wild: Ints, mutant: Ints) -> Doubles:
        """Return ddG in kcal/mol of changes at ``site`` (index into ``rows``)."""
        energy = self.members.mean(axis=0)
        found: Doubles = energy[site, wild] - energy[site, mutant]
        return found

    def disagreement(self, site: Ints, wild: Ints, mutant: Ints) -> Doubles:
        """Return the standard deviation of the ddG over the heads, kcal/mol."""
        each = self.members[:, site, wild] - self.members[:, site, mutant]
        found: Doubles = each.std(axis=0)
        return found


@dataclass(frozen=True, eq=False)
class Weights:
    """The shipped parameters."""

    network: Network
    mean: Floats
    deviation: Floats
    heads: tuple[dict[str, Floats], ...]
    scale: float
    spread: Doubles
    typical_error: float
    info: str


@cache
def weights() -> Weights:
    """Load the shipped parameters once."""
    raw = files("foldsight.analysis.variants").joinpath("data/ddg.npz").read_bytes()
    with np.load(BytesIO(raw), allow_pickle=False) as data:
        return unpack(dict(data))


def unpack(arrays: dict[str, np.ndarray[Any, Any]]) -> Weights:
    """Sort the arrays of the weights file by what they belong to."""
    groups: dict[str, dict[str, Floats]] = {}
    for name, value in arrays.items():
        group, _, rest = name.partition("/")
        groups.setdefault(group, {})[rest] = value
    heads = tuple(
        {name: np.asarray(value, dtype=np.float32) for name, value in groups[group].items()}
        for group in sorted(groups)
        if group.startswith("head")
    )
    return Weights(
        Network.of(groups["network"]),
        arrays["mean"].astype(np.float32),
        arrays["deviation"].astype(np.float32),
        heads,
        float(arrays["scale"]),
        arrays["spread"].astype(np.float64),
        float(arrays["typical_error"]),
        str(arrays["info"]),
    )


def site_energies(structure: Structure, context: Bools, wanted: Bools) -> SiteEnergies:
    """Compute the energies at every wanted residue that has a whole backbone.

    Parameters
    ----------
    structure : Structure
    context : ndarray, shape=(R,), dtype=bool
        Residues that make the surroundings: one chain, or the whole complex.
    wanted : ndarray, shape=(R,), dtype=bool
        Residues asked for, within ``context``.

    Raises
    ------
    BadRequest
        When fewer than five residues of the context have a whole backbone.
    """
    sites = Sites.of(structure, context)
    geo = geometry(sites)
    rows = np.flatnonzero(wanted[sites.rows]).astype(np.int32)
    given = weights()
    hidden, logits, described = inputs(given.network, sites, geo, rows)
    # Standardising before the heads is part of what they learned.
    x = np.concatenate([hidden, logits, described], axis=1)
    x = np.clip((x - given.mean) / given.deviation, -CLIP, CLIP)
    members = np.stack([_head(head, x, logits) for head in given.heads]).astype(np.float64)
    return SiteEnergies(sites, geo, rows, members * given.scale, described[:, -1].astype(np.float64))


def inputs(network: Network, sites: Sites, geo: Geometry, rows: Ints) -> tuple[Floats, Floats, Floats]:
    """Return hidden vectors, log-probabilities and the description of sites."""
    hidden, logits = network(sites, geo, rows)
    logits = logits - logits.max(axis=1, keepdims=True)
    logits = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return hidden, logits, surroundings(sites, geo, rows)


def _head(head: dict[str, Floats], x: Floats, logits: Floats) -> Floats:
    hidden = np.maximum(x @ head["up.weight"].T + head["up.bias"], 0)
    found: Floats = hidden @ head["down.weight"].T + head["down.bias"] + head["share"] * logits
    return found
