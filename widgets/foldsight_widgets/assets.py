"""Where the built front end lies. Imports nothing heavy: the server asks here too."""

from __future__ import annotations

import json
from pathlib import Path

from foldsight.errors import Failed

_STATIC = Path(__file__).parent / "static"


def static_dir() -> Path:
    """Return the folder of built files: the engine (``.js`` and ``.js.gz``) and the widget modules."""
    return _STATIC


def engine_name() -> str:
    """Return the file name of the engine, which carries the SHA-256 of its content."""
    return str(json.loads(asset("manifest.json").read_text(encoding="utf-8"))["engine"])


def engine_gzip() -> bytes:
    """Return the engine as gzip, as it is sent where no server can serve it."""
    return asset(f"{engine_name()}.gz").read_bytes()


def asset(name: str) -> Path:
    """Return the path of a built file.

    Raises
    ------
    Failed
        When the front end has not been built.
    """
    path = _STATIC / name
    if not path.is_file():
        raise Failed(
            f"The front end of FoldSight is not built ({name} is missing).",
            hint="Install again with: pip install .",
        )
    return path
