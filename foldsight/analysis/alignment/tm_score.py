"""The TM-score of residues that are already paired: the superposition that makes it largest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from foldsight.analysis.vectors import superpose
from foldsight.typing import Doubles, Ints


class Placed(NamedTuple):
    """A superposition: ``x' = rotation @ x + translation``, and the TM-score that it gives."""

    score: float
    rotation: Doubles
    translation: Doubles


def d0(length: int) -> float:
    """Return the distance scale in Å for a length (Zhang & Skolnick 2004), at least 0.5."""
    return max(0.5, 1.24 * float(np.cbrt(max(length, 19) - 15)) - 1.8)


def d8(length: int) -> float:
    """Return the distance in Å within which TM-align counts a pair as aligned."""
    return float(1.5 * length**0.3 + 3.5)


def terms(mobile: Doubles, fixed: Doubles, scale: float) -> Doubles:
    """Return 1 / (1 + (d / scale)²) for paired positions; shapes (n, 3)."""
    square = ((mobile - fixed) ** 2).sum(axis=-1)
    found: Doubles = 1.0 / (1.0 + square / scale**2)
    return found


def best(mobile: Doubles, fixed: Doubles, length: int, start: Placed | None = None) -> Placed:
    """Return the superposition with the largest TM-score by ``length``.

    Parameters
    ----------
    mobile, fixed : ndarray, shape=(n, 3)
        Paired CA positions, n >= 3.
    length : int
        What the score is divided by; it sets the distance scale too.
    start : Placed, optional
        Begin here and nowhere else: faster, for a superposition that is nearly right.
    """
    if start is not None:
        return _climb(mobile, fixed, length, _near(mobile, fixed, start, length))
    found = (_climb(mobile, fixed, length, rows) for rows in _stretches(len(mobile)))
    return max(found, key=lambda placed: placed.score)


def _stretches(n: int) -> Iterator[Ints]:
    """Yield the whole and overlapping halves, quarters and eighths."""
    for size in sorted({max(3, n // part) for part in (1, 2, 4, 8)}, reverse=True):
        for first in range(0, n - size + 1, max(1, size // 2)):
            yield np.arange(first, first + size)


def _near(mobile: Doubles, fixed: Doubles, placed: Placed, length: int) -> Ints:
    """Return the pairs that a superposition brings close together, and some if it brings none."""
    distance = np.linalg.norm(mobile @ placed.rotation.T + placed.translation - fixed, axis=1)
    rows = np.flatnonzero(distance < max(d0(length), 4.5))
    enough = max(3, len(mobile) // 10)
    return rows if len(rows) >= enough else np.argsort(distance)[:enough]


def _climb(mobile: Doubles, fixed: Doubles, length: int, rows: Ints) -> Placed:
    """Superpose on some pairs, then on those that came close, until they stay the same."""
    found = Placed(-1.0, np.eye(3), np.zeros(3))
    for _ in range(20):
        rotation, translation = superpose(mobile[rows], fixed[rows])
        moved = mobile @ rotation.T + translation
        placed = Placed(float(terms(moved, fixed, d0(length)).sum()) / length, rotation, translation)
        found = max(found, placed, key=lambda one: one.score)
        again = _near(mobile, fixed, placed, length)
        if np.array_equal(again, rows):
            break
        rows = again
    return found
