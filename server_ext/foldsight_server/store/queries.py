"""The named statements of ``queries*.sql``: one file per part of the store."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.M)


@cache
def statements() -> dict[str, LiteralString]:
    """Return every statement by name."""
    found: dict[str, LiteralString] = {}
    for item in sorted(files("foldsight_server.store").iterdir(), key=lambda item: item.name):
        if item.name.startswith("queries") and item.name.endswith(".sql"):
            parts = _NAME.split(item.read_text(encoding="utf-8"))[1:]
            for name, body in zip(parts[::2], parts[1::2], strict=True):
                assert name not in found, f"{item.name}: {name} is there twice"
                found[name] = body.strip()
    return found


def sql(name: str) -> LiteralString:
    """Return one statement; the SQL of this package holds no user's text."""
    return statements()[name]
