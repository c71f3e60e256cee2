"""Token buckets against a clock that the test holds."""

from __future__ import annotations

import pytest
from foldsight_server import limits
from foldsight_server.api.problems import failure
from foldsight_server.identity import Identity
from foldsight_server.limits import PER_ADDRESS, Buckets, Limits

from foldsight.errors import TooManyRequests
from foldsight.plans import EMBEDDED, PLANS


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def user(name: str, plan: str = "free") -> Identity:
    return Identity(name, name, PLANS[plan])


def test_a_bucket_gives_a_minutes_worth_at_once_and_then_drop_by_drop() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    assert [buckets.take("a", 60) for _ in range(60)] == [0.0] * 60
    assert buckets.take("a", 60) == pytest.approx(1.0)
    assert buckets.take("b", 60) == 0.0
    clock.now += 1.0
    assert buckets.take("a", 60) == 0.0
    clock.now += 3600
    assert [buckets.take("a", 60) > 0 for _ in range(62)] == [False] * 60 + [True, True]


def test_a_user_may_call_a_hundred_times_a_minute_and_is_told_when_again() -> None:
    clock = Clock()
    held = Limits(clock)
    for _ in range(100):
        held.take(user("ana"), "10.0.0.1")
    with pytest.raises(TooManyRequests, match="One user may call 100 times in a minute") as refused:
        held.take(user("ana"), "10.0.0.2")
    response = failure(refused.value)
    assert (response.status, response.headers["Retry-After"]) == (429, "1")
    held.take(user("bea"), "10.0.0.1")
    clock.now += 0.6
    held.take(user("ana"), "10.0.0.1")


def test_an_address_may_call_a_thousand_times_a_minute_whoever_calls() -> None:
    held = Limits(Clock())
    for number in range(PER_ADDRESS):
        held.take(user(f"u{number % 50}"), "10.0.0.1")
    with pytest.raises(TooManyRequests, match="One address may call 1000 times"):
        held.take(user("fresh"), "10.0.0.1")
    held.take(user("fresh"), "10.0.0.2")


def test_a_laptop_is_not_limited() -> None:
    held = Limits(Clock())
    for _ in range(3000):
        held.take(Identity("local", "local", EMBEDDED), "127.0.0.1")


def test_callers_are_forgotten_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST", 3)
    buckets = Buckets(Clock())
    for key in "abcd":
        buckets.take(key, 1)
    assert buckets.take("d", 1) > 0
    assert buckets.take("a", 1) == 0.0
