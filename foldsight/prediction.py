"""The object people hold: ``Prediction = Structure + Confidence + FoldManifest``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.analyses import Analyses
from foldsight.annotation.annotated import Annotated
from foldsight.confidence import Confidence
from foldsight.errors import EngineFailed
from foldsight.outlets import Outlets
from foldsight.provenance import FoldManifest
from foldsight.residues import ResidueRef
from foldsight.structure import Structure

if TYPE_CHECKING:
    import pandas as pd

_ORIGIN_WORDS = {
    "predicted": "predicted by",
    "retrieved": "retrieved from",
    "homology": "homology structure by",
    "experimental": "experimental, from",
}


@dataclass(frozen=True, eq=False)
class Prediction(Analyses, Annotated, Outlets):
    """A structure, how sure of it we are, and where it comes from.

    Parameters
    ----------
    structure : Structure
    confidence : Confidence
        ``values`` has one entry per residue of ``structure``.
    manifest : FoldManifest
    """

    structure: Structure
    confidence: Confidence
    manifest: FoldManifest

    def __post_init__(self) -> None:
        found, wanted = len(self.confidence.values), len(self.structure.residues)
        if found != wanted:
            raise EngineFailed(f"{found} confidence values do not fit {wanted} residues.")

    @property
    def name(self) -> str:
        """Name of the query."""
        return self.manifest.name or self.structure.name

    @property
    def residues(self) -> pd.DataFrame:
        """One row per residue: its names in every numbering, confidence, and what is around it.

        Columns: ``chain``, ``label_chain``, ``auth_seq``, ``ins_code``, ``label_seq``,
        ``uniprot``, ``residue``, ``aa``; secondary structure, areas, contacts, bonds
        (:func:`foldsight.analysis.tracks.tracks`); confidence under the name of its kind with
        its band, disorder (pLDDT) and domains (PAE)
        (:func:`foldsight.analysis.tracks.confidence_tracks`). Computed once; a copy each time.
        """
        return self._tracks.copy()

    @cached_property
    def _tracks(self) -> pd.DataFrame:
        return self.tracks()

    def select(self, selection: str) -> list[ResidueRef]:
        """Return the residues that a selection such as ``A:25-27`` names."""
        return self.structure.select(selection)

    def summary(self) -> dict[str, Any]:
        """Return the facts that lists and ``--json`` show, as JSON values."""
        mean = self.confidence.mean
        return {
            "name": self.name,
            "engine": self.manifest.engine,
            "origin": self.manifest.origin,
            "chains": len(self.structure.auth_chains),
            "residues": len(self.structure.residues),
            "atoms": len(self.structure.atoms),
            "confidence": {
                "kind": self.confidence.kind,
                "label": self.confidence.label,
                "mean": round(mean, 2) if np.isfinite(mean) else None,
            },
            "ptm": self.confidence.ptm,
            "suspect": self.manifest.suspect,
            "facts": self.manifest.facts,
            "warnings": list(self.manifest.warnings),
        }

    def __str__(self) -> str:
        facts = self.summary()
        words = _ORIGIN_WORDS[self.manifest.origin]
        mean = facts["confidence"]["mean"]
        shown = "no confidence" if mean is None else f"mean {self.confidence.label} {mean:.1f}"
        return f"{self.name}: {facts['residues']} residues, {words} {self.manifest.engine}, {shown}"

    def __repr__(self) -> str:
        return f"<Prediction {self}>"
