"""One operation of the REST interface."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property

from foldsight_server.api.calls import MAX_BODY, Call, Response

#: Parameters of the query that a page of a list takes.
PAGE = ("limit", "cursor")


@dataclass(frozen=True)
class Route:
    """One operation.

    Attributes
    ----------
    method, path : str
        ``{name}`` in a path is a parameter.
    handler : callable
    query : tuple of str
        Names of the query parameters.
    body : type, optional
        Of a JSON body; ``bytes`` for a file.
    bare : bool
        Needs no running service behind it.
    max_body : int
        Bytes.
    public : bool
        For callers that nobody has identified: what it takes to be let in is in the request.
    """

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Response]]
    query: tuple[str, ...] = ()
    body: type | None = None
    bare: bool = False
    max_body: int = MAX_BODY
    public: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a path and names its parameters."""
        return re.compile("^" + re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path) + "$")
