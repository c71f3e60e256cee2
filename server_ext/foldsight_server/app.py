"""The application without a web framework: one ``dispatch`` over one table of routes."""

from __future__ import annotations

import logging
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

import psycopg
from psycopg_pool import PoolTimeout

from foldsight.errors import (
    BadRequest,
    Failed,
    FoldSightError,
    NotAllowed,
    NotFound,
    ServiceUnavailable,
    WrongMethod,
)
from foldsight_server.api import jobs
from foldsight_server.api.calls import Call, Response
from foldsight_server.api.once import KEY_HEADER, once
from foldsight_server.api.problems import PROBLEM, failure
from foldsight_server.api.route import Route
from foldsight_server.api.routes import ROUTES
from foldsight_server.identity import NOBODY, Identity
from foldsight_server.limits import Limits
from foldsight_server.operations import logs, tracing
from foldsight_server.operations.metrics import UNKNOWN
from foldsight_server.service import Service

_log = logging.getLogger(__name__)
_access = logging.getLogger(logs.ACCESS)
NOTHING: Mapping[str, str] = MappingProxyType({})
#: What a call meets while the database is being started again.
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError)


class Application:
    """Answers calls; starts its service with the first.

    Parameters
    ----------
    home : Path
        The data folder.
    """

    def __init__(self, home: Path) -> None:
        self.service = Service(home)
        self._limits = Limits()

    async def dispatch(
        self,
        method: str,
        path: str,
        identity: Identity,
        query: Mapping[str, str],
        body: bytes = b"",
        *,
        headers: Mapping[str, str] = NOTHING,
        remote: str = "",
    ) -> Response:
        """Answer one call; errors become their problem document and status.

        Parameters
        ----------
        method, path : str
            The path without its prefix, percent-encoded as it came: a name may hold a slash.
        identity : Identity
        query : mapping
        body : bytes, optional
        headers : mapping, optional
            With names in small letters.
        remote : str, optional
            The address that the call comes from.
        """
        request, route = logs.request_id(headers.get("x-request-id", "")), template(path)
        ids = {"request": request, "user": logs.who(identity.id)}
        began = time.perf_counter()
        with logs.about(**ids), tracing.span(f"{method} {route}", headers) as span:
            response = await self._problem_or_answer(method, path, identity, query, body, headers, remote)
            seconds = time.perf_counter() - began
            span.note(route=route, status=response.status, **ids)
            self._count(route, method, response, seconds)
        return replace(response, headers={**response.headers, "X-Request-ID": request})

    def _count(self, route: str, method: str, response: Response, seconds: float) -> None:
        self.service.metrics.call(route, method, response.status, seconds)
        if response.content_type == PROBLEM and isinstance(response.body, dict) and response.body["refused"]:
            self.service.metrics.refused(response.body["code"])
        facts = {"route": route, "method": method, "status": response.status, "ms": round(seconds * 1000, 1)}
        level = logging.ERROR if response.status >= 500 else logging.INFO
        _access.log(level, "%s %s %s", response.status, method, route, extra={"facts": facts})

    async def _problem_or_answer(
        self, method: str, path: str, identity: Identity, query: Mapping[str, str], body: bytes,
        headers: Mapping[str, str], remote: str,
    ) -> Response:  # fmt: skip
        try:
            self._limits.take(identity, remote)
            return await self._answer(method, path, Call(self.service, identity, {}, query, body, headers))
        except FoldSightError as error:
            return failure(error)
        except AWAY as fault:
            _log.warning("%s %s: %s", method, path, fault)
            return failure(away())
        except Exception:  # the caller gets a sentence, the log the traceback
            _log.exception("%s %s", method, path)
            return failure(Failed("The service broke on this request.", hint="Its log has the details."))

    async def _answer(self, method: str, path: str, call: Call) -> Response:
        route, found = _route(method, path)
        if call.identity.plan == NOBODY and not route.public:
            raise NotAllowed("The token is missing or wrong.", hint="Set FOLDSIGHT_TOKEN.")
        call = replace(call, path=found)
        if len(call.body) > route.max_body:
            most = f"{route.max_body // 1000} kB"
            raise BadRequest(f"The request is larger than {most}.", hint="Send less at a time.")
        if not route.bare:
            await self.service.start()
        if method == "POST" and KEY_HEADER in call.headers:
            return await once(self.service.keys, call, f"{method} {path}", route.handler)
        return await route.handler(call)

    async def follow(self, job_id: str, identity: Identity) -> AsyncIterator[dict[str, Any]]:
        """Yield a job now and at each change until it has ended.

        Raises
        ------
        FoldSightError
            Also for a database that is away: the caller may connect again.
        """
        try:
            await self.service.start()
            async for view in jobs.follow(Call(self.service, identity, {"job": job_id})):
                yield view
        except AWAY as fault:
            _log.warning("following %s: %s", job_id, fault)
            raise away() from fault


def away() -> ServiceUnavailable:
    """Return what is said while the database is being started again."""
    return ServiceUnavailable("The database is away for a moment.", hint="Try again.")


def _index() -> dict[tuple[int, str], list[Route]]:
    """Return the routes by how many parts their paths have, and the first of these, which is never a name."""
    found: dict[tuple[int, str], list[Route]] = defaultdict(list)
    for route in ROUTES:
        found[_key(route.path)].append(route)
    return dict(found)


def _key(path: str) -> tuple[int, str]:
    return path.count("/"), path[1:].partition("/")[0]


_INDEX = _index()


def _matches(path: str) -> list[tuple[Route, re.Match[str]]]:
    near = _INDEX.get(_key(path), [])
    return [(route, found) for route in near if (found := route.pattern.match(path))]


def template(path: str) -> str:
    """Return the template of the route that a path is on."""
    matches = _matches(path)
    return matches[0][0].path if matches else UNKNOWN


def _route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    matches = _matches(path)
    for route, found in matches:
        if route.method == method:
            return route, {name: _decoded(text) for name, text in found.groupdict().items()}
    if matches:
        allowed = sorted({route.method for route, _ in matches})
        raise WrongMethod(
            f"{path} does not take {method}.", hint=f"Use {' or '.join(allowed)}.", allow=allowed
        )
    raise NotFound(f"There is no {path}.", hint="See /openapi.json.")


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise BadRequest("The path is not UTF-8 text.", hint="See /openapi.json.") from None
