"""Handlers of webhooks."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta

from foldsight_server.api.bodies import Body
from foldsight_server.api.calls import Call, Response, page
from foldsight_server.api.views import Row, view_of
from foldsight_server.webhooks.guard import MAX_URL

Event = Literal["job.finished", "job.failed", "comment.created", "annotation.created"]
Url = Annotated[str, Meta(min_length=9, max_length=MAX_URL, pattern=r"^https://[!-~]+$")]
Events = Annotated[list[Event], Meta(min_length=1, max_length=len(get_args(Event)))]
_STATES = ("waiting", "delivered", "failed")
_webhook = view_of(
    "id",
    "project_id",
    "org_id",
    "url",
    "events",
    "created_by",
    "created",
    "failing_since",
    "disabled",
    "note",
)
_delivery = view_of(
    "id", "event_id", "event", "payload", "state", "attempts", "tried", "status", "error", "created"
)


class NewWebhook(Body):
    """Body of ``POST`` of a webhook."""

    url: Url
    events: Events


class WebhookChange(Body):
    """Body of ``PATCH /webhooks/{webhook}``."""

    url: Url | None = None
    events: Events | None = None
    enabled: bool | None = None


async def list_project_webhooks(call: Call) -> Response:
    """List the webhooks of a project; for its owners."""
    return await _list(call, _project(call))


async def add_project_webhook(call: Call) -> Response:
    """Have a receiver told of what happens in a project; its secret is shown this once."""
    return await _add(call, _project(call))


async def list_org_webhooks(call: Call) -> Response:
    """List the webhooks of an organisation; for its owner and admins."""
    return await _list(call, _organization(call))


async def add_org_webhook(call: Call) -> Response:
    """Have a receiver told of what happens in an organisation's projects; its secret is shown this once."""
    return await _add(call, _organization(call))


async def show_webhook(call: Call) -> Response:
    """Show a webhook: where it goes, whether it fails, and why it was disabled."""
    return Response(_webhook(await call.service.webhooks.get(call.identity, call.id("webhook"))))


async def change_webhook(call: Call) -> Response:
    """Change where a webhook goes or what it is told, disable it, or enable it again."""
    body, webhook = call.decode(WebhookChange), call.id("webhook")
    if body.url is not None:
        # Who may not change it must not have names looked up by us either.
        await call.service.webhooks.get(call.identity, webhook)
        await call.service.guard.target(body.url)
    row = await call.service.webhooks.update(call.identity, webhook, body.url, body.events, body.enabled)
    return Response(_webhook(row))


async def delete_webhook(call: Call) -> Response:
    """Delete a webhook and the log of its deliveries."""
    await call.service.webhooks.delete(call.identity, call.id("webhook"))
    return Response({"ok": True})


async def list_deliveries(call: Call) -> Response:
    """List what was or will be delivered to a webhook, newest first."""
    limit = call.limit()
    rows = await call.service.webhooks.deliveries(
        call.identity, call.id("webhook"), call.choice("state", _STATES), call.cursor(), limit + 1
    )
    return page(rows, limit, _delivery, "deliveries")


async def replay_delivery(call: Call) -> Response:
    """Deliver an event once more, with the same event id."""
    row = await call.service.webhooks.replay(call.identity, call.id("webhook"), call.id("delivery"))
    return Response(_delivery(row), status=202)


def _project(call: Call) -> dict[str, str | None]:
    return {"project_id": call.id("project"), "org_id": None}


def _organization(call: Call) -> dict[str, str | None]:
    return {"project_id": None, "org_id": call.id("organization")}


async def _list(call: Call, place: dict[str, str | None]) -> Response:
    rows = await call.service.webhooks.of(call.identity, place)
    return Response({"webhooks": [_webhook(row) for row in rows]})


async def _add(call: Call, place: dict[str, str | None]) -> Response:
    body = call.decode(NewWebhook)
    # As above: only for who may have a webhook here.
    await call.service.webhooks.of(call.identity, place)
    await call.service.guard.target(body.url)
    row: Row = await call.service.webhooks.create(call.identity, place, body.url, body.events)
    return Response({**_webhook(row), "secret": row["secret"]}, status=201)
