"""A purchase on a real Hub: Stripe reaches the service through the Hub's proxy without a token of the Hub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.hub_browser import Browser
from tests.hub_site import HubSite, running_hub
from tests.stripe_service import KEY, SECRET, Stripe, environment, signed, stripe_running

SETTINGS = """
plan = "free"

[groups.lab-baker]
organization = "Baker lab"
owner = "alice"
plan = "lab"
"""


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    with stripe_running() as found:
        yield found


@pytest.fixture(scope="module")
def site(stripe: Stripe) -> Iterator[HubSite]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(stripe).items():
            patch.setenv(name, value)
        with running_hub(SETTINGS) as found:
            yield found
            assert "Traceback" not in (found.home / "hub.log").read_text(errors="replace"), found.log()
            assert KEY not in found.log()
            assert SECRET not in found.log()


def call(site: HubSite, person: str, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"Authorization": f"token {site.may(person)}"}
    return httpx.request(method, site.api_url + path, json=body, headers=headers, timeout=60, trust_env=False)


def tell(site: HubSite, body: bytes, signature: str) -> int:
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    url = f"{site.api_url}/billing/stripe"
    return httpx.post(url, content=body, headers=headers, timeout=60, trust_env=False).status_code


def plan(site: HubSite, person: str) -> str:
    # Each call comes with a new token, of which the service asks anew.
    accounts = call(site, person, "GET", "/usage").json()["accounts"]
    return str(accounts[0]["plan"]["id"])


def test_a_plan_is_bought_through_the_hub_and_counts_when_stripe_says_so(
    site: HubSite, stripe: Stripe
) -> None:
    assert plan(site, "alice") == "free"
    page = call(site, "alice", "POST", "/billing/checkout", {"plan": "researcher"})
    assert page.status_code == 201, page.text
    stripe.pay(page.json()["url"])
    events, stripe.events = stripe.events, []
    assert {tell(site, *signed(event, "whsec_" + "x" * 24)) for event in events} == {400}
    assert plan(site, "alice") == "free"
    assert {tell(site, *signed(event)) for event in events for _ in range(2)} == {200}
    site.until(lambda: plan(site, "alice") == "researcher", 20)
    assert plan(site, "bob") == "free"


def test_tokens_for_scripts_are_of_plans_that_have_them(site: HubSite) -> None:
    assert call(site, "bob", "GET", "/projects").status_code == 200, "his laboratory's plan has them"
    answer = call(site, "carol", "GET", "/projects")
    assert answer.status_code == 403
    assert answer.json()["detail"] == "The plan Free has no tokens for scripts."


def test_people_without_such_a_plan_come_by_their_browser_and_their_server(site: HubSite) -> None:
    site.start_servers("carol")
    browser = Browser(site.url, "carol")
    page = browser.visit(f"{site.base}/?billing=paid")
    assert "Signed in as carol, plan Free" in page.text
    assert "It is paid." in page.text
    browser.enter("carol")
    assert browser.call("carol", "GET", "/projects").status_code == 200
    browser.close()
