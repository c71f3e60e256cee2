"""``engine="auto"``: the default chain, from the surest source to an honest refusal.

======  ============================  ===============================================
order   origin of the structure       engines
======  ============================  ===============================================
1       predicted on this machine     local neural engines whose weights are on disk
2       retrieved                     AlphaFold DB, by the MD5 of the sequence
3       experimental                  PDB, near-exact: the library, then RCSB
4       homology                      the template engine
5       --                            :class:`~foldsight.errors.NoStructure`
======  ============================  ===============================================

An engine takes its place by the origin it declares. One that predicts elsewhere
(``sends="sequence"``) is never in the chain: it runs only when asked for by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from foldsight.engines import options, registry
from foldsight.engines.attempt import fold_with, refusal
from foldsight.engines.base import Context, Engine, FoldRequest
from foldsight.engines.card import sequence_card
from foldsight.errors import (
    Cancelled,
    EngineUnavailable,
    Failed,
    FoldSightError,
    NetworkOff,
    NoStructure,
    SourceFailed,
)
from foldsight.prediction import Prediction
from foldsight.provenance import Step

_ORIGINS = ("predicted", "retrieved", "experimental", "homology")
#: Which local neural engine goes first when several have their weights.
_FAVOURITES = ("esmfold2-fast", "esmfold2", "esmfold")
#: Share of the progress that a look-up gets.
_QUICK = 0.05
#: The engine whose download is offered when nothing else answered.
_OFFERED = "esmfold"


def members(engines: Sequence[Engine] | None = None) -> list[Engine]:
    """Return the engines of the chain in their order."""
    found = registry.all() if engines is None else engines
    chosen = [e for e in found if not (e.caps.origin == "predicted" and e.caps.sends)]
    return sorted(chosen, key=_place)


def _place(engine: Engine) -> tuple[int, int, str]:
    favourite = _FAVOURITES.index(engine.id) if engine.id in _FAVOURITES else len(_FAVOURITES)
    return _ORIGINS.index(engine.caps.origin), favourite, engine.id


def check_settings(settings: dict[str, Any], engines: Sequence[Engine] | None = None) -> None:
    """Refuse a setting that no engine of the chain has, or a value that does not fit it.

    Raises
    ------
    BadRequest
    """
    chain = members(engines)
    known = {option.name for engine in chain for option in options.options_of(engine)}
    options.refuse_unknown(settings, known, registry.AUTO)
    for engine in chain:
        options.resolve(engine, settings_for(engine, settings))


def settings_for(engine: Engine, settings: dict[str, Any]) -> dict[str, Any]:
    """Return those of the settings that are this engine's."""
    names = {option.name for option in options.options_of(engine)}
    return {key: value for key, value in settings.items() if key in names}


def why_not(engine: Engine, request: FoldRequest) -> FoldSightError | None:
    """Return why the chain passes an engine over, or None when it asks it.

    Besides what the engine cannot do: an engine may have a method ``reluctant`` that
    gives a reason not to be asked unless by name, such as a fold that would take hours.
    """
    reluctant = getattr(engine, "reluctant", None)
    fault = refusal(engine, request)
    if fault is None and reluctant is not None and (reason := reluctant(request)):
        fault = EngineUnavailable(reason, hint=f"Ask for it by name: --engine {engine.id}.")
    return fault


def fold(request: FoldRequest, context: Context, engines: Sequence[Engine] | None = None) -> Prediction:
    """Ask the engines of the chain in turn and return the first structure.

    The manifest's ``steps`` say which step answered and why the earlier ones did not.

    Raises
    ------
    NoStructure
        With the sequence card, the steps and the one command that would help.
    Failed
        When a local engine broke and no other engine could answer.
    """
    trail = _Trail()
    for engine in members(engines):
        context.check()
        own = replace(request, engine=engine.id, settings=settings_for(engine, dict(request.settings)))
        fault = why_not(engine, own)
        if fault is not None:
            trail.note(engine, "skipped", fault)
            continue
        try:
            return trail.signed(fold_with(engine, own, _share(engine, context, trail)), engine)
        except Cancelled:
            raise
        except FoldSightError as broken:
            trail.note(engine, "refused" if broken.refused else "failed", broken)
    raise trail.outcome(request, members(engines))


def _share(engine: Engine, context: Context, trail: _Trail) -> Context:
    """Return the part of the progress that is this engine's: look-ups are the quick beginning."""
    asked = sum(step.outcome != "skipped" for step in trail.steps)
    low = _QUICK * asked
    quick = engine.caps.origin in ("retrieved", "experimental")
    return context.part(low, low + _QUICK if quick else 1.0)


@dataclass
class _Trail:
    """What the chain tried so far."""

    steps: list[Step] = field(default_factory=list)
    faults: list[FoldSightError] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def note(
        self, engine: Engine, outcome: Literal["skipped", "refused", "failed"], fault: FoldSightError
    ) -> None:
        self.steps.append(Step(engine.id, outcome, fault.message))
        self.faults.append(fault)
        if outcome != "skipped":
            self.sent += _sent(engine, fault)

    def signed(self, prediction: Prediction, engine: Engine) -> Prediction:
        """Add the steps; mark a result that an unreachable source might have bettered.

        Callers that keep results (the cache of the server) must not keep a provisional
        one as if it were the last word.
        """
        facts = dict(prediction.manifest.facts)
        missed = [fault.message for fault in self.faults if isinstance(fault, SourceFailed)]
        if missed:
            facts["provisional"] = missed[0]
        steps = (*self.steps, Step(engine.id, "answered"))
        sent = (*self.sent, *prediction.manifest.sent)
        return replace(prediction, manifest=replace(prediction.manifest, steps=steps, facts=facts, sent=sent))

    def outcome(self, request: FoldRequest, engines: list[Engine]) -> FoldSightError:
        """Return what to raise when no engine answered."""
        broken = [f for f in self.faults if isinstance(f, Failed) and not isinstance(f, SourceFailed)]
        if broken:
            return broken[0]
        command = _remedy(self.faults, engines)
        query = request.query
        return NoStructure(
            f"No structure was found for {query.name} ({len(query)} residues): {_summary(self.steps)}.",
            hint=f"What would help: {command}" if command else "",
            card=sequence_card(query),
            steps=[asdict(step) for step in self.steps],
            sent=self.sent,
            command=command,
        )


def _sent(engine: Engine, fault: FoldSightError) -> list[str]:
    """What left the machine for an engine that was asked in vain; some say so themselves."""
    if "sent" in fault.details:
        return list(fault.details["sent"])
    what = {"hash": "The MD5 of the sequence", "sequence": "The sequence"}.get(engine.caps.sends)
    return [f"{what} to {engine.title}, which gave no structure."] if what else []


def _summary(steps: list[Step]) -> str:
    words = {"refused": "had none", "failed": "did not answer", "skipped": "could not be asked"}
    parts = []
    for outcome, verb in words.items():
        names = [step.engine for step in steps if step.outcome == outcome]
        if names:
            parts.append(f"{', '.join(names)} {verb}")
    return "; ".join(parts) or "no engine is installed"


def _remedy(faults: list[FoldSightError], engines: list[Engine]) -> str:
    """Return the one command that would help most: the look-up first, then the download."""
    if any(isinstance(f, NetworkOff) and f.details.get("network") == "off" for f in faults):
        return "foldsight fold ... --network hash"
    offered = [e for e in engines if e.id == _OFFERED] or [e for e in engines if e.caps.origin == "predicted"]
    return next((found.fix for e in offered if not (found := registry.availability(e)).ready), "")
