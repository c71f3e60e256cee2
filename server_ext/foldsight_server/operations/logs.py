"""Logs: one JSON object a line, or text; with ids of request, user and job, and nothing confidential.

What is confidential is taken out when a line is written, whoever wrote it: sequences, tokens,
e-mail addresses. A user's id that is an e-mail address is shown as a digest of it, the same in
every line.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from foldsight.errors import BadRequest

#: The environment variable that says how: ``json`` or ``text``.
FORMAT = "FOLDSIGHT_LOG"
#: Calls, each with its route, status and time.
ACCESS = "foldsight.access"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_about: ContextVar[Mapping[str, str] | None] = ContextVar("foldsight_log_about", default=None)

#: Chains in one letter a residue, whole or in blocks of ten. No word is so long; digests have digits.
_LETTERS = "ACDEFGHIKLMNPQRSTVWYBZXUO"
_SEQUENCE = re.compile(
    rf"[{_LETTERS}]{{20,}}|[{_LETTERS.lower()}]{{28,}}|(?:[{_LETTERS}]{{10}}[ \t]+)+[{_LETTERS}]{{1,10}}\b"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAMED_SECRET = re.compile(
    r"""(?ix)\b(token|ticket|signature|secret|password|passwd|api[-_]?key|cookie|authorization|_xsrf)
    (["']?\s*[:=]\s*["']?)((?:token|bearer|basic)\s+)?[^\s"'&,;)}]+"""
)
_SCHEME = re.compile(r"(?i)\b(token|bearer|basic)\s+[A-Za-z0-9._~+/=-]{16,}")
_PREFIXED = re.compile(r"\b(?:sk|rk|pk|whsec|ghp|xox[a-z])_[A-Za-z0-9_-]{8,}")
_IN_URL = re.compile(r"(\w+://)[^/\s:@]+:[^/\s@]+@")


def redact(text: str) -> str:
    """Return a text without what is confidential.

    Examples
    --------
    >>> redact("folding MKTAYIAKQRQISFVKSHFSRQLEERLG for ana@lab.org?token=abc")
    'folding <sequence> for <e-mail>?token=<secret>'
    """
    text = _IN_URL.sub(r"\1<secret>@", text)
    text = _NAMED_SECRET.sub(r"\1\2<secret>", text)
    text = _SCHEME.sub(r"\1 <secret>", text)
    text = _PREFIXED.sub("<secret>", text)
    return _SEQUENCE.sub("<sequence>", _MAIL.sub("<e-mail>", text))


def cleaned(value: Any) -> Any:
    """Return a value with every text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): cleaned(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(held) for held in value]
    return value if value is None or isinstance(value, bool | int | float) else redact(str(value))


def who(user_id: str) -> str:
    """Return a user's id as it is logged.

    Examples
    --------
    >>> who("ana"), who("ana@lab.org") == who("ana@lab.org"), "@" in who("ana@lab.org")
    ('ana', True, False)
    """
    return user_id if "@" not in user_id else "user-" + hashlib.sha256(user_id.encode()).hexdigest()[:12]


def request_id(given: str = "") -> str:
    """Return the id that a request brings, or a new one when it brings none that could be logged."""
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


@contextlib.contextmanager
def about(**ids: str) -> Iterator[None]:
    """Name what is being done: each line written meanwhile, and by tasks begun meanwhile, has these ids."""
    token = _about.set({**(_about.get() or {}), **ids})
    try:
        yield
    finally:
        _about.reset(token)


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **(_about.get() or {}),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(cleaned(line), ensure_ascii=False)


class Text(logging.Formatter):
    """A line for people, with the ids at its end."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or lines where there is a traceback."""
        ids = "".join(f" {name}={value}" for name, value in (_about.get() or {}).items())
        first, *rest = super().format(record).split("\n")
        return redact("\n".join([first + ids, *rest]))


_FORMATS: dict[str, Callable[[], logging.Formatter]] = {"json": Json, "text": Text}


def set_up(environment: Mapping[str, str], default: str) -> None:
    """Write logs to standard error from now on.

    Raises
    ------
    BadRequest
        When the environment names a format that there is not.
    """
    chosen = environment.get(FORMAT) or default
    if chosen not in _FORMATS:
        raise BadRequest(f"{FORMAT} is {chosen!r}.", hint=f"Use one of {', '.join(_FORMATS)}.")
    handler = logging.StreamHandler()
    handler.setFormatter(_FORMATS[chosen]())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("tornado.access").setLevel(logging.WARNING)
    # A line per call is for machines; people are told of what broke.
    logging.getLogger(ACCESS).setLevel(logging.INFO if chosen == "json" else logging.WARNING)
