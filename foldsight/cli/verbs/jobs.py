"""``foldsight jobs``: what the service is doing and has done."""

from __future__ import annotations

import argparse

from foldsight.cli.answer import Answer, Table
from foldsight.cli.console import Console
from foldsight.errors import BadRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "show", "cancel"),
        default="list",
        help="list jobs (the default), show or cancel one",
    )
    parser.add_argument("id", nargs="?", help="id of a job; its first letters will do")
    parser.add_argument("--state", choices=("queued", "running", "done", "failed", "cancelled"))
    parser.add_argument("--limit", type=int, default=20, help="most jobs listed (20)")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Do what ``action`` says."""
    from foldsight.client import connect

    service = connect()
    if args.action == "list":
        return _listed(service.jobs(state=args.state, limit=args.limit))
    if args.id is None:
        raise BadRequest(f"Which job shall be {args.action}ed?", hint="foldsight jobs lists them.")
    job = service.get(_whole_id(service.jobs(limit=1000), args.id))
    if args.action == "cancel":
        job = service.cancel(job["id"])
    return _shown(job)


def _whole_id(jobs: list[dict[str, object]], start: str) -> str:
    found = [str(job["id"]) for job in jobs if str(job["id"]).startswith(start)]
    if len(found) > 1:
        raise BadRequest(f"{start} begins {len(found)} ids.", hint="Write more of it.")
    return found[0] if found else start


def _listed(jobs: list[dict[str, object]]) -> Answer:
    from foldsight.api.handle import status_of

    rows = [
        (str(job["id"])[:8], str(job["name"]), str(job["engine"] or ""), _when(job), status_of(job)[:80])
        for job in jobs
    ]
    table = Table(("id", "name", "engine", "created", "state"), rows)
    return Answer({"jobs": jobs}, "" if rows else "There are no jobs.", table if rows else None)


def _shown(job: dict[str, object]) -> Answer:
    from foldsight.api.handle import status_of

    lines = [f"{key:9} {job[key]}" for key in ("id", "name", "engine", "created", "finished") if job.get(key)]
    return Answer({"job": job}, "\n".join([*lines, f"state     {status_of(job)}"]))


def _when(job: dict[str, object]) -> str:
    return str(job.get("created") or "")[:19].replace("T", " ")
