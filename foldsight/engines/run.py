"""What a worker calls: a job request in, a bundle of files out.

A request is JSON::

    {"kind": "fold", "name": "protease", "sequence": "PQVTLWQ...:PQVTLWQ...",
     "engine": "auto", "settings": {}, "seed": 0, "network": "hash"}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from foldsight import settings
from foldsight.engines import attempt, chain, options, registry
from foldsight.engines.base import Context, Engine, FoldRequest
from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.sequence import Query

_KEYS = ("kind", "name", "sequence", "engine", "settings", "seed", "network")
#: Seeds are what torch and numpy both accept.
_SEED_LIMIT = 2**32


def parse_request(request: Mapping[str, Any]) -> FoldRequest:
    """Check a job request and return it as a value.

    Raises
    ------
    BadRequest
        On an unknown key, engine or setting, or a value of the wrong type.
    BadSequence
        When the sequence breaks the rules.
    """
    options.refuse_unknown(request, _KEYS, "A fold request")
    kind = request.get("kind", "fold")
    if kind != "fold":
        raise BadRequest(f"A job of kind {kind!r} is not known.", hint="Use fold.", kind=kind)
    query = Query.of(_text(request, "sequence", None), _text(request, "name", "query") or "query")
    chosen = _text(request, "engine", registry.AUTO) or registry.AUTO
    wanted = request.get("settings") or {}
    if not isinstance(wanted, Mapping) or not all(isinstance(key, str) for key in wanted):
        raise BadRequest("The settings are not an object.", hint='Give {"name": value}.')
    _check_settings(chosen, dict(wanted))
    network = settings.network(_text(request, "network", "") or None)
    return FoldRequest(query, chosen, dict(wanted), _seed(request), network)


def _text(request: Mapping[str, Any], key: str, default: str | None) -> str:
    value = request.get(key, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadRequest(f"The request's {key} is {value!r}.", hint="Give a text.", key=key)
    return value


def _seed(request: Mapping[str, Any]) -> int:
    seed = request.get("seed")
    if seed is None:
        return 0
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < _SEED_LIMIT:
        raise BadRequest(
            f"The seed is {seed!r}.", hint=f"Give a whole number from 0 to {_SEED_LIMIT - 1}.", key="seed"
        )
    return seed


def _check_settings(engine: str, wanted: dict[str, Any]) -> None:
    if engine == registry.AUTO:
        chain.check_settings(wanted)
    else:
        options.resolve(registry.get(engine), wanted)


def fold(request: FoldRequest, context: Context | None = None) -> Prediction:
    """Fold with the chosen engine, or with the chain for ``auto``.

    Raises
    ------
    Refused
        When the request cannot be met as asked; :class:`~foldsight.errors.NoStructure`
        when the chain found nothing.
    Failed
        When an engine broke.
    """
    context = context or Context()
    if request.engine == registry.AUTO:
        return chain.fold(request, context)
    return attempt.fold_with(registry.get(request.engine), request, context)


def run_fold(
    request: Mapping[str, Any],
    *,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, bytes]:
    """Run a job request and return the prediction as a bundle of files.

    Parameters
    ----------
    request : mapping
        As in the module's docstring.
    progress : callable, optional
        Takes a fraction 0-1 and a short sentence.
    cancelled : callable, optional
        Returns True once the job is to stop; asked at block granularity.

    Raises
    ------
    Refused, Failed
        See :func:`fold`; :class:`~foldsight.errors.Cancelled` is a Failed.
    """
    from foldsight.io.bundle import to_bundle

    context = Context(progress, cancelled)
    prediction = fold(parse_request(request), context)
    context.check()
    bundle: dict[str, bytes] = to_bundle(prediction)
    context.report(1.0, str(prediction))
    return bundle


def cache_key(request: Mapping[str, Any]) -> str:
    """Return a SHA-256 (hex) that two requests share when they must give one result.

    It covers the canonical sequences, the engine with version and fingerprint (weights,
    library), all settings, the seed unless the engine ignores it, and whether the network
    setting lets the engine run. For ``auto`` it covers what the chain would see. The name
    does not count.
    """
    parsed = parse_request(request)
    if parsed.engine == registry.AUTO:
        seen: Any = [_identity(e, parsed, in_chain=True) for e in chain.members()]
    else:
        seen = _identity(registry.get(parsed.engine), parsed, in_chain=False)
    text = json.dumps([parsed.query.chains, parsed.engine, seen], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _identity(engine: Engine, request: FoldRequest, *, in_chain: bool) -> dict[str, Any]:
    """Return what of an engine decides the result of a request, as JSON values."""
    usable = (chain.why_not if in_chain else attempt.refusal)(engine, request) is None
    if in_chain and not usable:
        return {"id": engine.id, "usable": False}
    wanted = dict(request.settings)
    if in_chain:
        wanted = chain.settings_for(engine, wanted)
    return {
        "id": engine.id,
        "usable": usable,
        "version": engine.version,
        "fingerprint": engine.fingerprint(request) if usable else "",
        "settings": options.resolve(engine, wanted) if options.options_of(engine) else wanted,
        "seed": 0 if engine.caps.deterministic else request.seed,
    }
