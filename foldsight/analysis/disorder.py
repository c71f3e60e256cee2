"""Disorder, as far as an engine's confidence tells of it.

A residue of pLDDT below 50 is likely disordered, at least on its own (Tunyasuvunakool et al.
2021, Nature 596:590, who found low pLDDT to predict disorder about as well as programs made
for it). It is no measurement: disordered regions that fold when they bind can be confident,
and a hard protein can be uncertain without being disordered.
"""

from __future__ import annotations

import numpy as np

from foldsight.confidence import Confidence
from foldsight.typing import Bools

#: Below this pLDDT a residue is called disordered.
DISORDERED = 50.0


def disordered(confidence: Confidence) -> Bools | None:
    """Return which residues are likely disordered; shape (R,).

    None unless the confidence is a pLDDT: template support and B-factors say nothing of
    disorder. Residues without a value count as ordered.
    """
    if confidence.kind != "plddt":
        return None
    found: Bools = np.nan_to_num(confidence.values, nan=100.0) < DISORDERED
    return found
