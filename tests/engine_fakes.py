"""Engines that do as they are told, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from foldsight.confidence import Confidence
from foldsight.engines.base import Availability, Capabilities, Context, FoldRequest
from foldsight.engines.build import build
from foldsight.engines.options import Option
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.sequence import Query
from foldsight.structure import Structure

SEQUENCE = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQL"
MISSING = Availability("missing_weights", "no weights", "foldsight engines pull esmfold")


def helix(n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """CA positions of an alpha helix: 100 degrees and 1.5 Å per residue, radius 2.3 Å."""
    turn = np.radians(100.0) * np.arange(n)
    return np.stack([2.3 * np.cos(turn), 2.3 * np.sin(turn), 1.5 * np.arange(n)], axis=1)


def ca_structure(*chains: str) -> Structure:
    n = sum(map(len, chains))
    coord = helix(n)
    first = len(chains[0])
    coord[first:, 0] += 30.0
    return build("q", chains, ["CA"] * n, np.arange(n, dtype=np.int32), coord, np.full(n, 80, np.float32))


def prediction(
    structure: Structure | None = None,
    engine: str = "fake",
    origin: Any = "predicted",
    ptm: float | None = 0.8,
) -> Prediction:
    structure = structure or ca_structure(SEQUENCE)
    values = np.full(len(structure.residues), 80.0, np.float32)
    manifest = FoldManifest(engine, "1", origin, Query.of(SEQUENCE).key)
    return Prediction(structure, Confidence("plddt", values, ptm=ptm), manifest)


class Fake:
    """An engine that does as it is told; ``answer`` is a prediction or an error."""

    title = "Fake"
    version = "1"
    licence = "MIT"
    citation = ""

    def __init__(
        self,
        id: str = "fake",
        answer: Prediction | Exception | None = None,
        availability: Availability | None = None,
        **caps: Any,
    ) -> None:
        self.id = id
        self.answer = answer
        self.caps = Capabilities(**{"origin": "predicted", "confidence": "plddt", **caps})
        self.availability = availability or Availability("ready")
        self.mark = ""
        self.asked: list[FoldRequest] = []

    def available(self) -> Availability:
        return self.availability

    def fingerprint(self, request: FoldRequest) -> str:
        return self.mark

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or prediction(engine=self.id, origin=self.caps.origin)


class Configured(Fake):
    """A fake with settings and a safe way to run, which alone gives a sane structure."""

    options = (Option("recycles", 3, "passes after the first", low=0, high=12), Option("chunk", 0, "size"))
    safe_settings: Mapping[str, Any] = {"chunk": 32}

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        found = super().fold(request, context)
        if request.settings["chunk"] == 32:
            return found
        squashed = replace(found.structure.atoms, coord=found.structure.atoms.coord * 0.1)
        return replace(found, structure=replace(found.structure, atoms=squashed))


def ask(**changes: Any) -> FoldRequest:
    return replace(FoldRequest(Query.of(SEQUENCE, "ubq")), **changes)
