"""Handlers that tell of the service itself."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from foldsight._version import __version__
from foldsight.plans import EMBEDDED, INSTITUTE, PLANS
from foldsight_server.api.calls import Call, Response


async def health(call: Call) -> Response:
    """Say that the service is up, who the caller is, how many jobs wait or run, and on what."""
    facts: dict[str, Any] = {
        "ok": True,
        "version": __version__,
        "user": call.identity.name,
        "home": str(call.service.home),
    }
    dispatcher = call.service.dispatcher
    facts |= {"busy": await call.service.queue.busy(), "dispatches": dispatcher.leads}
    return Response({**facts, "workers": dispatcher.workers})


async def list_plans(_: Call) -> Response:
    """List the plans that can be bought, cheapest first."""
    bought = sorted(
        (plan for plan in PLANS.values() if plan not in (EMBEDDED, INSTITUTE)), key=lambda plan: plan.price
    )
    rows = [{**asdict(plan), "features": sorted(plan.features)} for plan in bought]
    return Response({"plans": rows})


async def show_usage(call: Call) -> Response:
    """Show what the caller's accounts have used of their plans in this period."""
    return Response(await call.service.usage.of(call.identity))


async def engines(call: Call) -> Response:
    """List the engines and whether each can run where the jobs run."""
    return Response({"engines": await asyncio.to_thread(_engines)})


def _engines() -> list[dict[str, Any]]:
    from foldsight.engines import registry

    return [registry.describe(engine) for engine in registry.all()]
