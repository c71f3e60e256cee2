"""Registry and settings of engines."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from foldsight.engines import registry
from foldsight.engines.base import Availability, Context
from foldsight.engines.options import resolve
from foldsight.errors import (
    BadRequest,
    EngineUnavailable,
)
from tests.engine_fakes import Configured, Fake, ask


def test_an_engine_that_cannot_be_imported_is_listed_and_breaks_nothing() -> None:
    broken = registry._load(EntryPoint("ghost", "no.such.module:Engine", registry.GROUP))
    facts = registry.describe(broken)
    assert facts["id"] == "ghost"
    assert not facts["ready"]
    assert "no.such.module" in facts["reason"]
    with pytest.raises(EngineUnavailable, match="ghost"):
        broken.fold(ask(), Context())


def test_an_engine_that_cannot_say_whether_it_can_run_cannot() -> None:
    class Confused(Fake):
        def available(self) -> Availability:
            raise OSError("disk gone")

    assert registry.describe(Confused())["reason"] == "disk gone"


def test_an_unknown_engine_is_refused_with_the_names_that_exist(installed: Any) -> None:
    installed(Fake("one"), Fake("two"))
    with pytest.raises(BadRequest, match="no engine 'three'") as caught:
        registry.get("three")
    assert "auto or one of one, two" in caught.value.hint


def test_every_installed_engine_describes_itself() -> None:
    for engine in registry.all():
        facts = registry.describe(engine)
        assert facts["ready"] or facts["fix"], facts


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recycle": 3}, "no setting 'recycle'"),
        ({"recycles": "3"}, "cannot be '3'"),
        ({"recycles": True}, "cannot be True"),
        ({"recycles": 99}, "cannot be 99"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        resolve(Configured(), settings)


def test_settings_get_their_defaults() -> None:
    assert resolve(Configured(), {"chunk": 64}) == {"recycles": 3, "chunk": 64}
