"""How far off a ddG is likely to be: an interval with a stated coverage.

The half-width is ``quantile(level) * exp(c . f)`` with five facts f about the change that are
the same for the way back: 1, the log of the heads' disagreement, burial, the change of
volume and the size of the ddG. c and the quantiles were fitted on errors for families that
the heads had not seen (``bench/train_ddg_head.py``).
"""

from __future__ import annotations

import numpy as np

from foldsight.analysis.variants.scales import VOLUME
from foldsight.errors import BadRequest
from foldsight.typing import Doubles, Ints

#: Coverages for which a quantile is stored; others are interpolated between them.
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
FACTS = 5


def spread_facts(ddg: Doubles, disagreement: Doubles, free: Doubles, wild: Ints, mutant: Ints) -> Doubles:
    """Return the facts that decide the width of the interval; shape (n, FACTS)."""
    ones = np.ones_like(ddg)
    volume = np.abs(VOLUME[wild] - VOLUME[mutant]) / 50
    return np.stack([ones, np.log(disagreement + 0.05), 1 - free, volume, np.abs(ddg)], axis=1)


def check_level(level: float) -> None:
    """Refuse a coverage that is not calibrated."""
    if not LEVELS[0] <= level <= LEVELS[-1]:
        raise BadRequest(
            f"An interval of {level:g} is not calibrated.",
            hint=f"Choose between {LEVELS[0]:g} and {LEVELS[-1]:g}.",
        )


def half_width(facts: Doubles, spread: Doubles, level: float) -> Doubles:
    """Return half-widths in kcal/mol.

    Parameters
    ----------
    facts : ndarray, shape=(n, FACTS)
    spread : ndarray, shape=(FACTS + len(LEVELS),)
        Coefficients, then quantiles.
    level : float
        Stated coverage, between the first and the last of :data:`LEVELS`.
    """
    quantile = np.interp(level, LEVELS, spread[FACTS:])
    found: Doubles = quantile * np.exp(facts @ spread[:FACTS])
    return found
