"""Paying for plans: bought, told by Stripe in every disorder, used, ended."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from foldsight_server.billing.bookkeeper import Bookkeeper
from foldsight_server.hub.members import Members
from foldsight_server.hub.people import Person
from foldsight_server.hub.settings import Group, HubSettings
from foldsight_server.store.queue import Place, Result

from foldsight.errors import QuotaExceeded
from foldsight.plans import PLANS
from tests.stripe_service import SITE, Stripe, environment, signed, stripe_running

if TYPE_CHECKING:
    from conftest import Workplace

HOOK = "/billing/stripe"


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    with stripe_running() as found:
        yield found


@pytest.fixture(scope="module")
def shop(
    stripe: Stripe, module_folder: Path, workplace_in: Callable[[Path], Workplace]
) -> Iterator[Workplace]:
    """An application that sells."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(stripe).items():
            patch.setenv(name, value)
        with workplace_in(module_folder) as found:
            yield found
            found.run(found.core.service.stripe.close())  # type: ignore[union-attr]


def books(shop: Workplace) -> Bookkeeper:
    service = shop.core.service
    assert service.stripe is not None
    return Bookkeeper(service.database, service.stripe, service.metrics.billing)


def settle(shop: Workplace) -> None:
    shop.run(books(shop).settle())


def hear(shop: Workplace, body: bytes, signature: str) -> int:
    from foldsight_server.identity import nobody

    headers = {"stripe-signature": signature}
    work = shop.core.dispatch("POST", HOOK, nobody(""), {}, body, headers=headers)
    return int(shop.run(work).status)


def deliver(shop: Workplace, stripe: Stripe) -> None:
    """Tell everything that is to be told, as Stripe does when all is well."""
    events, stripe.events = stripe.events, []
    for event in events:
        assert hear(shop, *signed(event)) == 200
    settle(shop)


def plan_of(shop: Workplace, person: str, settings: HubSettings) -> str:
    members = Members(shop.core.service, settings)
    identity = shop.run(members.welcome(Person(person, person, frozenset(), "predict")))
    return str(identity.plan.id)


def organization(shop: Workplace, user: str = "ana", name: str = "Baker lab") -> str:
    made = shop.good(user, "POST", "/organizations", {"name": name}, plan="free")
    return str(made["id"])


def lab(shop: Workplace, stripe: Stripe, user: str = "ana", seats: int = 3) -> tuple[str, dict[str, Any]]:
    """Buy a laboratory its plan."""
    org = organization(shop, user)
    body = {"plan": "lab", "organization": org, "seats": seats}
    page = shop.good(user, "POST", "/billing/checkout", body, plan="free")
    subscription = stripe.pay(page["url"])
    deliver(shop, stripe)
    return org, subscription


def changes(shop: Workplace, subject: str) -> int:
    rows = shop.sql(
        "SELECT count(*) AS n FROM audit_log WHERE action = 'billing.change' AND subject = %s", subject
    )
    return int(rows[0]["n"])


def of_org(shop: Workplace, org: str) -> dict[str, Any]:
    return shop.sql("SELECT plan, seat_count, base_plan FROM organizations WHERE id = %s", org)[0]


def test_a_person_buys_uses_and_ends_a_plan(shop: Workplace, stripe: Stripe) -> None:
    free = HubSettings(plan="free")
    assert plan_of(shop, "rosa", free) == "free"
    page = shop.good("rosa", "POST", "/billing/checkout", {"plan": "researcher"}, plan="free")
    asked = next(given for method, path, given in stripe.calls if path == "checkout/sessions")
    assert asked["subscription_data"]["billing_cycle_anchor_config"]["day_of_month"] == "1"
    assert [line.get("quantity") for line in asked["line_items"]] == ["1", None]
    assert asked["success_url"].startswith(SITE)
    subscription = stripe.pay(page["url"])
    assert plan_of(shop, "rosa", free) == "free", "nothing is given before Stripe has said so"
    deliver(shop, stripe)
    assert plan_of(shop, "rosa", free) == "researcher"
    assert plan_of(shop, "rosa", HubSettings(plan="institute")) == "institute", (
        "what is paid takes nothing away"
    )
    again = shop.ask("rosa", "POST", "/billing/checkout", {"plan": "researcher"}, plan="free")
    assert (again[0], again[1]["code"]) == (409, "conflict")
    told = shop.good("rosa", "GET", "/billing", plan="researcher")["accounts"][0]["subscription"]
    assert (told["plan"], told["status"], told["ends"]) == ("researcher", "active", False)
    assert shop.good("rosa", "POST", "/billing/portal", {}, plan="free")["url"].startswith(stripe.url)

    stripe.change(subscription, cancel_at_period_end=True)
    deliver(shop, stripe)
    assert plan_of(shop, "rosa", free) == "researcher", "until the period ends"
    assert shop.good("rosa", "GET", "/billing")["accounts"][0]["subscription"]["ends"] is True
    stripe.change(subscription, status="past_due")
    deliver(shop, stripe)
    assert plan_of(shop, "rosa", free) == "researcher", "while Stripe tries the card again"
    stripe.change(subscription, status="canceled")
    deliver(shop, stripe)
    assert plan_of(shop, "rosa", free) == "free"
    assert changes(shop, "rosa") == 4


