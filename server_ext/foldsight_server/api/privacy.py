"""Handlers of one's own account: what is kept, taking it along, having it forgotten; what left the house."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from foldsight.errors import BadRequest, Conflict, Failed, NotFound
from foldsight_server.api import views
from foldsight_server.api.archive import tar
from foldsight_server.api.bodies import Body
from foldsight_server.api.calls import Call, Response
from foldsight_server.identity import Identity
from foldsight_server.service import Service

_MANIFEST = "manifest.json"
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_entry = views.view_of("id", "at", "actor", "action", "project_id", "subject", "facts")
_README = """Everything that this FoldSight service keeps of one account.

*.ndjson   one JSON object a line: account, organisations, projects, structures, jobs with their
           requests, comments, annotations, alignments, pockets, variant analyses, usage, audit log
files/     files of structures and results by the SHA-256 of their content; structures and jobs
           name them under "files"
MISSING    digests of files that could not be read, if there are any
"""


class Deletion(Body):
    """Body of ``POST /account/deletion``: the account's id once more, so that nobody does it by accident."""

    confirm: str


async def show_account(call: Call) -> Response:
    """Show the caller's account: when it goes, if it does, and what that would mean."""
    found = await call.service.privacy.account(call.identity)
    return Response({"user": call.identity.id, "name": call.identity.name, **_shown(found)})


async def delete_account(call: Call) -> Response:
    """Have the caller's account and what is only theirs deleted in thirty days."""
    call.identity.require("admin")
    if call.decode(Deletion).confirm != call.identity.id:
        raise BadRequest("confirm is not the account's id.", hint="GET /account says it.")
    await call.service.privacy.ask_deletion(call.identity)
    return Response(_shown(await call.service.privacy.account(call.identity)), status=202)


async def keep_account(call: Call) -> Response:
    """Withdraw the deletion of the caller's account."""
    call.identity.require("admin")
    await call.service.privacy.withdraw_deletion(call.identity)
    return Response({"ok": True})


async def export_account(call: Call) -> Response:
    """Send everything that is kept of the caller as a tar archive, while it is gathered."""
    running = call.service.exports
    if call.identity.id in running:
        raise Conflict("An export of this account is being sent.", hint="Let it end first.")
    headers = {"Content-Disposition": 'attachment; filename="foldsight-account.tar"'}
    return Response(_export(call.service, call.identity), content_type="application/x-tar", headers=headers)


async def _export(service: Service, identity: Identity) -> AsyncIterator[bytes]:
    service.exports.add(identity.id)
    try:
        async for piece in tar(_files(service, identity)):
            yield piece
    finally:
        service.exports.discard(identity.id)


async def _files(service: Service, identity: Identity) -> AsyncIterator[tuple[str, bytes]]:
    yield "README", _README.encode()
    seen: dict[str, int] = {}
    digests: dict[str, str] = {}
    async for table, rows in service.privacy.rows(identity):
        seen[table] = seen.get(table, 0) + 1
        yield f"{table}-{seen[table]:04d}.ndjson", b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        for row in rows:
            digests |= {item["digest"]: item["name"] for item in row.get("files") or ()}
    missing = []
    for digest, name in digests.items():
        try:
            yield f"files/{digest[:12]}-{_PLAIN.sub('_', name)}", await service.objects.get(digest)
        except (NotFound, Failed):
            missing.append(f"{digest} {name}")
    if missing:
        yield "MISSING", ("\n".join(missing) + "\n").encode()


async def export_audit(call: Call) -> Response:
    """Send the audit log that the caller answers for as NDJSON, oldest first, after the id ``after``."""
    after, limit = int(call.number("after", 0, 2**53)), max(int(call.number("limit", 200, 200)), 1)
    rows = await call.service.privacy.audit(call.identity, after, limit)
    lines = b"".join(msgspec.json.encode(_entry(row)) + b"\n" for row in rows)
    last = rows[-1]["id"] if rows else after
    return Response(lines, content_type="application/x-ndjson", headers={"X-Next-After": str(last)})


async def show_job_disclosures(call: Call) -> Response:
    """Say what left the house for a job: which source or engine outside saw the sequence."""
    row = await call.service.queue.get(call.identity.id, call.id("job"))
    if row["files"] is None:
        sent = ((row["error"] or {}).get("details") or {}).get("sent")
        return Response(_disclosed(row["request"].get("network"), sent, []))
    return Response(await _of_files(call, row["files"]))


async def show_structure_disclosures(call: Call) -> Response:
    """Say what left the house when a structure was made."""
    row = await call.service.structures.get(call.identity, call.id("structure"))
    return Response(await _of_files(call, row["files"]))


async def _of_files(call: Call, files: list[dict[str, Any]]) -> dict[str, Any]:
    for item in files:
        if item["name"] == _MANIFEST:
            told = json.loads(await call.service.objects.get(item["digest"]))
            return _disclosed(told.get("network"), told.get("sent", []), told.get("sources", []))
    return _disclosed(None, None, [])


def _disclosed(network: str | None, sent: list[str] | None, sources: list[dict[str, Any]]) -> dict[str, Any]:
    """Nothing is known of an uploaded file, nor of a job that has not ended: that is not "nothing"."""
    return {"network": network, "known": sent is not None, "sent": sent or [], "sources": sources}


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    deletion = found["deletion"]
    shown = None if deletion is None else {name: views.shown(value) for name, value in deletion.items()}
    return {**found, "deletion": shown}
