"""Finds engines by their ``foldsight.engines`` entry point.

An engine that cannot be imported is listed as unavailable with the reason; the
others are not touched by it.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from foldsight.engines.base import Availability, Capabilities, Context, Engine, FoldRequest
from foldsight.errors import BadRequest, EngineUnavailable
from foldsight.prediction import Prediction

GROUP = "foldsight.engines"
#: The name of the chain, which is not an engine.
AUTO = "auto"

_log = logging.getLogger(__name__)


class BrokenEngine:
    """Stands for an installed engine that could not be loaded; it refuses everything."""

    version = ""
    licence = ""
    citation = ""
    caps = Capabilities(origin="predicted", confidence="")

    def __init__(self, id: str, target: str, fault: Exception) -> None:
        self.id = id
        self.title = id
        self.fault = fault
        self._target = target

    def available(self) -> Availability:
        """Say why the engine could not be loaded."""
        reason = f"{self._target} cannot be loaded: {self.fault}"
        return Availability("not_installed", reason, "pip install --force-reinstall its package")

    def fingerprint(self, request: FoldRequest) -> str:
        """Return the empty text: nothing here decides a result."""
        return ""

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        """Refuse.

        Raises
        ------
        EngineUnavailable
        """
        raise EngineUnavailable(f"The engine {self.id} cannot be loaded: {self.fault}.")


def all() -> list[Engine]:  # the name that reads right at the caller's: registry.all()
    """Return one instance of each installed engine, sorted by id."""
    return list(_engines().values())


def get(id: str) -> Engine:
    """Return the engine with this id.

    Raises
    ------
    BadRequest
        When no installed engine has it.
    """
    engines = _engines()
    if id not in engines:
        raise BadRequest(
            f"There is no engine {id!r}.",
            hint=f"Use {AUTO} or one of {', '.join(engines) or 'none (no engine is installed)'}.",
            engine=id,
        )
    return engines[id]


def availability(engine: Engine) -> Availability:
    """Return whether an engine can run here; one that cannot even say so cannot."""
    try:
        return engine.available()
    except Exception as fault:  # a third party's code must not take the table down
        _log.warning("engine %s cannot tell whether it can run", engine.id, exc_info=True)
        return Availability("not_installed", str(fault), f"see the log, or reinstall {engine.id}")


def describe(engine: Engine) -> dict[str, Any]:
    """Return what ``foldsight engines`` and ``GET /engines`` show, as JSON values."""
    found = availability(engine)
    return {
        "id": engine.id,
        "title": engine.title,
        "version": engine.version,
        "origin": engine.caps.origin,
        "confidence": engine.caps.confidence,
        "ready": found.ready,
        "status": found.status,
        "reason": found.reason,
        "fix": found.fix,
        "multimer": engine.caps.multimer,
        "max_residues": engine.caps.max_residues,
        "sends": engine.caps.sends,
        "weights_bytes": engine.caps.weights_bytes,
        "licence": engine.licence,
        "citation": engine.citation,
    }


@cache
def _engines() -> dict[str, Engine]:
    points = {point.name: point for point in entry_points(group=GROUP)}
    return {name: _load(points[name]) for name in sorted(points)}


def _load(point: EntryPoint) -> Engine:
    try:
        engine: Engine = point.load()()
    except Exception as fault:  # a third party's code: whatever it raises, the others must stay
        _log.warning("engine %s cannot be loaded", point.name, exc_info=True)
        return BrokenEngine(point.name, point.value, fault)
    return engine