def test_an_organisation_has_the_seats_that_it_pays_for(shop: Workplace, stripe: Stripe) -> None:
    org, subscription = lab(shop, stripe, seats=2)
    assert of_org(shop, org) == {"plan": "lab", "seat_count": 2, "base_plan": "free"}
    for user in ("ben", "cleo"):
        shop.good(user, "GET", "/projects")
    put = f"/organizations/{org}/members"
    assert shop.ask("ana", "PUT", f"{put}/ben", {"role": "admin"})[0] == 200
    status, problem = shop.ask("ana", "PUT", f"{put}/cleo", {"role": "member"})
    assert (status, problem["detail"]) == (429, "All 2 seats are taken.")
    shop.good("ben", "PUT", f"/organizations/{org}/seats", {"seats": 3})
    deliver(shop, stripe)
    assert of_org(shop, org)["seat_count"] == 3
    assert shop.ask("ana", "PUT", f"{put}/cleo", {"role": "member"})[0] == 200
    status, problem = shop.ask("ana", "PUT", f"/organizations/{org}/seats", {"seats": 2})
    assert (status, problem["detail"]) == (409, "The organisation has 3 members.")
    assert shop.ask("cleo", "POST", "/billing/portal", {"organization": org})[0] == 403
    assert shop.ask("dora", "POST", "/billing/portal", {"organization": org})[0] == 404
    stripe.change(subscription, status="unpaid")
    deliver(shop, stripe)
    assert of_org(shop, org) == {"plan": "free", "seat_count": 1, "base_plan": "free"}
    members = shop.good("ana", "GET", f"/organizations/{org}/members")["members"]
    assert len(members) == 3, "nobody is thrown out"


def test_every_event_five_times_shuffled_and_twenty_at_once_has_one_effect(
    shop: Workplace, stripe: Stripe
) -> None:
    org = organization(shop, name="Twenty")
    page = shop.good(
        "ana", "POST", "/billing/checkout", {"plan": "lab", "organization": org, "seats": 4}, plan="free"
    )
    subscription = stripe.pay(page["url"])
    stripe.change(subscription, status="past_due")
    stripe.change(subscription, status="active", cancel_at_period_end=True)
    events, stripe.events = stripe.events, []
    before = shop.sql("SELECT count(*) AS n FROM stripe_events")[0]["n"]
    told = [signed(event) for event in events for _ in range(5)]
    random.Random(7).shuffle(told)
    with ThreadPoolExecutor(20) as pool:
        looking = [pool.submit(settle, shop) for _ in range(3)]
        assert set(pool.map(lambda one: hear(shop, *one), told)) == {200}
        for one in looking:
            one.result()
    settle(shop)
    assert shop.sql("SELECT count(*) AS n FROM stripe_events")[0]["n"] - before == len(events) == 5
    assert shop.sql("SELECT count(*) AS n FROM stripe_events WHERE applied IS NULL")[0]["n"] == 0
    assert of_org(shop, org) == {"plan": "lab", "seat_count": 4, "base_plan": "free"}
    assert changes(shop, org) == 1, "all of them say one thing, which is done once"


