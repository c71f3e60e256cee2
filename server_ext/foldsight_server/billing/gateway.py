"""Stripe's API, as far as we use it, through Stripe's own client."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from foldsight.errors import BadRequest, Failed, ServiceUnavailable
from foldsight_server.billing.settings import BillingSettings
from foldsight_server.billing.standing import BEYOND, LOOKUP, METER, sold

_log = logging.getLogger(__name__)
#: Seconds that an answer may take.
_PATIENCE = 20.0
#: Seconds between a signature and its arrival; Stripe's own rule.
TOLERANCE = 300


class BadSignature(BadRequest):
    """A webhook that Stripe has not signed, or not just now."""

    code = "bad_signature"


class Gateway:
    """One account at Stripe.

    Parameters
    ----------
    settings : BillingSettings

    Raises
    ------
    BadRequest
        When Stripe's client is not installed.
    """

    def __init__(self, settings: BillingSettings) -> None:
        try:
            import stripe
        except ImportError as fault:
            raise BadRequest(
                "Stripe's client is not installed.", hint="pip install 'foldsight[billing]'"
            ) from fault
        self.settings, self._stripe = settings, stripe
        addresses: Any = {"api": settings.api} if settings.api else None
        self._http = stripe.HTTPXClient(timeout=_PATIENCE)
        self._client = stripe.StripeClient(
            settings.key, base_addresses=addresses, http_client=self._http, max_network_retries=2
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    def verified(self, payload: bytes, signature: str) -> dict[str, Any]:
        """Return the event in a webhook that Stripe has signed within the last five minutes.

        Raises
        ------
        BadSignature
        """
        for secret in self.settings.webhook_secrets:
            try:
                event = self._client.construct_event(payload, signature, secret, TOLERANCE)
                return dict(event.to_dict())
            except self._stripe.SignatureVerificationError:
                continue
            except ValueError:  # no UTF-8, no JSON
                break
        raise BadSignature("This is not signed by Stripe, or not just now.", hint="Send it through Stripe.")

    async def new_customer(self, account: str, name: str, key: str) -> str:
        """Return the id of a customer; asked again with the same key, of the same one."""
        async with self._asked("customers"):
            made = await self._client.v1.customers.create_async(
                {"name": name, "metadata": {"foldsight_account": account}}, {"idempotency_key": key}
            )
        return str(made.id)

    async def checkout(self, account: str, customer: str, plan: str, seats: int) -> str:
        """Return the address of a page where a plan is paid for.

        Periods begin with the month, as allowances do; what is left of this month is paid by the day.
        """
        prices = await self.prices()
        if LOOKUP + plan not in prices:
            raise ServiceUnavailable(
                f"Stripe knows no price for the plan {plan}.",
                hint="The operator runs: foldsight billing doctor",
            )
        items: list[Any] = [{"price": prices[LOOKUP + plan]["id"], "quantity": seats}]
        if BEYOND in prices:
            items.append({"price": prices[BEYOND]["id"]})
        anchor: Any = {"day_of_month": 1, "hour": 0, "minute": 0, "second": 0}
        async with self._asked("checkout"):
            session = await self._client.v1.checkout.sessions.create_async(
                {
                    "mode": "subscription",
                    "customer": customer,
                    "client_reference_id": account,
                    "line_items": items,
                    "success_url": f"{self.settings.site}/?billing=paid",
                    "cancel_url": f"{self.settings.site}/?billing=left",
                    "automatic_tax": {"enabled": self.settings.tax},
                    "subscription_data": {
                        "metadata": {"foldsight_account": account},
                        "billing_cycle_anchor_config": anchor,
                    },
                }
            )
        return str(session.url)

    async def portal(self, customer: str) -> str:
        """Return the address of the page where a customer changes cards, takes invoices and cancels."""
        async with self._asked("portal"):
            session = await self._client.v1.billing_portal.sessions.create_async(
                {"customer": customer, "return_url": f"{self.settings.site}/"}
            )
        return str(session.url)

    async def subscriptions(self, customer: str) -> list[dict[str, Any]]:
        """Return all subscriptions of a customer, also those that have ended."""
        async with self._asked("subscriptions"):
            found = await self._client.v1.subscriptions.list_async(
                {"customer": customer, "status": "all", "limit": 100}
            )
            return [dict(item.to_dict()) async for item in found.auto_paging_iter()]

    async def set_seats(self, subscription: str, item: str, seats: int) -> None:
        """Change how many seats are paid for; the difference goes on the next invoice."""
        async with self._asked("subscriptions"):
            await self._client.v1.subscriptions.update_async(
                subscription,
                {"items": [{"id": item, "quantity": seats}], "proration_behavior": "create_prorations"},
            )

    async def prices(self) -> dict[str, dict[str, Any]]:
        """Return the prices that are sold today, by lookup key."""
        keys = [*(LOOKUP + plan.id for plan in sold()), BEYOND]
        async with self._asked("prices"):
            found = await self._client.v1.prices.list_async(
                {"lookup_keys": keys, "active": True, "expand": ["data.tiers"], "limit": 100}
            )
        return {str(price.lookup_key): dict(price.to_dict()) for price in found.data}

    async def count(self, name: str, customer: str, at: datetime) -> None:
        """Have the meter count one prediction; what it has counted by this name it counts no second time."""
        async with self._asked("meter"):
            try:
                await self._client.v1.billing.meter_events.create_async(
                    {
                        "event_name": METER,
                        "identifier": name,
                        "timestamp": int(at.timestamp()),
                        "payload": {"stripe_customer_id": customer, "value": "1"},
                    }
                )
            except self._stripe.InvalidRequestError as fault:
                if fault.param != "identifier" and "identifier" not in str(fault.user_message):
                    raise
                _log.info("meter event %s was counted already", name)

    async def take_back(self, name: str) -> None:
        """Have the meter forget what it counted by a name; one that it does not know is forgotten."""
        async with self._asked("meter"):
            try:
                await self._client.v1.billing.meter_event_adjustments.create_async(
                    {"event_name": METER, "type": "cancel", "cancel": {"identifier": name}}
                )
            except self._stripe.InvalidRequestError as fault:
                if fault.http_status != 404 and fault.code != "resource_missing":
                    raise
                _log.info("the meter does not know %s", name)

    async def meters(self) -> list[dict[str, Any]]:
        """Return the meters that are active."""
        async with self._asked("meters"):
            found = await self._client.v1.billing.meters.list_async({"status": "active", "limit": 100})
        return [dict(meter.to_dict()) for meter in found.data]

    async def endpoints(self) -> list[dict[str, Any]]:
        """Return the webhooks of the account."""
        async with self._asked("webhooks"):
            found = await self._client.v1.webhook_endpoints.list_async({"limit": 100})
        return [dict(endpoint.to_dict()) for endpoint in found.data]

    async def portal_settings(self) -> list[dict[str, Any]]:
        """Return the settings of the customer portal that are active."""
        async with self._asked("portal"):
            found = await self._client.v1.billing_portal.configurations.list_async({"active": True})
        return [dict(item.to_dict()) for item in found.data]

    @asynccontextmanager
    async def _asked(self, what: str) -> AsyncIterator[None]:
        """Say in our words what went wrong; Stripe's may name the key."""
        stripe = self._stripe
        try:
            yield
        except (stripe.APIConnectionError, stripe.RateLimitError) as fault:
            raise ServiceUnavailable(f"Stripe does not answer ({what}).", hint="Try again.") from fault
        except stripe.StripeError as fault:
            facts: Mapping[str, Any] = {"status": fault.http_status, "request": fault.request_id}
            _log.error("Stripe refused %s: %s %s", what, type(fault).__name__, facts)
            if fault.http_status is not None and fault.http_status >= 500:
                raise ServiceUnavailable(f"Stripe is broken just now ({what}).", hint="Try again.") from fault
            raise Failed(
                f"Stripe refused this ({what}: {type(fault).__name__}).",
                hint="The operator runs: foldsight billing doctor",
            ) from fault
