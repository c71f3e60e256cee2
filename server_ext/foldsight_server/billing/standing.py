"""From a customer's subscriptions to what their account has; pure.

A price says by its metadata ``foldsight_plan`` which plan it pays for, also one that is sold no
longer. By its lookup key the price is found that is sold today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from foldsight.plans import PLANS, Plan

#: Lookup keys of the prices that are sold: ``foldsight_researcher``, ``foldsight_lab``, and for each
#: prediction beyond an allowance ``foldsight_beyond``.
LOOKUP = "foldsight_"
BEYOND = f"{LOOKUP}beyond"
#: Name of a price's metadata that says its plan.
PLAN = "foldsight_plan"
#: Event name of the meter that counts predictions beyond an allowance.
METER = "foldsight_predictions"
#: While Stripe still tries to get its money, nobody is cut off.
PAID = ("active", "trialing", "past_due")


@dataclass(frozen=True)
class Standing:
    """What an account has by its subscription.

    Attributes
    ----------
    subscription, status : str or None
        None without any.
    plan : str or None
        None when nothing is paid for.
    seats : int
    cancels : bool
        It ends with the period.
    period_end : datetime or None
    """

    subscription: str | None = None
    status: str | None = None
    plan: str | None = None
    seats: int = 1
    cancels: bool = False
    period_end: datetime | None = None


def standing(subscriptions: Iterable[Mapping[str, Any]]) -> Standing:
    """Return what an account has by all of its customer's subscriptions: the best that is paid for.

    Parameters
    ----------
    subscriptions : iterable of mapping
        As the API returns them, in any order.
    """
    found = [_read(subscription) for subscription in subscriptions]
    paid = [one for one in found if one.plan is not None]
    if paid:
        return max(paid, key=lambda one: (PLANS[str(one.plan)].price, one.seats, one.subscription))
    return found[0] if found else Standing()


def live(subscriptions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the subscriptions that are paid for; more than one is paid twice."""
    return sorted(str(one["id"]) for one in subscriptions if _read(one).plan is not None)


def sold() -> list[Plan]:
    """Return the plans that are sold, cheapest first."""
    return sorted((plan for plan in PLANS.values() if plan.price), key=lambda plan: plan.price)


def plan_item(subscription: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the item of a subscription that pays for a plan."""
    known = {plan.id for plan in sold()}
    items: list[Mapping[str, Any]] = subscription["items"]["data"]
    return next((item for item in items if (item["price"].get("metadata") or {}).get(PLAN) in known), None)


def _read(subscription: Mapping[str, Any]) -> Standing:
    item, status = plan_item(subscription), str(subscription["status"])
    if item is None:
        return Standing(str(subscription["id"]), status)
    # An end on a date is told by cancel_at, one with the period by the flag.
    cancels = bool(subscription.get("cancel_at_period_end") or subscription.get("cancel_at"))
    end = item.get("current_period_end")
    paid = status in PAID
    return Standing(
        subscription=str(subscription["id"]),
        status=status,
        plan=str(item["price"]["metadata"][PLAN]) if paid else None,
        seats=max(int(item.get("quantity") or 1), 1) if paid else 1,
        cancels=cancels,
        period_end=None if end is None else datetime.fromtimestamp(int(end), UTC),
    )
