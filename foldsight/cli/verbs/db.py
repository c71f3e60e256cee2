"""``foldsight db``: back the service up, restore it, clean up."""

from __future__ import annotations

import argparse
import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

from foldsight import settings
from foldsight.cli.answer import Answer
from foldsight.cli.console import Console
from foldsight.errors import BadRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("action", choices=("dump", "restore"), help="write a backup, or put one back")
    parser.add_argument("file", type=Path, help="the backup")
    parser.add_argument(
        "--replace", action="store_true", help="restore: in place of what is there now, which is lost"
    )


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Do what ``action`` says; where is told by FOLDSIGHT_HOME and FOLDSIGHT_DATABASE_URL."""
    backup = import_module("foldsight_server.store.backup")
    home = settings.home()
    if args.action == "restore":
        if not args.file.is_file():
            raise BadRequest(f"There is no file {args.file}.", hint="Make one with: foldsight db dump FILE")
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = asyncio.run(backup.restore(home, args.file, replace=args.replace))
        return Answer(found, f"Restored {args.file}: {_told(found)}")
    if not args.file.absolute().parent.is_dir():
        raise BadRequest(f"There is no folder {args.file.absolute().parent}.", hint="Make it first.")
    found = asyncio.run(backup.dump(home, args.file))
    return Answer(found, f"Wrote {args.file}: {_told(found)}")


def _told(found: dict[str, Any]) -> str:
    words = f"the database and {found['objects']} files."
    missing = len(found["missing"])
    return f"{words} {missing} files that it refers to are missing." if missing else words