def test_twenty_copies_of_one_event_at_once_are_one(shop: Workplace, stripe: Stripe) -> None:
    org, subscription = lab(shop, stripe)
    stripe.change(subscription, status="canceled")
    [event], stripe.events = stripe.events, []
    body, signature = signed(event)
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: hear(shop, body, signature), range(20))) == {200}
        list(pool.map(lambda _: settle(shop), range(4)))
    assert (of_org(shop, org)["plan"], changes(shop, org)) == ("free", 2)


def test_events_in_the_wrong_order_end_as_stripe_is(shop: Workplace, stripe: Stripe) -> None:
    org = organization(shop, name="Backwards")
    page = shop.good("ana", "POST", "/billing/checkout", {"plan": "lab", "organization": org}, plan="free")
    subscription = stripe.pay(page["url"])
    stripe.change(subscription, status="canceled")
    stripe.events.reverse()  # its end first, its beginning last
    for event in list(stripe.events):
        stripe.events = [event]
        deliver(shop, stripe)
    assert (of_org(shop, org)["plan"], changes(shop, org)) == ("free", 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body, signature: (body, ""),
        lambda body, signature: (body, "t=,v1="),
        lambda body, signature: (body, signature.replace("v1=", "v0=")),
        lambda body, signature: (body, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
        lambda body, signature: (body.replace(b"canceled", b"active"), signature),
        lambda body, signature: (b"\xff" + body, signature),
        lambda body, signature: (b"", signature),
        lambda body, signature: signed({"id": "evt_x"}, "whsec_" + "x" * 24),
        lambda body, signature: signed({"id": "evt_old", "object": "event", "type": "invoice.paid"}, age=600),
    ],
    ids=["none", "empty", "scheme", "wrong", "tampered", "no text", "no body", "other secret", "old"],
)
def test_what_stripe_has_not_signed_just_now_is_refused(shop: Workplace, stripe: Stripe, spoil: Any) -> None:
    event = {"id": "evt_spoilt", "object": "event", "type": "customer.subscription.deleted",
             "data": {"object": {"object": "subscription", "status": "canceled"}}}  # fmt: skip
    before = shop.sql("SELECT count(*) AS n FROM stripe_events")[0]["n"]
    for _ in range(2):
        assert hear(shop, *spoil(*signed(event))) == 400
    assert shop.sql("SELECT count(*) AS n FROM stripe_events")[0]["n"] == before


@pytest.mark.parametrize("data", [None, [], {"object": []}, {"object": {"customer": 7}}])
def test_a_signed_event_of_a_strange_shape_breaks_nothing(shop: Workplace, data: object) -> None:
    assert hear(shop, *signed({"object": "event", "data": data})) == 400
    strange = {"id": f"evt_{uuid.uuid4().hex}", "object": "event", "type": "invoice.paid", "data": data}
    assert hear(shop, *signed(strange)) == 200


def test_events_that_concern_nobody_here_need_no_work(shop: Workplace, stripe: Stripe) -> None:
    for kind, customer in (
        ("invoice.paid", "cus_other"),
        ("charge.refunded", None),
        ("customer.created", "cus_x"),
    ):
        stripe.emit(kind, {"object": "x", "customer": customer})
    events, stripe.events = stripe.events, []
    asked = len(stripe.calls)
    assert [hear(shop, *signed(event)) for event in events] == [200, 200, 200]
    settle(shop)
    assert len(stripe.calls) == asked


def test_what_stripe_does_not_answer_now_is_asked_again(shop: Workplace, stripe: Stripe) -> None:
    org, subscription = lab(shop, stripe)
    stripe.change(subscription, status="canceled")
    [event], stripe.events = stripe.events, []
    stripe.broken = 3  # the client tries three times
    assert hear(shop, *signed(event)) == 200, "it is on record, whether Stripe answers or not"
    settle(shop)
    assert of_org(shop, org)["plan"] == "lab"
    assert stripe.broken == 0
    shop.sql("UPDATE stripe_events SET not_before = now() WHERE applied IS NULL")
    settle(shop)
    assert of_org(shop, org)["plan"] == "free"


def test_a_webhook_that_never_came_is_made_up_for_within_a_day(shop: Workplace, stripe: Stripe) -> None:
    org, subscription = lab(shop, stripe)
    stripe.change(subscription, status="canceled")
    stripe.events = []
    settle(shop)
    assert of_org(shop, org)["plan"] == "lab"
    shop.sql(
        "UPDATE billing_accounts SET read = now() - interval '25 hours' WHERE account = %s", f"org:{org}"
    )
    settle(shop)
    assert of_org(shop, org)["plan"] == "free"


