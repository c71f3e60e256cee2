"""The body of a site, the atoms that line it, and sites that are copies of each other."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from foldsight.analysis.pockets.clusters import Site
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Floats, Ints

#: An atom lines a site when it is so near, Å, to one of its likely points.
LINING = 4.8
#: Likely points: those with at least this probability, or this share of the best one's,
#: and within so many Å of the centre.
LIKELY, LIKELY_SHARE, BODY = 0.1, 0.4, 12.0
#: Sites are copies when their linings share so much of their names and at most so much
#: of their residues (Jaccard index): the same place of another chain of the same protein.
SAME_NAMES, SAME_RESIDUES = 0.5, 0.3


def body(site: Site, points: Doubles, probability: Floats) -> Ints:
    """Return the rows of the site's points that make its body."""
    own = probability[site.members]
    near = ((points[site.members] - site.centre) ** 2).sum(axis=1) < BODY**2
    likely = own >= min(LIKELY, LIKELY_SHARE * float(own.max()))
    inside = near & likely
    found: Ints = site.members[inside if inside.any() else likely]
    return found


def lining(points: Doubles, tree: cKDTree) -> Ints:
    """Return the atoms of ``tree`` that line points, sorted."""
    near = tree.query_ball_point(points, LINING)
    found: Ints = np.unique(np.concatenate([np.asarray(atoms, dtype=np.int64) for atoms in near]))
    return found


def residue_names(structure: Structure) -> Ints:
    """Return a number per residue that copies of a chain have in common; shape (R,).

    It stands for the residue's number, insertion code and name.
    """
    table = structure.residues
    codes = [np.unique(column, return_inverse=True) for column in (table.ins_code, table.name)]
    (codes_seen, code), (names_seen, name) = codes
    joint = (table.auth_seq.astype(np.int64) * len(codes_seen) + code) * len(names_seen) + name
    found: Ints = np.unique(joint, return_inverse=True)[1]
    return found


def copies(residues: list[Ints], names: Ints) -> Bools:
    """Say which sites are copies of which; shape (sites, sites), true on the diagonal.

    Parameters
    ----------
    residues : list of ndarray
        Rows of the residues that line each site.
    names : ndarray, shape=(R,)
        From :func:`residue_names`.
    """
    alike = _jaccard([np.unique(names[rows]) for rows in residues], len(names)) >= SAME_NAMES
    apart = _jaccard(residues, len(names)) <= SAME_RESIDUES
    found: Bools = (alike & apart) | np.eye(len(residues), dtype=bool)
    return found


def share(logit: Floats, same: Bools) -> Floats:
    """Give every site the best logit among its copies: what binds one binds the others."""
    found: Floats = np.where(same, logit, -np.inf).max(axis=1).astype(np.float32)
    return found


def _jaccard(sets: list[Ints], size: int) -> Doubles:
    member = np.zeros((len(sets), size))
    for row, values in zip(member, sets, strict=True):
        row[values] = 1
    common, count = member @ member.T, member.sum(axis=1)
    index: Doubles = common / np.maximum(count[:, None] + count - common, 1)
    return index
