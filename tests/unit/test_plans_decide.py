"""Whether a request fits a plan."""

from __future__ import annotations

import pytest

from foldsight.plans import EMBEDDED, Allow, Plan, Refuse, decide

FREE = Plan("free", "Free", 10, max_running=1)


@pytest.mark.parametrize("used", [0, 9])
def test_what_is_left_may_be_used(used: int) -> None:
    assert decide(used, FREE, free=False) == Allow(1)


@pytest.mark.parametrize("used", [10, 11])
def test_beyond_the_allowance_is_refused_in_a_sentence(used: int) -> None:
    verdict = decide(used, FREE, free=False)
    assert isinstance(verdict, Refuse)
    assert verdict.reason == "All 10 predictions of this period are used."
    assert "next period" in verdict.hint


def test_what_is_free_is_never_charged_nor_refused() -> None:
    assert decide(10, FREE, free=True) == Allow(0)


def test_the_embedded_plan_has_no_limit() -> None:
    assert decide(10**6, EMBEDDED, free=False) == Allow(0)
