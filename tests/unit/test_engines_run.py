"""run_fold and the cache key."""

from __future__ import annotations

from typing import Any

import pytest

from foldsight.engines import run
from foldsight.engines.base import Availability
from foldsight.errors import (
    BadRequest,
    BadSequence,
    FoldSightError,
)
from tests.engine_fakes import MISSING, SEQUENCE, Configured, Fake


def request(**changes: Any) -> dict[str, Any]:
    return {"kind": "fold", "name": "ubq", "sequence": SEQUENCE, "engine": "fake", **changes}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kind": "align"}, BadRequest),
        ({"engine": "alphafold9"}, BadRequest),
        ({"settings": {"speed": 11}}, BadRequest),
        ({"settings": [1]}, BadRequest),
        ({"seed": "1"}, BadRequest),
        ({"seed": -1}, BadRequest),
        ({"seed": True}, BadRequest),
        ({"sequence": None}, BadRequest),
        ({"sequence": "MKTXIAKQRQIS"}, BadSequence),
        ({"network": "open"}, BadRequest),
        ({"sequences": []}, BadRequest),
        ({"engine": "auto", "settings": {"speed": 11}}, BadRequest),
    ],
)
def test_a_wrong_request_is_refused_before_anything_runs(
    installed: Any, changes: dict[str, Any], error: type[FoldSightError]
) -> None:
    installed(Configured())
    with pytest.raises(error) as caught:
        run.parse_request(request(**changes))
    assert caught.value.refused


def test_run_fold_returns_a_bundle_that_reads_back(installed: Any) -> None:
    from foldsight.io.bundle import from_bundle

    installed(Configured())
    seen: list[tuple[float, str]] = []
    files = run.run_fold(request(seed=3), progress=lambda f, m: seen.append((f, m)))
    found = from_bundle(files)
    assert found.name == "ubq"
    assert len(found.structure.residues) == 50
    assert found.confidence.mean == pytest.approx(80)
    assert seen[-1][0] == 1.0


def test_the_cache_key_holds_what_decides_the_result(installed: Any) -> None:
    engine = Configured(deterministic=False)
    installed(engine)
    base = run.cache_key(request())
    assert base == run.cache_key(request(name="other", sequence=SEQUENCE.lower(), settings={"recycles": 3}))
    others = [request(sequence=SEQUENCE[:-1]), request(settings={"recycles": 4}), request(seed=1),
              request(engine="auto")]  # fmt: skip
    keys = {base, *(run.cache_key(other) for other in others)}
    engine.mark = "other weights"
    keys.add(run.cache_key(request()))
    assert len(keys) == 6


def test_the_seed_does_not_count_for_a_deterministic_engine(installed: Any) -> None:
    installed(Configured())
    assert run.cache_key(request(seed=1)) == run.cache_key(request(seed=2))


def test_the_key_of_auto_follows_what_the_chain_would_see(installed: Any) -> None:
    afdb = Fake("afdb", origin="retrieved", sends="hash")
    neural = Fake("esmfold", availability=MISSING)
    installed(afdb, neural)
    base = run.cache_key(request(engine="auto"))
    assert run.cache_key(request(engine="auto", network="off")) != base
    assert run.cache_key(request(engine="auto", network="sequence")) == base
    neural.availability = Availability("ready")
    assert run.cache_key(request(engine="auto")) != base
