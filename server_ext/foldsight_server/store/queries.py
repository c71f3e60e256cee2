"""The named statements of queries.sql."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.M)


@cache
def statements() -> dict[str, LiteralString]:
    """Return every statement by name."""
    text = (files("foldsight_server.store") / "queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def sql(name: str) -> LiteralString:
    """Return one statement; the SQL of this package holds no user's text."""
    return statements()[name]
