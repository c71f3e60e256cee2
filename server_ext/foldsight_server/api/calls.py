"""A request and a response, as the handlers see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from foldsight.errors import BadRequest
from foldsight_server.identity import Identity
from foldsight_server.service import Service

#: Largest request body: two thousand residues and their settings fit many times over.
MAX_BODY = 1_000_000


class Submit(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST /jobs``."""

    sequence: str
    kind: str = "fold"
    name: str = "query"
    engine: str = "auto"
    settings: dict[str, Any] = {}
    seed: int = 0
    network: str | None = None


@dataclass(frozen=True)
class Call:
    """One request."""

    service: Service
    identity: Identity
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def number(self, name: str, default: float, most: float) -> float:
        """Return a number of the query string.

        Raises
        ------
        BadRequest
        """
        text = self.query.get(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= most:
            raise BadRequest(f"{name} is {text!r}.", hint=f"Give a number from 0 to {most:g}.")
        return value


@dataclass(frozen=True)
class Response:
    """One answer: JSON, or bytes with their type."""

    body: Any
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the body as bytes."""
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


def decode(body: bytes) -> Submit:
    """Decode the body of a submission.

    Raises
    ------
    BadRequest
        Naming the field at fault.
    """
    if len(body) > MAX_BODY:
        raise BadRequest(
            f"The request is larger than {MAX_BODY // 1000} kB.", hint="Submit records one by one."
        )
    if b"\\u0000" in body:
        raise BadRequest("The request holds a NUL character.", hint="Leave it out.")
    try:
        return msgspec.json.decode(body, type=Submit)
    except UnicodeDecodeError:
        raise BadRequest("The request is not UTF-8 text.", hint="See /openapi.json.") from None
    except msgspec.MsgspecError as fault:
        raise BadRequest(f"The request is not as it should be: {fault}.", hint="See /openapi.json.") from None
