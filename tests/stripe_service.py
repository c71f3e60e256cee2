"""A stand-in for Stripe's API: what FoldSight uses of it, with state, over HTTP, for Stripe's own client.

It follows the documented interface (https://docs.stripe.com/api): form-encoded requests, idempotency
keys, lists, lookup keys, error objects. What people do on Stripe's pages are methods: ``pay``, ``cancel``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY, SECRET = "sk_test_" + "k" * 24, "whsec_" + "s" * 24
SITE = "https://fold.example"
MONTH = 2_592_000
Thing = dict[str, Any]


class Refusal(Exception):
    """An error object of the API."""

    def __init__(self, status: int, message: str, **more: str) -> None:
        kind = {429: "rate_limit_error"}.get(status, "invalid_request_error" if status < 500 else "api_error")
        self.status, self.error = status, {"type": kind, "message": message, **more}


class Stripe(ThreadingHTTPServer):
    """One account at Stripe."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.things: dict[str, Thing] = {}
        self.meter: dict[str, Thing] = {}
        self.events: list[Thing] = []
        #: Every call: method, path, parameters.
        self.calls: list[tuple[str, str, Thing]] = []
        self.answers: dict[str, tuple[str, Thing]] = {}
        #: How many calls from now on break.
        self.broken = 0
        self.stock()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def new(self, prefix: str, kind: str, **fields: Any) -> Thing:
        """Make a thing."""
        made = {
            "id": f"{prefix}_{secrets.token_hex(8)}",
            "object": kind,
            "created": int(time.time()),
            **fields,
        }
        self.things[made["id"]] = made
        return made

    def stock(self) -> None:
        """Set the account up as FoldSight's guide says."""
        meter = self.new(
            "mtr", "billing.meter", event_name="foldsight_predictions", status="active",
            default_aggregation={"formula": "sum"}, value_settings={"event_payload_key": "value"},
            customer_mapping={"event_payload_key": "stripe_customer_id", "type": "by_id"},
        )  # fmt: skip
        for plan, amount in (("researcher", 7900), ("lab", 29900)):
            self.price(plan, amount, metadata={"foldsight_plan": plan})
        metered = {"interval": "month", "interval_count": 1, "usage_type": "metered", "meter": meter["id"]}
        self.price("beyond", 90, recurring=metered)
        self.new("bpc", "billing_portal.configuration", is_default=True, active=True,
                 features={"subscription_cancel": {"enabled": True}})  # fmt: skip
        self.new("we", "webhook_endpoint", url=f"{SITE}/foldsight/api/v1/billing/stripe", status="enabled",
                 enabled_events=["*"])  # fmt: skip

    def price(self, name: str, amount: int, **fields: Any) -> Thing:
        """Sell at a price; another with this lookup key loses it."""
        for held in self.of("price"):
            held["lookup_key"] = None if held["lookup_key"] == f"foldsight_{name}" else held["lookup_key"]
        recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed", "meter": None}
        return self.new("price", "price", **{
            "lookup_key": f"foldsight_{name}", "unit_amount": amount, "currency": "usd", "active": True,
            "recurring": recurring, "metadata": {}, **fields})  # fmt: skip

    def of(self, kind: str) -> list[Thing]:
        """Return all things of a kind, newest first."""
        return [thing for thing in reversed(list(self.things.values())) if thing["object"] == kind]

    def emit(self, kind: str, thing: Thing) -> None:
        """Let something be told."""
        self.events.append({
            "id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": kind, "created": int(time.time()),
            "data": {"object": json.loads(json.dumps(thing))},
        })  # fmt: skip

    def pay(self, url: str) -> Thing:
        """Pay on the page of a checkout; return the subscription."""
        session = self.things[url.rpartition("/")[2]]
        assert session["status"] == "open"
        items = [self._item(line) for line in session["line_items"]]
        subscription = self.new(
            "sub", "subscription", status="active", customer=session["customer"], cancel_at=None,
            cancel_at_period_end=False, metadata=session["subscription_data"].get("metadata", {}),
            items={"object": "list", "data": items},
        )  # fmt: skip
        session |= {"status": "complete", "payment_status": "paid", "subscription": subscription["id"]}
        self.emit("customer.subscription.created", subscription)
        self.emit("checkout.session.completed", session)
        self.emit("invoice.paid", {"object": "invoice", "id": "in_1", "customer": session["customer"]})
        return subscription

    def _item(self, line: Thing) -> Thing:
        price, now = self.things[line["price"]], int(time.time())
        held = {"price": price, "current_period_start": now, "current_period_end": now + MONTH}
        if price["recurring"]["usage_type"] == "licensed":
            held["quantity"] = int(line.get("quantity", 1))
        return self.new("si", "subscription_item", **held)

    def change(self, subscription: Thing, **fields: Any) -> None:
        """Change a subscription, as the portal or a card that fails does."""
        subscription |= fields
        ended = subscription["status"] == "canceled"
        self.emit(f"customer.subscription.{'deleted' if ended else 'updated'}", subscription)

    def answer(self, method: str, path: str, given: Thing, key: str) -> Thing:
        """Answer a call."""
        self.calls.append((method, path, given))
        if self.broken:
            self.broken -= 1
            raise Refusal(500, "An unknown error occurred")
        fingerprint = json.dumps([method, path, given], sort_keys=True)
        if key in self.answers:
            before, answer = self.answers[key]
            if before != fingerprint:
                raise Refusal(
                    400, "Keys can only be used with the same parameters they were first used with."
                )
            return answer
        for pattern, answerer in _CALLS.items():
            found = re.fullmatch(pattern, f"{method} {path}")
            if found:
                answer = answerer(self, given, *found.groups())
                if key:
                    self.answers[key] = (fingerprint, answer)
                return answer
        raise Refusal(404, f"Unrecognized request URL ({method}: {path}).")


