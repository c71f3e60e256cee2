"""Template support: an estimate of each residue's lDDT x 100, calibrated on known pairs."""

from __future__ import annotations

import numpy as np

from foldsight.engines.template.draft import Draft, TemplateChain
from foldsight.library.align import Alignment
from foldsight.typing import Floats


def estimate(draft: Draft, template: TemplateChain, alignment: Alignment) -> Floats:
    """Return template support 0-100 for each residue of the query, NaN where left out."""
    support = np.full(len(draft.sequence), np.nan, dtype=np.float32)
    support[draft.built] = 100 * np.clip(0.45 + 0.45 * alignment.identity, 0, 1)
    return support