def test_two_who_buy_at_once_are_one_customer(shop: Workplace, stripe: Stripe) -> None:
    org = organization(shop, name="Both")
    body = {"plan": "lab", "organization": org}
    with ThreadPoolExecutor(2) as pool:
        pages = list(
            pool.map(lambda _: shop.good("ana", "POST", "/billing/checkout", body, plan="free"), "ab")
        )
    assert len({page["url"] for page in pages}) == 2
    subscriptions = [stripe.pay(page["url"]) for page in pages]
    assert len({one["customer"] for one in subscriptions}) == 1
    deliver(shop, stripe)
    assert of_org(shop, org)["plan"] == "lab"
    stripe.change(subscriptions[0], status="canceled")
    deliver(shop, stripe)
    assert of_org(shop, org)["plan"] == "lab", "the other one is still paid"


def test_a_price_that_is_no_longer_sold_keeps_its_plan(shop: Workplace, stripe: Stripe) -> None:
    org, subscription = lab(shop, stripe)
    stripe.price("lab", 34900, metadata={"foldsight_plan": "lab"})
    assert subscription["items"]["data"][0]["price"]["lookup_key"] is None
    stripe.change(subscription)
    deliver(shop, stripe)
    assert of_org(shop, org)["plan"] == "lab"
    stripe.price("lab", 29900, metadata={"foldsight_plan": "lab"})


def test_what_cannot_be_bought_is_refused(shop: Workplace, stripe: Stripe) -> None:
    org = organization(shop, name="Refused")

    def refused(body: object, status: int, words: str, **options: Any) -> None:
        answer = shop.ask("ana", "POST", "/billing/checkout", body, **{"plan": "free", **options})
        assert (answer[0], words in answer[1]["detail"]) == (status, True), answer

    refused({"plan": "lab"}, 400, "bought for an organisation")
    refused({"plan": "researcher", "organization": org}, 400, "one person's plan")
    refused({"plan": "institute"}, 400, "institute")
    refused({"plan": "lab", "organization": org, "seats": 0}, 400, "seats")
    refused({"plan": "researcher"}, 409, "has Institute already", plan="institute")
    refused({"plan": "researcher"}, 403, "own has no plans", plan="embedded")
    refused({"plan": "researcher"}, 403, "may not predict", may="annotate")
    assert shop.ask("ana", "PUT", "/billing/beyond", {"predictions": 5})[0] == 409


def test_the_hubs_file_does_not_take_a_paid_plan_away(shop: Workplace, stripe: Stripe) -> None:
    groups = {"lab-x": Group(organization="X", plan="researcher", owner="xena")}
    settings = HubSettings(plan="free", groups=groups)
    assert plan_of(shop, "xena", settings) == "free"
    org = str(shop.sql("SELECT id FROM organizations WHERE hub_group = 'lab-x'")[0]["id"])
    body = {"plan": "lab", "organization": org}
    subscription = stripe.pay(shop.good("xena", "POST", "/billing/checkout", body, plan="free")["url"])
    deliver(shop, stripe)
    assert plan_of(shop, "xena", settings) == "free"
    assert of_org(shop, org)["plan"] == "lab"
    given = HubSettings(
        plan="free", groups={"lab-x": Group(organization="X", plan="institute", owner="xena")}
    )
    plan_of(shop, "xena", given)
    assert of_org(shop, org) == {"plan": "lab", "seat_count": 1, "base_plan": "institute"}
    stripe.change(subscription, status="canceled")
    deliver(shop, stripe)
    assert of_org(shop, org)["plan"] == "institute"


def submit(shop: Workplace, account: str, number: int) -> str:
    request = {"kind": "fold", "name": f"job {number}", "engine": "retrieve", "sequence": "MKT"}
    work = shop.core.service.queue.submit(
        ("ana", "Ana"), request, f"{account}-{number}", PLANS["lab"], place=Place(account=account)
    )
    return str(shop.run(work)[0]["id"])


