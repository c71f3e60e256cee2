"""The one table of routes; adapters, the OpenAPI document and the tests read it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from foldsight._version import __version__
from foldsight_server.api import about, jobs
from foldsight_server.api.calls import Call, Response, Submit

PREFIX = "/foldsight/api/v1"


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
    bare : bool
        Needs no running service behind it.
    """

    method: str
    path: str
    handler: Callable[[Call], Awaitable[Response]]
    query: tuple[str, ...] = ()
    body: type | None = None
    bare: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches a path and names its parameters."""
        return re.compile("^" + re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path) + "$")


async def openapi(_: Call) -> Response:
    """Return the OpenAPI 3.1 document of this table."""
    return Response(document())


ROUTES = (
    Route("POST", "/jobs", jobs.submit, body=Submit),
    Route("GET", "/jobs", jobs.listing, query=("state", "limit")),
    Route("GET", "/jobs/{id}", jobs.show, query=("wait", "since")),
    Route("POST", "/jobs/{id}/cancel", jobs.cancel),
    Route("GET", "/jobs/{id}/files/{name}", jobs.download),
    Route("GET", "/engines", about.engines),
    Route("GET", "/health", about.health),
    Route("GET", "/openapi.json", openapi, bare=True),
)


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    bodies = [route.body for route in ROUTES if route.body is not None]
    _, components = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "FoldSight", "version": __version__},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(route: Route) -> dict[str, Any]:
    text = (route.handler.__doc__ or "").strip().splitlines()[0]
    names = re.findall(r"{(\w+)}", route.path)
    parameters = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    parameters += [{"name": n, "in": "query", "schema": {"type": "string"}} for n in route.query]
    operation: dict[str, Any] = {
        "summary": text,
        "operationId": getattr(route.handler, "__name__", ""),
        "parameters": parameters,
        "responses": {"200": {"description": "done"}, "default": {"description": "an error object"}},
    }
    if route.body is not None:
        reference = {"$ref": f"#/components/schemas/{route.body.__name__}"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    return operation
