"""Template support: an estimate of each residue's lDDT x 100.

A ridge regression on the facts of :mod:`.features`, their squares and products, fitted to
pairs of known structures by ``bench/template_calibration.py``; ``support.json`` holds its
coefficients. Calibrated by family-wise cross-validation: docs/benchmarks/template.md.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from foldsight.engines.template.draft import Draft
from foldsight.engines.template.features import features
from foldsight.library.align import Alignment
from foldsight.typing import Doubles, Floats

_TABLE = Path(__file__).with_name("support.json")


def estimate(draft: Draft, alignment: Alignment, template: str) -> Floats:
    """Return template support 0-100 for each residue of the query, NaN where left out.

    Parameters
    ----------
    draft : Draft
    alignment : Alignment
        Of the query to the observed residues of the template.
    template : str
        Their letters.
    """
    found = np.clip(terms(features(draft, alignment, template)) @ _coefficients(), 0.0, 1.0)
    support: Floats = np.where(draft.built, 100 * found, np.nan).astype(np.float32)
    return support


def terms(facts: Doubles) -> Doubles:
    """Return one, the facts, and their squares and products; (L, F) gives (L, T)."""
    first, second = np.triu_indices(facts.shape[1])
    return np.concatenate([np.ones((len(facts), 1)), facts, facts[:, first] * facts[:, second]], axis=1)


@cache
def _coefficients() -> Doubles:
    return np.array(json.loads(_TABLE.read_text(encoding="utf-8"))["coefficients"], dtype=np.float64)
