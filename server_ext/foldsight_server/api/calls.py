"""A request and a response, as the handlers see them."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from foldsight.errors import BadRequest, NotFound
from foldsight_server.identity import Identity
from foldsight_server.service import Service

Body = TypeVar("Body", bound=msgspec.Struct)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: Largest request body: two thousand residues and their settings fit many times over.
MAX_BODY = 1_000_000


@dataclass(frozen=True)
class Call:
    """One request."""

    service: Service
    identity: Identity
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def id(self, kind: str) -> str:
        """Return the id that the path names; one that is no UUID names nothing.

        Raises
        ------
        NotFound
        """
        try:
            return str(uuid.UUID(self.path[kind]))
        except ValueError:
            raise NotFound(f"There is no {kind} {self.path[kind]!r}.", hint="Ids are UUIDs.") from None

    def text(self, name: str, most: int = 200) -> str | None:
        """Return a text of the query string, None when it is not there or empty.

        Raises
        ------
        BadRequest
        """
        found = self.query.get(name) or None
        if found is not None and (len(found) > most or CONTROL.search(found)):
            raise BadRequest(f"{name} is no line of at most {most} characters.", hint="Make it shorter.")
        return found

    def reference(self, name: str) -> str | None:
        """Return a UUID of the query string, None when it is not there.

        Raises
        ------
        BadRequest
        """
        found = self.query.get(name) or None
        try:
            return found and str(uuid.UUID(found))
        except ValueError:
            raise BadRequest(f"{name} is {found!r}.", hint="Ids are UUIDs.") from None

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """Return one of some words of the query string, None when it is not there.

        Raises
        ------
        BadRequest
        """
        found = self.query.get(name) or None
        if found is not None and found not in choices:
            raise BadRequest(f"{name} is {found!r}.", hint=f"Use one of {', '.join(choices)}.")
        return found

    def flag(self, name: str) -> bool:
        """Return a yes or no of the query string."""
        return self.choice(name, ("true", "false")) == "true"

    def cursor(self) -> tuple[str, str] | None:
        """Return where the page starts, None for the first.

        Raises
        ------
        BadRequest
        """
        text = self.query.get("cursor") or None
        if text is None:
            return None
        try:
            at, after = msgspec.json.decode(base64.urlsafe_b64decode(text.encode()), type=tuple[str, str])
            return datetime.fromisoformat(at).isoformat(), str(uuid.UUID(after))
        except (ValueError, msgspec.MsgspecError):
            raise BadRequest("The cursor is none of ours.", hint="Take next from the last page.") from None

    def limit(self) -> int:
        """Return how many rows a page shall have."""
        return max(int(self.number("limit", 50, 200)), 1)

    def decode(self, kind: type[Body]) -> Body:
        """Decode the body.

        Raises
        ------
        BadRequest
            Naming the field at fault.
        """
        return decode(self.body, kind)

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
    """One answer: JSON, or bytes with their type, or bytes as they come."""

    body: Any
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def pieces(self) -> AsyncIterator[bytes] | None:
        """The body of an answer that is sent while it is made; None when it is there."""
        return self.body if isinstance(self.body, AsyncIterator) else None

    def encoded(self) -> bytes:
        """Return a body that is there as bytes."""
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


def page(
    rows: list[dict[str, Any]], limit: int, view: Callable[[dict[str, Any]], Any], name: str
) -> Response:
    """Return a page out of one row more than it has, and the cursor of the next."""
    shown = rows[:limit]
    after = None
    if len(rows) > limit:
        last = msgspec.json.encode((shown[-1]["created"].isoformat(), str(shown[-1]["id"])))
        after = base64.urlsafe_b64encode(last).decode()
    return Response({name: [view(row) for row in shown], "next": after})


def decode(body: bytes, kind: type[Body]) -> Body:
    """Decode a JSON body.

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
        # Decoded first: msgspec's own complaint about the encoding differs between its versions.
        return msgspec.json.decode(body.decode(), type=kind)
    except UnicodeDecodeError:
        raise BadRequest("The request is not UTF-8 text.", hint="See /openapi.json.") from None
    except msgspec.MsgspecError as fault:
        raise BadRequest(f"The request is not as it should be: {fault}.", hint="See /openapi.json.") from None
