"""Handlers of paying: what is paid, Stripe's pages, seats, more than the allowance; and Stripe's webhook."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from foldsight.errors import NotFound
from foldsight_server.api.bodies import Body
from foldsight_server.api.calls import Call, Response

Seats = Annotated[int, Meta(ge=1, le=1000)]
Beyond = Annotated[int, Meta(ge=0, le=100_000)]
SIGNATURE = "stripe-signature"


class Purchase(Body):
    """Body of ``POST /billing/checkout``; ``lab`` needs an organisation."""

    plan: Literal["researcher", "lab"]
    organization: UUID | None = None
    seats: Seats = 1


class Payer(Body):
    """Body of ``POST /billing/portal``: an organisation, or the caller's own account."""

    organization: UUID | None = None


class Agreement(Body):
    """Body of ``PUT /billing/beyond``: most predictions of a month beyond the allowance, 0 for none."""

    predictions: Beyond
    organization: UUID | None = None


class SeatCount(Body):
    """Body of ``PUT /organizations/{organization}/seats``."""

    seats: Seats


async def show_billing(call: Call) -> Response:
    """Show what is paid for the accounts that the caller answers for, and until when."""
    return Response(await call.service.billing.shown(call.identity))


async def start_checkout(call: Call) -> Response:
    """Give the address of a page of Stripe's where a plan is paid for."""
    body = call.decode(Purchase)
    url = await call.service.billing.checkout(call.identity, body.plan, _id(body.organization), body.seats)
    return Response({"url": url}, status=201)


async def open_portal(call: Call) -> Response:
    """Give the address of Stripe's page for cards, invoices and the end of a subscription."""
    body = call.decode(Payer)
    return Response(
        {"url": await call.service.billing.portal(call.identity, _id(body.organization))}, status=201
    )


async def agree_beyond(call: Call) -> Response:
    """Agree to pay for so many predictions of a month beyond the allowance."""
    body = call.decode(Agreement)
    row = await call.service.billing.agree(call.identity, _id(body.organization), body.predictions)
    return Response({"predictions": row["beyond"]})


async def change_seats(call: Call) -> Response:
    """Change how many seats an organisation pays for."""
    body = call.decode(SeatCount)
    await call.service.billing.seats(call.identity, call.id("organization"), body.seats)
    return Response({"seats": body.seats}, status=202)


async def hear_stripe(call: Call) -> Response:
    """Take note of what Stripe tells; for Stripe alone, which signs it."""
    if call.service.stripe is None:
        raise NotFound("This service sells no plans.", hint="Its operator sets it up.")
    news = await call.service.billing.hear(call.body, call.headers.get(SIGNATURE, ""))
    return Response({"received": True, "news": news})


def _id(organization: UUID | None) -> str | None:
    return None if organization is None else str(organization)