def _customers(stripe: Stripe, given: Thing) -> Thing:
    return stripe.new("cus", "customer", name=given.get("name"), metadata=given.get("metadata", {}))


def _prices(stripe: Stripe, given: Thing) -> Thing:
    keys = given["lookup_keys"]
    return _list([price for price in stripe.of("price") if price["lookup_key"] in keys and price["active"]])


def _checkout(stripe: Stripe, given: Thing) -> Thing:
    for line in given["line_items"]:
        price = stripe.things.get(line["price"])
        if price is None:
            raise Refusal(
                400, f"No such price: '{line['price']}'", param="line_items", code="resource_missing"
            )
        if price["recurring"]["usage_type"] == "metered" and "quantity" in line:
            raise Refusal(400, "Quantity should not be specified where usage_type is `metered`.")
    session = stripe.new("cs", "checkout.session", status="open", payment_status="unpaid", **given)
    session["url"] = f"{stripe.url}/pay/{session['id']}"
    return session


def _portal(stripe: Stripe, given: Thing) -> Thing:
    session = stripe.new("bps", "billing_portal.session", **given)
    return {**session, "url": f"{stripe.url}/portal/{session['id']}"}


def _subscriptions(stripe: Stripe, given: Thing) -> Thing:
    found = [held for held in stripe.of("subscription") if held["customer"] == given["customer"]]
    return _list(found)


def _update(stripe: Stripe, given: Thing, name: str) -> Thing:
    subscription = stripe.things[name]
    for change in given.get("items", []):
        stripe.things[change["id"]]["quantity"] = int(change["quantity"])
    stripe.change(subscription)
    return subscription


def _count(stripe: Stripe, given: Thing) -> Thing:
    if given["identifier"] in stripe.meter:
        raise Refusal(400, f"An event already exists with identifier {given['identifier']}.")
    stripe.meter[given["identifier"]] = {**given["payload"], "withdrawn": False}
    return {"object": "billing.meter_event", **given}


def _adjust(stripe: Stripe, given: Thing) -> Thing:
    held = stripe.meter.get(given["cancel"]["identifier"])
    if held is None:
        raise Refusal(404, "No such meter event", code="resource_missing")
    held["withdrawn"] = True
    return {"object": "billing.meter_event_adjustment", "status": "pending", **given}


def _all(kind: str) -> Callable[[Stripe, Thing], Thing]:
    return lambda stripe, _: _list(stripe.of(kind))


def _list(found: list[Thing]) -> Thing:
    return {"object": "list", "data": found, "has_more": False, "url": "/v1"}


_CALLS: dict[str, Callable[..., Thing]] = {
    "POST customers": _customers,
    "GET prices": _prices,
    "POST checkout/sessions": _checkout,
    "POST billing_portal/sessions": _portal,
    "GET subscriptions": _subscriptions,
    r"POST subscriptions/(\w+)": _update,
    "POST billing/meter_events": _count,
    "POST billing/meter_event_adjustments": _adjust,
    "GET billing/meters": _all("billing.meter"),
    "GET webhook_endpoints": _all("webhook_endpoint"),
    "GET billing_portal/configurations": _all("billing_portal.configuration"),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stripe

    def do_GET(self) -> None:
        self._answer("GET", urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def _answer(self, method: str, form: str) -> None:
        path = urlsplit(self.path).path.removeprefix("/v1/")
        try:
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                raise Refusal(401, "Invalid API Key provided")
            with self.server.lock:
                key = self.headers.get("Idempotency-Key", "") if method == "POST" else ""
                status, body = 200, self.server.answer(method, path, nested(form), key)
        except Refusal as refusal:
            status, body = refusal.status, {"error": refusal.error}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Request-Id", f"req_{secrets.token_hex(6)}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *values: Any) -> None:
        """Say nothing."""


def nested(form: str) -> Thing:
    """Return a form of Stripe's as what it says: ``a[b][0]=1`` is ``{"a": {"b": ["1"]}}``."""
    found: Thing = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        place, parts = found, re.findall(r"[^\[\]]+", name)
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    told: Thing = _listed(found)
    return told


def _listed(held: Any) -> Any:
    if not isinstance(held, dict):
        return held
    inner = {key: _listed(value) for key, value in held.items()}
    return list(inner.values()) if inner and all(key.isdigit() for key in inner) else inner


def signed(event: Thing, secret: str = SECRET, age: float = 0.0) -> tuple[bytes, str]:
    """Return the body of a webhook and its signature, made so many seconds ago."""
    body, at = json.dumps(event).encode(), int(time.time() - age)
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, f"t={at},v1={mac}"


@contextmanager
def stripe_running() -> Iterator[Stripe]:
    """Give a running stand-in."""
    server = Stripe()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def environment(server: Stripe) -> dict[str, str]:
    """Return what an operator would set."""
    return {
        "FOLDSIGHT_STRIPE_KEY": KEY, "FOLDSIGHT_STRIPE_WEBHOOK_SECRET": SECRET, "FOLDSIGHT_SITE_URL": SITE,
        "FOLDSIGHT_STRIPE_API": server.url,
    }  # fmt: skip
