"""The OpenAPI 3.1 document, made from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from foldsight._version import __version__
from foldsight_server.api.route import Route

#: What is known of parameters by their name; any other is a text.
_SCHEMAS: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 0, "maximum": 200},
    "offset": {"type": "integer", "minimum": 0, "maximum": 10_000},
    "wait": {"type": "number", "minimum": 0, "maximum": 60},
    "since": {"type": "integer", "minimum": 0},
    "until": {"type": "string", "enum": ["changed", "ended"]},
    "after": {"type": "integer", "minimum": 0},
    "trash": {"type": "string", "enum": ["true", "false"]},
    "public": {"type": "string", "enum": ["true", "false"]},
    "seen": {"type": "string", "enum": ["true", "false"]},
}
_IDS = ("project", "structure", "comment", "organization", "job", "webhook", "delivery")
_UUID = {"type": "string", "format": "uuid"}
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "A repeat with the same key changes nothing and is answered as the first was.",
}  # fmt: skip
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "hint", "refused", "details"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "hint": {"type": "string"},
        "refused": {"type": "boolean"},
        "details": {"type": "object"},
    },
}


def document(routes: Sequence[Route], prefix: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a table of routes."""
    bodies = [route.body for route in routes if route.body not in (None, bytes)]
    _, components = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(prefix + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "FoldSight", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(route: Route) -> dict[str, Any]:
    text = (route.handler.__doc__ or "").strip().splitlines()[0]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _schema(name)}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": _schema(name)} for name in route.query]
    if route.method == "POST":
        parameters.append(_KEY)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    done = {"description": "Done."}
    operation: dict[str, Any] = {
        "summary": text,
        "operationId": getattr(route.handler, "__name__", ""),
        "parameters": parameters,
        "responses": {"2XX": done, "default": {"description": "Refused or failed.", "content": problem}},
    }
    if route.public:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.body)}
    return operation


def _schema(name: str) -> dict[str, Any]:
    return _SCHEMAS.get(name, _UUID if name in _IDS else {"type": "string", "minLength": 1})


def _content(body: type) -> dict[str, Any]:
    if body is bytes:
        return {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}}
