"""What an operator sets, what subscriptions amount to, what the doctor finds, what the verb shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from foldsight_server.billing.doctor import examine
from foldsight_server.billing.gateway import Gateway
from foldsight_server.billing.settings import read_billing
from foldsight_server.billing.standing import live, standing

from foldsight.cli.main import run
from foldsight.errors import BadRequest
from tests.stripe_service import KEY, SECRET, SITE, Stripe, Thing, environment, stripe_running

GOOD = {
    "FOLDSIGHT_STRIPE_KEY": KEY,
    "FOLDSIGHT_STRIPE_WEBHOOK_SECRET": SECRET,
    "FOLDSIGHT_SITE_URL": SITE + "/",
}


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    with stripe_running() as found:
        yield found


def test_without_a_key_nothing_is_sold_and_with_one_all_of_it_is_needed(tmp_path: Path) -> None:
    assert read_billing({}) is None
    found = read_billing(GOOD)
    assert found is not None
    assert (found.site, found.live, found.tax) == (SITE, False, False)
    assert KEY not in repr(found)
    assert SECRET not in repr(found)
    (tmp_path / "key").write_text("rk_live_1\n")
    (tmp_path / "hook").write_text("whsec_a, whsec_b\n")
    files = {f"FOLDSIGHT_STRIPE_{name}_FILE": str(tmp_path / file)
             for name, file in (("KEY", "key"), ("WEBHOOK_SECRET", "hook"))}  # fmt: skip
    by_file = read_billing({**files, "FOLDSIGHT_SITE_URL": SITE, "FOLDSIGHT_STRIPE_TAX": "on"})
    assert by_file is not None
    assert (by_file.live, by_file.tax, by_file.webhook_secrets) == (True, True, ("whsec_a", "whsec_b"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"FOLDSIGHT_STRIPE_KEY": "pk_live_123"}, "no secret key"),
        ({"FOLDSIGHT_STRIPE_WEBHOOK_SECRET": ""}, "no signing secret"),
        ({"FOLDSIGHT_STRIPE_WEBHOOK_SECRET": "whsec_a,oops"}, "no signing secret"),
        ({"FOLDSIGHT_SITE_URL": "fold.example"}, "FOLDSIGHT_SITE_URL is"),
        ({"FOLDSIGHT_STRIPE_KEY_FILE": "/nowhere/key"}, "cannot be read"),
    ],
)
def test_half_a_setting_is_refused_without_the_secret(changes: dict[str, str], words: str) -> None:
    with pytest.raises(BadRequest, match=words) as refusal:
        read_billing({**GOOD, **changes})
    assert "123" not in str(refusal.value)


def subscription(number: int, status: str, plan: str | None, **more: Any) -> Thing:
    price = {"metadata": {"foldsight_plan": plan} if plan else {}}
    item = {"id": "si", "price": price, "quantity": more.pop("seats", 1), "current_period_end": 1_800_000_000}
    return {"id": f"sub_{number}", "status": status, "items": {"data": [item]}, **more}


@pytest.mark.parametrize(
    ("held", "plan", "seats"),
    [
        ([], None, 1),
        ([subscription(1, "active", "lab", seats=5)], "lab", 5),
        ([subscription(1, "trialing", "lab")], "lab", 1),
        ([subscription(1, "past_due", "researcher")], "researcher", 1),
        *[([subscription(1, status, "lab", seats=5)], None, 1)
          for status in ("incomplete", "incomplete_expired", "unpaid", "canceled", "paused", "new in 2027")],
        ([subscription(1, "active", None)], None, 1),
        ([subscription(1, "active", "embedded")], None, 1),
        ([subscription(2, "active", "researcher"), subscription(1, "active", "lab")], "lab", 1),
        ([subscription(2, "canceled", "lab"), subscription(1, "active", "researcher")], "researcher", 1),
    ],
)  # fmt: skip
def test_the_best_that_is_paid_for_counts(held: list[Thing], plan: str | None, seats: int) -> None:
    for order in (held, held[::-1]):
        found = standing(order)
        assert (found.plan, found.seats) == (plan, seats)


def test_both_ways_to_end_a_subscription_are_told() -> None:
    assert standing([subscription(1, "active", "lab", cancel_at=1_800_000_000)]).cancels
    assert standing([subscription(1, "active", "lab", cancel_at_period_end=True)]).cancels
    assert not standing([subscription(1, "active", "lab", cancel_at=None)]).cancels
    both = [
        subscription(1, "active", "lab"),
        subscription(2, "active", "lab"),
        subscription(3, "canceled", "lab"),
    ]
    assert live(both) == ["sub_1", "sub_2"]


def examined(stripe: Stripe) -> dict[str, tuple[bool, str]]:
    async def ask() -> dict[str, tuple[bool, str]]:
        settings = read_billing(environment(stripe))
        assert settings is not None
        gateway = Gateway(settings)
        found = await examine(gateway)
        await gateway.close()
        return {one.what: (one.ok, one.says) for one in found}

    return asyncio.run(ask())


def spoil(kind: str, **fields: Any) -> Callable[[Stripe], None]:
    def change(stripe: Stripe) -> None:
        stripe.of(kind)[0].update(fields)

    return change


def lab(**fields: Any) -> Callable[[Stripe], None]:
    def change(stripe: Stripe) -> None:
        next(one for one in stripe.of("price") if one["lookup_key"] == "foldsight_lab").update(fields)

    return change


def test_the_doctor_finds_a_good_account_good(stripe: Stripe) -> None:
    found = examined(stripe)
    assert all(ok for ok, _ in found.values()), found
    assert {"key", "price of Lab", "price of Researcher", "meter", "webhook", "customer portal"} <= set(found)
    tiers = [{"up_to": 10, "flat_amount": 29900, "unit_amount": 0}, {"up_to": None, "unit_amount": 1000}]
    lab(unit_amount=None, tiers=tiers)(stripe)
    assert examined(stripe)["price of Lab"][0], "ten seats in the first tier are well"


@pytest.mark.parametrize(
    ("fault", "what", "words"),
    [
        (lab(active=False), "price of Lab", "is missing"),
        (lab(unit_amount=100), "price of Lab", "is not $299"),
        (lab(currency="eur"), "price of Lab", "is not $299"),
        (lab(metadata={}), "price of Lab", "no metadata foldsight_plan=lab"),
        (lab(recurring={"interval": "year"}), "price of Lab", "not paid by the month"),
        (spoil("price", recurring={"interval": "month"}), "price beyond allowances", "is not metered"),
        (spoil("billing.meter", event_name="other"), "meter", "is missing"),
        (spoil("billing.meter", default_aggregation={"formula": "count"}), "meter", "counts otherwise"),
        (spoil("webhook_endpoint", url="https://other.example"), "webhook", "none comes"),
        (spoil("webhook_endpoint", status="disabled"), "webhook", "is disabled"),
        (spoil("webhook_endpoint", enabled_events=["invoice.paid"]), "webhook", "subscription.deleted"),
        (spoil("billing_portal.configuration", is_default=False), "customer portal", "no settings"),
        (spoil("billing_portal.configuration", features={}), "customer portal", "cancel"),
    ],
)  # fmt: skip
def test_the_doctor_names_each_fault_and_no_other(
    stripe: Stripe, fault: Callable[[Stripe], None], what: str, words: str
) -> None:
    fault(stripe)
    found = examined(stripe)
    ok, says = found.pop(what)
    assert not ok
    assert words in says
    assert all(good for name, (good, _) in found.items() if name != "meter"), found


def test_the_doctors_verb(
    stripe: Stripe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["billing", "doctor", "--json"]) == 2
    assert "No account at Stripe" in capsys.readouterr().err
    for name, value in environment(stripe).items():
        monkeypatch.setenv(name, value)
    assert run(["billing", "doctor", "--json"]) == 0
    told = capsys.readouterr().out
    assert json.loads(told)["ok"] is True
    assert KEY not in told
    stripe.things.clear()
    assert run(["billing", "doctor"]) == 1
    told = capsys.readouterr().out
    assert "lookup key foldsight_researcher" in told
    monkeypatch.setenv("FOLDSIGHT_STRIPE_KEY", "sk_test_wrong")
    assert run(["billing", "doctor"]) == 1
    captured = capsys.readouterr()
    assert "Stripe refused this" in captured.out
    assert "sk_test_wrong" not in captured.out + captured.err
