"""Loops: gaps of up to eight residues are bridged, deletions are closed.

A window around each gap or broken bond is rebuilt from fragments of known structures,
closed exactly; first a narrow window, then wider ones that give more room. A loop is
taken only when it closes, runs through nothing and keeps to allowed torsions; otherwise
the residues stay out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from foldsight.analysis.vectors import torsion
from foldsight.engines.template.closure import CLOSED, carbonyls, close
from foldsight.engines.template.draft import LOOP, Draft
from foldsight.engines.template.fragments import spanning
from foldsight.engines.template.ramachandran import OUTLIER, probability
from foldsight.engines.template.thread import add_cb, breaks, built_runs
from foldsight.typing import Bools, Doubles

#: Longest run of missing residues that is bridged.
MAX_LOOP = 8
#: Residues rebuilt on either side, narrow first.
_FLANKS = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 2), (2, 3), (3, 3), (4, 4))
_CANDIDATES = 32
#: Nearest that two atoms may come, Å: backbone to backbone, and to a side chain that can still move.
_NEAREST, _NEAREST_SIDE = 2.8, 2.2
#: CA atoms of residues that are not neighbours, Å.
_NEAREST_CA = 3.6
#: CA atoms of neighbours are 3.8 Å apart over a trans bond, 2.9 over a cis one.
_CIS = 3.4
#: Most residues that the stretched chain can span, Å per residue.
_SPAN = 3.75


@dataclass(frozen=True)
class Window:
    """Residues to rebuild, ``first`` to ``last`` inclusive; both neighbours are anchors."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def build_loops(draft: Draft, surroundings: Doubles) -> int:
    """Bridge every short gap and broken bond of a chain in place.

    Parameters
    ----------
    draft : Draft
    surroundings : ndarray, shape=(M, 3)
        Atoms of other chains, in Å.

    Returns
    -------
    int
        Number of loops built. Where none could be built, the chain is left open: of a
        broken bond the two residues beside it are left out.
    """
    built = 0
    for first, last in _gaps(draft):
        if last - first + 1 <= MAX_LOOP:
            built += _bridge(draft, first, last, surroundings)
    for i in breaks(draft):
        if not draft.built[i] or not draft.built[i + 1] or i not in breaks(draft):
            continue
        done = _bridge(draft, i + 1, i, surroundings)
        built += done
        if not done:
            draft.leave_out(i, i + 1)
    return built


def straighten(draft: Draft, kept: set[int], surroundings: Doubles) -> int:
    """Make peptide bonds trans that are cis in the template and that nothing explains.

    A proline after the bond explains it, or the same two residues in the template
    (``kept``). Returns how many were made trans; the others stay as they are.
    """
    apart = np.linalg.norm(draft.coord[1:, 1] - draft.coord[:-1, 1], axis=-1)
    with np.errstate(invalid="ignore"):
        cis = [int(i) for i in np.flatnonzero(apart < _CIS)]
    strange = [i for i in cis if draft.sequence[i + 1] != "P" and not {i, i + 1} <= kept]
    return sum(_bridge(draft, i + 1, i, surroundings) for i in strange)


def rebuild(draft: Draft, i: int, surroundings: Doubles) -> bool:
    """Build the chain around residue ``i`` anew in place; False when nothing fits."""
    return bool(draft.built[i]) and _bridge(draft, i, i, surroundings)


def _gaps(draft: Draft) -> list[tuple[int, int]]:
    runs = built_runs(draft)
    return [(left[1] + 1, right[0] - 1) for left, right in pairwise(runs)]


def _bridge(draft: Draft, first: int, last: int, surroundings: Doubles) -> bool:
    """Rebuild a window around missing residues ``first`` to ``last`` (empty for a broken bond)."""
    for left, right in _FLANKS:
        window = Window(first - left, last + right)
        if not _has_anchors(draft, window, first, last):
            continue
        loop = _best(draft, window, surroundings)
        if loop is not None:
            _insert(draft, window, loop)
            return True
    return False


def _has_anchors(draft: Draft, window: Window, first: int, last: int) -> bool:
    low, high = window.first - 1, window.last + 1
    if low < 0 or high >= len(draft.sequence):
        return False
    return bool(draft.built[low:first].all() and draft.built[last + 1 : high + 1].all())


def _best(draft: Draft, window: Window, surroundings: Doubles) -> Doubles | None:
    """Return N, CA, C of anchors and loop, shape (n + 2, 3, 3), or None when nothing fits."""
    before, after = draft.coord[window.first - 1, :3], draft.coord[window.last + 1, :3]
    if np.linalg.norm(before[1] - after[1]) > _SPAN * (len(window) + 1):
        return None
    fragments = spanning(before, after, len(window), _CANDIDATES)
    chains, error = close(fragments, after)
    chains = chains[error < CLOSED].reshape(-1, len(window) + 2, 3, 3)
    if not len(chains):
        return None
    chains[:, -1] = after
    return _choose(draft, window, chains, surroundings)


