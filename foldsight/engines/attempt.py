"""One engine, one request: may it run, does it run, and is the result sane."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from foldsight.engines import gate, options
from foldsight.engines.base import Availability, Context, Engine, FoldRequest
from foldsight.engines.registry import availability
from foldsight.errors import (
    BadRequest,
    BadSequence,
    ConsentNeeded,
    EngineFailed,
    EngineUnavailable,
    FoldSightError,
    NetworkOff,
)
from foldsight.prediction import Prediction
from foldsight.provenance import Step
from foldsight.typing import Network

_log = logging.getLogger(__name__)
_OPENNESS: dict[str, int] = {"": 0, "off": 0, "hash": 1, "sequence": 2}


def refusal(engine: Engine, request: FoldRequest) -> FoldSightError | None:
    """Return why this engine may not take this request, or None when it may.

    Looks at the engine's capabilities and availability, never at its weights or at
    the network.
    """
    return (
        _unfit(engine, request)
        or _network_forbids(engine, request.network)
        or _unavailable(engine, availability(engine))
    )


def _unfit(engine: Engine, request: FoldRequest) -> FoldSightError | None:
    query, caps = request.query, engine.caps
    if len(query.chains) > 1 and not caps.multimer:
        return BadRequest(
            f"{engine.title} takes one chain; {query.name} has {len(query.chains)}.",
            hint="Give the chains one by one.",
        )
    if len(query) > caps.max_residues:
        return BadSequence(
            f"{query.name} has {len(query):,} residues; {engine.title} takes at most {caps.max_residues:,}.",
            hint="Fold one domain at a time.",
            residues=len(query),
        )
    return None


def _network_forbids(engine: Engine, network: Network) -> NetworkOff | None:
    sends = engine.caps.sends
    if _OPENNESS[sends] <= _OPENNESS[network]:
        return None
    what = "the MD5 of the sequence" if sends == "hash" else "the sequence"
    return NetworkOff(
        f"{engine.title} sends {what} away, and the network setting is {network}.",
        hint=f"Allow it with network={sends!r}.",
        network=network,
    )


def _unavailable(engine: Engine, found: Availability) -> FoldSightError | None:
    if found.ready:
        return None
    kind = ConsentNeeded if found.status == "needs_consent" else EngineUnavailable
    return kind(
        f"{engine.title} cannot run here: {found.reason.rstrip('.')}.",
        hint=f"To make it run: {found.fix}" if found.fix else "",
        status=found.status,
        engine=engine.id,
        fix=found.fix,
    )


def fold_with(engine: Engine, request: FoldRequest, context: Context) -> Prediction:
    """Fold with one engine and pass the result through the sanity gate.

    Raises
    ------
    Refused
        When the engine cannot take the request, or has no structure for it.
    EngineFailed
        When it broke.
    """
    fault = refusal(engine, request)
    if fault is not None:
        raise fault
    began = time.perf_counter()
    prediction = _checked(engine, _resolved(engine, request), context)
    manifest = prediction.manifest
    seconds = {**manifest.seconds, "total": round(time.perf_counter() - began, 3)}
    return replace(
        prediction,
        manifest=replace(
            manifest,
            name=request.query.name,
            network=request.network,
            seconds=seconds,
            warnings=tuple(dict.fromkeys((*request.query.notes, *manifest.warnings))),
            steps=manifest.steps or (Step(engine.id, "answered", "asked for by name"),),
            created=manifest.created or datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    )


def _resolved(engine: Engine, request: FoldRequest) -> FoldRequest:
    if not options.options_of(engine):
        return request
    return replace(request, engine=engine.id, settings=options.resolve(engine, request.settings))


def _checked(engine: Engine, request: FoldRequest, context: Context) -> Prediction:
    """Fold; on an insane result try once more in the safe setting, then mark it suspect."""
    prediction = _run(engine, request, context)
    wrong = gate.problems(prediction)
    safe = options.safe_settings(engine)
    if wrong and safe and any(request.settings.get(key) != value for key, value in safe.items()):
        context.report(0.0, f"{wrong[0]} Trying again in the safe setting.")
        retry = replace(request, settings={**request.settings, **safe})
        prediction, first = _run(engine, retry, context), wrong
        wrong = gate.problems(prediction)
        prediction = _warned(prediction, [f"The first attempt was thrown away: {first[0]}"], suspect=False)
    return _warned(prediction, wrong, suspect=True) if wrong else prediction


def _warned(prediction: Prediction, warnings: list[str], *, suspect: bool) -> Prediction:
    old = prediction.manifest
    new = replace(old, warnings=(*old.warnings, *warnings), suspect=old.suspect or suspect)
    return replace(prediction, manifest=new)


def _run(engine: Engine, request: FoldRequest, context: Context) -> Prediction:
    return _guarded(engine.title, lambda: engine.fold(request, context))


def _guarded(title: str, work: Callable[[], Prediction]) -> Prediction:
    """Run an engine; what it raises and did not mean to is an :class:`EngineFailed`."""
    try:
        return work()
    except FoldSightError:
        raise
    except MemoryError as fault:
        raise EngineFailed(f"{title} ran out of memory.", hint="Fold a shorter sequence.") from fault
    except Exception as fault:  # an engine is someone else's code; the log keeps the traceback
        _log.exception("%s stopped", title)
        facts: dict[str, Any] = {"exception": type(fault).__name__}
        raise EngineFailed(f"{title} stopped: {type(fault).__name__}: {fault}.", **facts) from fault
