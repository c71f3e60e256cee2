"""How sure an engine is, residue by residue, and what kind of number that is.

pLDDT (Jumper et al. 2021) is 0-100, PAE is in Å with the row *aligned on* and the
column *scored*, pTM and ipTM are 0-1. Template support is an estimated lDDT x 100 of
a homology structure; it is not pLDDT and never gets its name or colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foldsight.errors import EngineFailed
from foldsight.typing import ConfidenceKind, Floats

#: Lower edges of the four bands, each edge inside its band, with AlphaFold DB's words.
BANDS: tuple[tuple[float, str], ...] = (
    (90.0, "very high"),
    (70.0, "confident"),
    (50.0, "low"),
    (0.0, "very low"),
)

KIND_LABELS: dict[ConfidenceKind, str] = {
    "plddt": "pLDDT",
    "template_support": "template support (estimated lDDT)",
    "b_factor": "B-factor (Å²)",
}


def band(value: float) -> str:
    """Return the band of a 0-100 confidence value: [90,100] [70,90) [50,70) [0,50).

    >>> band(90.0), band(89.999), band(50)
    ('very high', 'confident', 'low')
    """
    return next(word for edge, word in BANDS if value >= edge or edge == 0.0)


@dataclass(frozen=True, eq=False)
class Confidence:
    """Confidence of one prediction.

    Parameters
    ----------
    kind : {'plddt', 'template_support', 'b_factor'}
        What ``values`` are.
    values : ndarray, shape=(L,), dtype=float32
        One value per residue of the structure's residue table, in its order. 0-100
        for pLDDT and template support, Å² for B-factors; NaN where there is none.
    pae : ndarray, shape=(T, T), dtype=float32, optional
        Predicted aligned error in Å: row = aligned on, column = scored. T is the
        number of tokens, which is L for proteins.
    ptm : float, optional
        Predicted TM-score, 0-1.
    iptm : ndarray, shape=(C, C), dtype=float32, optional
        Interface pTM of each ordered chain pair, 0-1, NaN on the diagonal.
    scale_found : str, optional
        The scale in which the file or engine gave the values, such as ``0-1``.
    """

    kind: ConfidenceKind
    values: Floats
    pae: Floats | None = None
    ptm: float | None = None
    iptm: Floats | None = None
    scale_found: str = "0-100"

    def __post_init__(self) -> None:
        if self.values.ndim != 1:
            raise EngineFailed(f"Confidence needs one value per residue, not shape {self.values.shape}.")
        if self.kind != "b_factor" and not _within(self.values, 0.0, 100.0):
            raise EngineFailed(f"{KIND_LABELS[self.kind]} must lie in 0-100.")
        if self.pae is not None and (self.pae.ndim != 2 or self.pae.shape[0] != self.pae.shape[1]):
            raise EngineFailed(f"PAE must be a square matrix, not {self.pae.shape}.")

    @property
    def label(self) -> str:
        """What to print beside the numbers."""
        return KIND_LABELS[self.kind]

    @cached_property
    def mean(self) -> float:
        """Mean over residues that have a value; NaN when none has."""
        known = self.values[np.isfinite(self.values)]
        return float(known.mean()) if known.size else float("nan")


def _within(values: Floats, low: float, high: float) -> bool:
    known = values[np.isfinite(values)]
    return bool(known.size == 0 or (known.min() >= low - 1e-3 and known.max() <= high + 1e-3))
