"""Whether an account at Stripe is set up as FoldSight needs it; changes nothing there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from foldsight.errors import FoldSightError
from foldsight.plans import Plan
from foldsight_server.api.routes import PREFIX
from foldsight_server.billing.gateway import Gateway
from foldsight_server.billing.standing import BEYOND, LOOKUP, METER, PLAN, sold
from foldsight_server.store.billing import FOLLOWED

#: Where Stripe's webhooks come to, under the site.
HOOK = f"{PREFIX}/billing/stripe"


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at; ``mend`` is what would help."""

    what: str
    ok: bool
    says: str
    mend: str = ""


async def examine(stripe: Gateway) -> list[Checked]:
    """Look at prices, meter, webhook and portal.

    Parameters
    ----------
    stripe : Gateway

    Returns
    -------
    list of Checked
    """
    steps: list[tuple[str, Callable[[Gateway], Awaitable[list[Checked]]]]] = [
        ("prices", _prices), ("meter", _meter), ("webhook", _webhook), ("customer portal", _portal),
    ]  # fmt: skip
    mode = "live: real money moves" if stripe.settings.live else "test mode"
    found = [Checked("key", True, mode)]
    for name, step in steps:
        try:
            found += await step(stripe)
        except FoldSightError as fault:
            mend = "A restricted key needs to read it; a key of test mode sees test mode alone."
            found.append(Checked(name, False, fault.message, mend))
    return found


async def _prices(stripe: Gateway) -> list[Checked]:
    prices = await stripe.prices()
    return [*(_price(plan, prices.get(LOOKUP + plan.id)) for plan in sold()), _beyond(prices.get(BEYOND))]


def _price(plan: Plan, price: Mapping[str, Any] | None) -> Checked:
    what, key = f"price of {plan.title}", LOOKUP + plan.id
    if price is None:
        return Checked(
            what, False, "is missing", f"Make a monthly price of ${plan.price} with lookup key {key}."
        )
    faults = []
    recurring = price.get("recurring") or {}
    if (recurring.get("interval"), recurring.get("interval_count", 1)) != ("month", 1):
        faults.append("is not paid by the month")
    if (price.get("metadata") or {}).get(PLAN) != plan.id:
        faults.append(f"has no metadata {PLAN}={plan.id}")
    if price.get("currency") != "usd" or _first(price) != plan.price * 100:
        faults.append(f"is not ${plan.price} for the first seat")
    says = f"{price['id']} {', '.join(faults)}" if faults else str(price["id"])
    return Checked(what, not faults, says, "docs/operators/billing.md says how a price is made.")


def _first(price: Mapping[str, Any]) -> int | None:
    """Return what one seat costs, in cents: by tiers where a flat amount holds some seats."""
    tiers = price.get("tiers") or []
    if not tiers:
        return price.get("unit_amount")
    return int(tiers[0].get("flat_amount") or 0) + int(tiers[0].get("unit_amount") or 0)


def _beyond(price: Mapping[str, Any] | None) -> Checked:
    what = "price beyond allowances"
    if price is None:
        return Checked(what, True, "none: nobody can agree to more than the allowance")
    recurring = price.get("recurring") or {}
    good = recurring.get("usage_type") == "metered" and bool(recurring.get("meter"))
    mend = f"Make it a metered price of the meter {METER}."
    return Checked(what, good, str(price["id"]) if good else f"{price['id']} is not metered", mend)


async def _meter(stripe: Gateway) -> list[Checked]:
    prices = await stripe.prices()
    if BEYOND not in prices:
        return []
    found = [meter for meter in await stripe.meters() if meter["event_name"] == METER]
    mend = f"Make a meter with event name {METER} that sums the key value by customer stripe_customer_id."
    if not found:
        return [Checked("meter", False, "is missing or inactive", mend)]
    meter = found[0]
    good = (
        (meter.get("default_aggregation") or {}).get("formula") == "sum"
        and (meter.get("customer_mapping") or {}).get("event_payload_key") == "stripe_customer_id"
        and (meter.get("value_settings") or {}).get("event_payload_key") == "value"
        and (prices[BEYOND].get("recurring") or {}).get("meter") == meter["id"]
    )
    return [Checked("meter", good, str(meter["id"]) if good else f"{meter['id']} counts otherwise", mend)]


async def _webhook(stripe: Gateway) -> list[Checked]:
    url = stripe.settings.site + HOOK
    found = [one for one in await stripe.endpoints() if one["url"].rstrip("/") == url]
    mend = f"Make a webhook to {url} for: {', '.join(FOLLOWED)}."
    if not found:
        return [Checked("webhook", False, "none comes to this site", mend)]
    hook = found[0]
    if hook.get("status") != "enabled":
        return [Checked("webhook", False, f"{hook['id']} is disabled", "Enable it at Stripe.")]
    told = set(hook.get("enabled_events") or ())
    lacking = [] if "*" in told else [name for name in FOLLOWED if name not in told]
    says = f"{hook['id']} is not told of {', '.join(lacking)}" if lacking else str(hook["id"])
    return [Checked("webhook", not lacking, says, mend)]


async def _portal(stripe: Gateway) -> list[Checked]:
    found = [one for one in await stripe.portal_settings() if one.get("is_default")]
    mend = "Save the settings of the customer portal at Stripe; allow cancelling there."
    if not found:
        return [Checked("customer portal", False, "has no settings yet", mend)]
    cancels = ((found[0].get("features") or {}).get("subscription_cancel") or {}).get("enabled")
    says = "is set up" if cancels else "does not let people cancel"
    return [Checked("customer portal", bool(cancels), says, mend)]
