"""``foldsight usage``: what is used of the plan, and what is left."""

from __future__ import annotations

import argparse
from typing import Any

from foldsight.cli.answer import Answer, Table
from foldsight.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; there are none of its own."""


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Ask the service."""
    from foldsight.client import connect

    with connect() as service:
        found = service.workspace.usage()
    period = found["period"]
    text = f"From {period['start']} up to {period['next']}:"
    titles = ("account", "plan", "predictions", "storage", "running", "queued")
    return Answer(found, text, Table(titles, [_row(account) for account in found["accounts"]]))


def _row(account: dict[str, Any]) -> tuple[str, ...]:
    storage, jobs = account["storage"], account["jobs"]
    return (
        str(account["name"]),
        str(account["plan"]["title"]),
        _of(str(account["predictions"]["used"]), account["predictions"]["allowance"]),
        _of(_size(storage["used"]), storage["allowance"] and _size(storage["allowance"])),
        str(jobs["running"]),
        str(jobs["queued"]),
    )


def _of(used: str, allowance: object) -> str:
    return used if allowance is None else f"{used} of {allowance}"


def _size(count: int) -> str:
    for unit, bytes_ in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)):
        if count >= bytes_:
            return f"{count / bytes_:.3g} {unit}"
    return f"{count} B"
