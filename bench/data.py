"""Where the benchmark sets are: ``FOLDSIGHT_BENCH_DATA``, else ``../shared/data``."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def folder() -> Path:
    """Return the folder of benchmark sets, which may not exist."""
    return Path(os.environ.get("FOLDSIGHT_BENCH_DATA") or ROOT.parent / "shared" / "data")


def find(name: str) -> Path | None:
    """Return the path of a set, or None when it is not here."""
    path = folder() / name
    return path if path.exists() else None
