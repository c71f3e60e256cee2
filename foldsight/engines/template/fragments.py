"""Fragments of known structures that span a gap: ``fragments.npz``.

Backbones (N, CA, C) of the starter library, in 0.01 Å; ``bench/template_backbone.py``
wrote it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from foldsight.analysis.vectors import cross
from foldsight.typing import Bools, Doubles

_TABLE = Path(__file__).with_name("fragments.npz")


@cache
def _load() -> tuple[Doubles, Bools]:
    with np.load(_TABLE, allow_pickle=False) as table:
        return table["coord"].astype(np.float64) / 100, table["joined"]


def spanning(before: Doubles, after: Doubles, length: int, count: int) -> Doubles:
    """Return the fragments whose ends lie to each other most like two anchors.

    Parameters
    ----------
    before, after : ndarray, shape=(3, 3)
        N, CA, C of the anchors, in Å.
    length : int
        Residues between the anchors.
    count : int
        Most fragments returned, best first.

    Returns
    -------
    ndarray, shape=(K, 3 * (length + 2), 3)
        Each begins with ``before`` and ends with a copy of ``after``; the peptide bonds
        between those and the loop are the fragment's.
    """
    starts = _starts(length + 2)
    coord, _ = _load()
    last = coord[starts + length + 1]
    mismatch = np.abs(_between(coord[starts], last) - _between(before[None], after[None])).mean(axis=1)
    best = starts[np.argsort(mismatch, kind="stable")[:count]]
    found = coord[best[:, None] + np.arange(length + 2)]
    # At either end the loop hangs on one atom: C of the residue before, N of the one after.
    found = _laid(found, found[:, 0, ::-1], before[::-1])
    copy = _laid(np.broadcast_to(after, found[:, -1].shape), after, found[:, -1])
    placed = np.concatenate([found[:, :-1].reshape(len(best), -1, 3), copy], axis=1)
    placed[:, :3] = before
    return placed


@cache
def _starts(length: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return where stretches of so many bonded residues begin."""
    _, joined = _load()
    run = np.convolve(joined.astype(int), np.ones(length - 1, dtype=int), mode="valid")
    return np.flatnonzero(run == length - 1)


def _between(first: Doubles, last: Doubles) -> Doubles:
    """Return the nine distances from the atoms of one residue to those of another."""
    apart: Doubles = np.linalg.norm(first[:, :, None] - last[:, None], axis=-1).reshape(len(first), 9)
    return apart


def _laid(moving: Doubles, own: Doubles, wanted: Doubles) -> Doubles:
    """Move points so that three of theirs lie on three others.

    The first of the three lies exactly, the second in the right direction, the third in
    the right plane. Shapes: (K, ..., 3), (K, 3, 3) or (3, 3).
    """
    rotation = _frame(wanted) @ _frame(own).swapaxes(-1, -2)
    shape = moving.shape
    flat = moving.reshape(shape[0], -1, 3) - own[..., :1, :]
    laid: Doubles = (flat @ rotation.swapaxes(-1, -2) + wanted[..., :1, :]).reshape(shape)
    return laid


def _frame(points: Doubles) -> Doubles:
    """Return axes as columns: along the first bond, in the plane, and normal to it."""
    along = points[..., 1, :] - points[..., 0, :]
    along = along / np.linalg.norm(along, axis=-1, keepdims=True)
    normal = cross(along, points[..., 2, :] - points[..., 0, :])
    normal = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.stack([along, cross(normal, along), normal], axis=-1)
