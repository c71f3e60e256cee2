"""``foldsight engines``: what can fold here, and the weights it needs."""

from __future__ import annotations

import argparse

from foldsight.cli.answer import Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.errors import ConsentNeeded


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "status", "pull", "verify"),
        default="list",
        help="list engines (the default); status, pull or verify their weights",
    )
    completed_by(parser.add_argument("engine", nargs="?", help="engine id"), "engine")
    parser.add_argument("--yes", action="store_true", help="agree to the download that is named")
    parser.add_argument("--network", choices=("off", "hash", "sequence"), help="what may leave the machine")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Do what ``action`` says."""
    if args.action == "list":
        return listed()
    if args.action == "status":
        return _status(args.engine)
    engine = _named(args)
    return _pull(engine, args, console) if args.action == "pull" else _verify(engine, console)


def _named(args: argparse.Namespace) -> str:
    from foldsight.engines import weights
    from foldsight.errors import BadRequest

    if args.engine is None:
        known = ", ".join(weights.ORIGINS)
        raise BadRequest(f"Which engine shall be {args.action}ed?", hint=f"Name one of {known}.")
    return str(args.engine)


def listed() -> Answer:
    """Return each engine, whether it can run here, and if not the one line that would make it."""
    from foldsight.engines import registry

    found = [registry.describe(engine) for engine in registry.all()]
    rows = [
        (
            engine["id"],
            "ready" if engine["ready"] else engine["status"].replace("_", " "),
            engine["origin"],
            engine["confidence"].replace("_", " "),
            "" if engine["ready"] else (engine["fix"] or engine["reason"]),
        )
        for engine in found
    ]
    table = Table(("engine", "here", "gives", "confidence", "what would make it run"), rows)
    return Answer({"engines": found}, table=table)


def _status(engine: str | None) -> Answer:
    from foldsight.engines import weights

    wanted = [engine] if engine else list(weights.ORIGINS)
    found = [weights.status(name) for name in wanted]
    rows = [(s.engine, s.state, f"{s.bytes / 1e9:.2f} GB", s.digest[:12], s.folder) for s in found]
    table = Table(("engine", "weights", "size", "digest", "folder"), rows)
    return Answer({"weights": [status.to_dict() for status in found]}, table=table)


def _pull(engine: str, args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.engines import weights

    def pull(consent: bool) -> weights.Status:
        return weights.pull(engine, consent=consent, network=args.network, progress=console.progress)

    try:
        status = pull(args.yes)
    except ConsentNeeded as needed:
        if not console.ask(f"{needed.message} Download?"):
            raise
        status = pull(True)
    return Answer({"weights": [status.to_dict()]}, f"The weights of {engine} are in {status.folder}.")


def _verify(engine: str, console: Console) -> Answer:
    from foldsight.engines import weights

    status = weights.verify(engine, console.progress)
    return Answer({"weights": [status.to_dict()]}, f"The weights of {engine} are whole: {status.digest}.")