def _choose(draft: Draft, window: Window, chains: Doubles, surroundings: Doubles) -> Doubles | None:
    low, high = window.first - 1, window.last + 1
    letters = draft.sequence[low : high + 1]
    following = draft.sequence[high + 1] if high + 1 < len(draft.sequence) else "A"
    turns = _torsions(draft, window, chains)
    likely = probability(letters, following, turns)
    allowed = (likely >= OUTLIER).all(axis=1)
    clear = allowed & _clear(draft, window, chains, surroundings)
    if not clear.any():
        return None
    score = np.where(clear, np.log(likely).sum(axis=1), -np.inf)
    chosen: Doubles = chains[int(np.argmax(score))]
    return chosen


def _torsions(draft: Draft, window: Window, chains: Doubles) -> Doubles:
    """Return phi and psi of anchors and loop; the outer ones from the chain around, if any."""
    k = len(chains)
    low, high = window.first - 2, window.last + 2
    c_before = _neighbour(draft, low, 2, chains[:, 0, 0] + [1.33, 0, 0], k)
    n_after = _neighbour(draft, high, 0, chains[:, -1, 2] + [1.33, 0, 0], k)
    n, ca, c = (chains[:, :, i] for i in range(3))
    c_prev = np.concatenate([c_before[:, None], c[:, :-1]], axis=1)
    n_next = np.concatenate([n[:, 1:], n_after[:, None]], axis=1)
    return np.stack([torsion(c_prev, n, ca, c), torsion(n, ca, c, n_next)], axis=-1)


def _neighbour(draft: Draft, i: int, slot: int, otherwise: Doubles, k: int) -> Doubles:
    if 0 <= i < len(draft.sequence) and draft.built[i]:
        return np.broadcast_to(draft.coord[i, slot], (k, 3))
    return otherwise


def _clear(draft: Draft, window: Window, chains: Doubles, surroundings: Doubles) -> Bools:
    """Return which candidates run through nothing; shape (K,)."""
    from scipy.spatial import cKDTree

    loop = chains[:, 1:-1]
    oxygens = carbonyls(chains)[:, 1:]
    atoms = np.concatenate([loop.reshape(len(chains), -1, 3), oxygens], axis=1)
    backbone, side = _around(draft, window, surroundings)
    ca = loop[:, :, 1]
    clear: Bools = (
        _farther(cKDTree(backbone), atoms, _NEAREST) if len(backbone) else np.ones(len(chains), bool)
    )
    if len(side):
        clear &= _farther(cKDTree(side), atoms, _NEAREST_SIDE)
    return clear & _open_shape(ca) & _open_shape_atoms(loop)


def _around(draft: Draft, window: Window, surroundings: Doubles) -> tuple[Doubles, Doubles]:
    """Return atoms that stay, backbone and side chain; the anchors and their bonds are no obstacle."""
    keep = draft.built.copy()
    keep[max(window.first - 1, 0) : window.last + 2] = False
    backbone = draft.coord[keep, :4].reshape(-1, 3)
    side = draft.coord[keep, 4:].reshape(-1, 3)
    side = np.concatenate([side[np.isfinite(side[:, 0])], surroundings])
    return backbone[np.isfinite(backbone[:, 0])], side


def _farther(tree: object, atoms: Doubles, limit: float) -> Bools:
    nearest, _ = tree.query(atoms, distance_upper_bound=limit)  # type: ignore[attr-defined]
    clear: Bools = np.isinf(nearest).all(axis=1)
    return clear


def _open_shape(ca: Doubles) -> Bools:
    apart = np.linalg.norm(ca[:, :, None] - ca[:, None], axis=-1)
    far = np.triu(np.ones(apart.shape[1:], dtype=bool), 2)
    clear: Bools = (apart[:, far] > _NEAREST_CA).all(axis=1)
    return clear


def _open_shape_atoms(loop: Doubles) -> Bools:
    """Backbone atoms of residues two or more apart keep their distance."""
    k, n = loop.shape[:2]
    flat = loop.reshape(k, n * 3, 3)
    owner = np.repeat(np.arange(n), 3)
    far = (owner[None] - owner[:, None]) >= 2
    apart = np.linalg.norm(flat[:, :, None] - flat[:, None], axis=-1)
    clear: Bools = (apart[:, far] > _NEAREST).all(axis=1)
    return clear


def _insert(draft: Draft, window: Window, loop: Doubles) -> None:
    """Write a loop, with its oxygens and CBs, into the draft."""
    rows = slice(window.first, window.last + 1)
    draft.coord[rows] = np.nan
    draft.coord[rows, :3] = loop[1:-1]
    draft.coord[window.first - 1 : window.last + 1, 3] = carbonyls(loop[None])[0]
    draft.origin[rows] = LOOP
    add_cb(draft, np.arange(window.first, window.last + 1, dtype=np.int32))
