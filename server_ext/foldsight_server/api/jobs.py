"""Handlers of jobs: submit, list, show, cancel, fetch results, follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Any, get_args

from foldsight import jobs, settings
from foldsight.errors import BadRequest, NotFound
from foldsight.plans import Plan
from foldsight_server.api.bodies import Submit
from foldsight_server.api.calls import Call, Response
from foldsight_server.events import changed
from foldsight_server.store.queue import Place

#: Longest time, seconds, that a long poll is held.
MAX_WAIT = 60.0
_TYPES = {"cif": "chemical/x-mmcif", "pdb": "chemical/x-pdb", "json": "application/json"}


async def submit(call: Call) -> Response:
    """Check a fold request and queue it."""
    call.identity.require("predict")
    body = call.decode(Submit)
    normal, key = await asyncio.to_thread(_checked, _request(body))
    user = (call.identity.id, call.identity.name)
    place, plan = await place_of(call, body.project)
    normal, key = place.bind(normal, key)
    known = partial(call.service.results.known, key, normal["name"], place.region)
    row, new = await call.service.queue.submit(user, normal, key, plan, known, place=place)
    return Response(view(row), status=202 if new else 200)


async def forecast_job(call: Call) -> Response:
    """Say what a fold request would cost and how many jobs would run before it; nothing is queued."""
    call.identity.require("predict")
    body = call.decode(Submit)
    normal, key = await asyncio.to_thread(_checked, _request(body))
    place, plan = await place_of(call, body.project)
    normal, key = place.bind(normal, key)
    known = await call.service.results.known(key, normal["name"], place.region)
    account = place.account or call.identity.id
    return Response(await call.service.usage.forecast(call.identity, account, plan, free=known is not None))


def _request(body: Submit) -> dict[str, Any]:
    return {
        "kind": body.kind, "name": body.name[:200], "sequence": body.sequence, "engine": body.engine,
        "settings": body.settings, "seed": body.seed, "network": settings.network(body.network),
    }  # fmt: skip


async def place_of(call: Call, project: str | None) -> tuple[Place, Plan]:
    """Return where a prediction goes, who pays and by which plan."""
    if project is None:
        return Place(account=call.identity.account), call.identity.plan
    async with call.service.access.project(call.identity, project, "predict") as held:
        return Place(held.id, held.account, held.region), held.plan


def _checked(request: dict[str, Any]) -> tuple[dict[str, Any], str]:
    from foldsight.engines.run import cache_key, parse_request

    parsed = parse_request(request)
    normal = {**request, "sequence": parsed.query.sequence, "name": parsed.query.name}
    return normal, cache_key(normal)


async def listing(call: Call) -> Response:
    """List the caller's jobs, newest first."""
    state = call.query.get("state")
    if state is not None and state not in get_args(jobs.State):
        raise BadRequest(f"{state!r} is not a state.", hint=f"Use one of {', '.join(jobs.STATES)}.")
    rows = await call.service.queue.list(call.identity.id, state, int(call.number("limit", 50, 1000)))
    return Response({"jobs": [view(row) for row in rows]})


async def show(call: Call) -> Response:
    """Show a job; with ``wait`` hold the answer until its version exceeds ``since``, or it has ended."""
    wait, since = call.number("wait", 0, MAX_WAIT), int(call.number("since", 0, 2**53))
    job_id, end = call.id("job"), call.choice("until", ("changed", "ended")) == "ended"
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    with call.service.events.watch(job_id, end=end) as waiter:
        while True:
            waiter.clear()
            row = await call.service.queue.get(call.identity.id, job_id)
            left = deadline - loop.time()
            if (row["version"] > since and not end) or row["state"] in jobs.FINAL or left <= 0:
                return Response(view(row))
            # A notification can be lost with its connection, so look again now and then.
            await changed(waiter, min(left, 5.0))


async def cancel(call: Call) -> Response:
    """Cancel a job that has not ended."""
    call.identity.require("predict")
    job_id = call.id("job")
    await call.service.queue.cancel(call.identity.id, job_id)
    return Response(view(await call.service.queue.get(call.identity.id, job_id)))


async def download(call: Call) -> Response:
    """Return one file of a result."""
    item = await _file(call)
    return attachment(item, await call.service.objects.get(item["digest"]))


async def link_job_file(call: Call) -> Response:
    """Make a link to one file of a result that anybody may read for an hour."""
    return Response(await call.service.links.make(await _file(call)))


async def _file(call: Call) -> dict[str, Any]:
    row = await call.service.queue.get(call.identity.id, call.id("job"))
    found: list[dict[str, Any]] = row["files"] or []
    for item in found:
        if item["name"] == call.path["name"]:
            return item
    raise NotFound(
        f"Job {row['id']} has no file {call.path['name']!r}.", hint="Its files are listed under result."
    )


def attachment(item: dict[str, Any], data: bytes) -> Response:
    """Return a stored file as a download."""
    kind = _TYPES.get(item["name"].rpartition(".")[2], "application/octet-stream")
    disposition = f'attachment; filename="{item["name"]}"'
    headers = {"ETag": f'"{item["digest"]}"', "Content-Disposition": disposition}
    return Response(data, content_type=kind, headers=headers)


async def follow(call: Call) -> AsyncIterator[dict[str, Any]]:
    """Yield the job now and whenever it changes, until it has ended."""
    job_id, seen = call.id("job"), -1
    with call.service.events.watch(job_id) as waiter:
        while True:
            waiter.clear()
            row = await call.service.queue.get(call.identity.id, job_id)
            if row["version"] != seen:
                seen = row["version"]
                yield view(row)
            if row["state"] in jobs.FINAL:
                return
            await changed(waiter, 5.0)


def view(row: dict[str, Any]) -> dict[str, Any]:
    """Return a job as it is shown."""
    files = [{"name": item["name"], "bytes": item["bytes"]} for item in row["files"] or []]
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "name": row["name"],
        "state": row["state"],
        "progress": round(float(row["progress"]), 4),
        "message": row["message"],
        "engine": row["engine"],
        "request": row["request"],
        "created": _time(row["created"]),
        "started": _time(row["started"]),
        "finished": _time(row["finished"]),
        "error": row["error"] if row["state"] == "failed" else None,
        "position": row["position"],
        "attempt": row["attempt"],
        "cached": row["cached"],
        "cost": int(row["charged"]),
        "project_id": None if row["project_id"] is None else str(row["project_id"]),
        "version": row["version"],
        "result": {"files": files, "summary": row["summary"]} if row["state"] == "done" else None,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")