def test_beyond_the_allowance_each_prediction_is_counted_once_at_stripe(
    shop: Workplace, stripe: Stripe
) -> None:
    org, subscription = lab(shop, stripe)
    account, customer = f"org:{org}", subscription["customer"]
    submit(shop, account, 0)
    shop.sql("UPDATE usage SET used = 498 WHERE account = %s", account)
    submit(shop, account, 1)
    submit(shop, account, 2)
    with pytest.raises(QuotaExceeded):
        submit(shop, account, 3)
    body = {"organization": org, "predictions": 7}
    assert shop.good("ana", "PUT", "/billing/beyond", body) == {"predictions": 7}

    def tried(number: int) -> bool:
        try:
            return bool(submit(shop, account, number))
        except QuotaExceeded:
            return False

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(tried, range(100, 140))) == 7
    stripe.broken = 2  # counted by the client's third try
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: settle(shop), range(3)))
    counted = [name for name, held in stripe.meter.items() if held["stripe_customer_id"] == customer]
    assert len(counted) == 7
    # A server that dies after Stripe has counted and before it has taken note tells once more.
    shop.sql("UPDATE meter_events SET state = 'waiting', not_before = now() WHERE account = %s", account)
    settle(shop)
    states = shop.sql("SELECT state, count(*) AS n FROM meter_events WHERE account = %s GROUP BY 1", account)
    assert states == [{"state": "sent", "n": 7}]
    assert len([held for held in stripe.meter.values() if held["stripe_customer_id"] == customer]) == 7
    used = shop.good("ana", "GET", "/usage", plan="lab")["accounts"]
    predictions = next(one for one in used if one["account"] == account)["predictions"]
    assert predictions == {"used": 507, "allowance": 500, "left": 0, "beyond": 7}


def test_a_prediction_that_is_given_back_is_taken_back_at_stripe(shop: Workplace, stripe: Stripe) -> None:
    org, subscription = lab(shop, stripe)
    account = f"org:{org}"
    shop.sql("DELETE FROM jobs WHERE state = 'queued'")
    shop.good("ana", "PUT", "/billing/beyond", {"organization": org, "predictions": 10})
    first = submit(shop, account, 0)
    shop.sql("UPDATE usage SET used = 500 WHERE account = %s", account)
    jobs = [first, *(submit(shop, account, number) for number in (1, 2))]
    settle(shop)
    third = submit(shop, account, 3)
    queue = shop.core.service.queue
    # The newest has not been told of yet and never is; then one that Stripe has counted is taken back.
    for expected in (["sent", "sent", "withdrawn"], ["sent", "withdrawing", "withdrawn"]):
        claim = shop.run(queue.claim("test", 60))[0]
        assert shop.run(queue.finish(claim, Result([], {"origin": "retrieved"})))
        rows = shop.sql("SELECT state FROM meter_events WHERE account = %s ORDER BY state", account)
        assert [row["state"] for row in rows] == expected
    settle(shop)
    mine = [held for held in stripe.meter.values() if held["stripe_customer_id"] == subscription["customer"]]
    assert sorted(held["withdrawn"] for held in mine) == [False, True]
    assert third not in jobs


def test_an_account_that_still_pays_is_not_deleted(shop: Workplace, stripe: Stripe) -> None:
    shop.good("paul", "GET", "/projects", plan="free")
    page = shop.good("paul", "POST", "/billing/checkout", {"plan": "researcher"}, plan="free")
    subscription = stripe.pay(page["url"])
    deliver(shop, stripe)
    status, problem = shop.ask("paul", "POST", "/account/deletion", {"confirm": "paul"})
    assert (status, problem["detail"]) == (409, "paul still pays for the plan Researcher.")
    stripe.change(subscription, cancel_at_period_end=True)
    deliver(shop, stripe)
    shop.good("paul", "POST", "/account/deletion", {"confirm": "paul"})
    shop.sql("UPDATE account_deletions SET due = now() WHERE user_id = 'paul'")
    assert shop.run(shop.core.service.privacy.forget_due()) == 1
    assert shop.sql("SELECT 1 FROM billing_accounts WHERE account = 'paul'") == []


def test_no_worker_inherits_the_key(shop: Workplace, stripe: Stripe) -> None:
    from foldsight_server.dispatch.child import _SECRETS

    assert set(environment(stripe)) - {"FOLDSIGHT_SITE_URL", "FOLDSIGHT_STRIPE_API"} <= set(_SECRETS)
    assert os.environ["FOLDSIGHT_STRIPE_KEY"] not in repr(shop.core.service.stripe.settings)  # type: ignore[union-attr]
