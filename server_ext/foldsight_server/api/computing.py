"""Handler of analyses as jobs: pockets, variants, interfaces and alignments of what is stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from foldsight import tasks
from foldsight.errors import BadRequest
from foldsight_server.api.bodies import Input, SubmitAnalysis
from foldsight_server.api.calls import Call, Response
from foldsight_server.api.jobs import place_of, view


async def submit_analysis(call: Call) -> Response:
    """Queue an analysis of structures; it is a job like any other, and charges no prediction."""
    call.identity.require("predict")
    body = call.decode(SubmitAnalysis)
    if len(body.inputs) > tasks.MOST_INPUTS:
        raise BadRequest(f"{len(body.inputs)} structures are too many.", hint=f"At most {tasks.MOST_INPUTS}.")
    found = [await _input(call, item) for item in body.inputs]
    request: dict[str, Any] = {
        "kind": body.kind, "name": body.name or ", ".join(name for name, _ in found)[:200],
        "engine": "foldsight", "settings": body.settings, "inputs": [name for name, _ in found],
        "files": [files for _, files in found],
    }  # fmt: skip
    digests = [item["digest"] for _, files in found for item in files]
    key = await asyncio.to_thread(tasks.cache_key, request, digests)
    place, plan = await place_of(call, body.project)
    request, key = place.bind(request, key)
    known = partial(call.service.results.known, key, request["name"], place.region)
    user = (call.identity.id, call.identity.name)
    row, new = await call.service.queue.submit(
        user, request, key, replace(plan, predictions=None), known, place=place
    )
    return Response(view(row), status=202 if new else 200)


async def _input(call: Call, item: Input) -> tuple[str, list[dict[str, Any]]]:
    """Return the name and the files of a stored structure, or of a job's result."""
    if (item.job is None) == (item.structure is None):
        raise BadRequest(
            "An input names a job or a structure.", hint='Give {"job": id} or {"structure": id}, not both.'
        )
    if item.structure is not None:
        row = await call.service.structures.get(call.identity, item.structure)
    else:
        assert item.job is not None
        row = await call.service.queue.get(call.identity.id, item.job)
        if row["state"] != "done" or row["kind"] != "fold":
            raise BadRequest(f"Job {item.job} has no structure.", hint="Name a fold that is done.")
    return str(row["name"]), [{"name": x["name"], "digest": x["digest"]} for x in row["files"]]
