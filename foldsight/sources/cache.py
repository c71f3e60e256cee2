"""Answers of outside services, kept for a day under ``<home>/cache/http``."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from foldsight import settings
from foldsight.errors import SourceFailed

_log = logging.getLogger(__name__)

CACHE_SECONDS = 24 * 3600.0
_pruned: set[Path] = set()


@dataclass(frozen=True)
class Answer:
    """What a service said.

    Attributes
    ----------
    status : int
        200, or 404 when the thing does not exist.
    url : str
    content : bytes
    date : str
        ISO 8601 UTC of when it was fetched.
    key : str
        Name under which it is kept.
    headers : dict
        Those that say something of the answer as a whole, by name in small letters.
    cached : bool
        Whether it was kept from before: then nothing was sent.
    """

    status: int
    url: str
    content: bytes
    date: str
    key: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cached: bool = field(default=False, compare=False)

    @property
    def found(self) -> bool:
        """False for 404 and 204."""
        return self.status == 200

    def json(self) -> Any:
        """Return the body as JSON values.

        Raises
        ------
        SourceFailed
            When it is none.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as fault:
            forget(self)
            raise SourceFailed(
                f"{urlsplit(self.url).hostname} did not answer in JSON.", url=self.url
            ) from fault


def slot(method: str, url: str, params: dict[str, str] | None, body: Any) -> Path:
    """Return the file that an answer to this question is kept in; it need not exist."""
    key = json.dumps([method, url, sorted((params or {}).items()), body], sort_keys=True)
    return _folder() / hashlib.sha256(key.encode()).hexdigest()


def recall(slot: Path) -> Answer | None:
    """Return what is kept there, None when there is nothing or it is too old."""
    try:
        if time.time() - slot.stat().st_mtime > CACHE_SECONDS:
            return None
        head, _, content = slot.read_bytes().partition(b"\n")
        return Answer(**json.loads(head), content=content, key=slot.name, cached=True)
    except (OSError, ValueError, TypeError):
        return None


def keep(slot: Path, answer: Answer) -> None:
    """Keep an answer, whole or not at all; drop those that are too old."""
    facts = {"status": answer.status, "url": answer.url, "date": answer.date, "headers": answer.headers}
    head = json.dumps(facts)
    try:
        slot.parent.mkdir(parents=True, exist_ok=True)
        _prune(slot.parent)
        with tempfile.NamedTemporaryFile(dir=slot.parent, delete=False) as file:
            file.write(head.encode() + b"\n" + answer.content)
        os.replace(file.name, slot)
    except OSError as fault:  # a cache that cannot be written costs time, not the answer
        _log.info("cannot cache %s: %s", answer.url, fault)


def forget(answer: Answer) -> None:
    """Drop an answer that turned out to be useless, so that the next try asks again."""
    if answer.key:
        (_folder() / answer.key).unlink(missing_ok=True)


def _folder() -> Path:
    return settings.home() / "cache" / "http"


def _prune(folder: Path) -> None:
    if folder in _pruned:
        return
    _pruned.add(folder)
    for path in folder.iterdir():
        if time.time() - path.stat().st_mtime > CACHE_SECONDS:
            path.unlink(missing_ok=True)
