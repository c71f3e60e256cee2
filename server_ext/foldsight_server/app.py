"""The application without a web framework: one ``dispatch`` over one table of routes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from foldsight.errors import BadRequest, Failed, FoldSightError, NotFound, ServiceUnavailable
from foldsight_server.api import jobs
from foldsight_server.api.calls import Call, Response
from foldsight_server.api.routes import ROUTES
from foldsight_server.identity import Identity
from foldsight_server.service import Service

_log = logging.getLogger(__name__)
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

    async def dispatch(
        self, method: str, path: str, identity: Identity, query: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Answer one call; errors become their JSON and status."""
        try:
            return await self._answer(method, path, identity, query, body)
        except FoldSightError as error:
            return failure(error)
        except AWAY as fault:
            _log.warning("%s %s: %s", method, path, fault)
            return failure(away())
        except Exception:  # the caller gets a sentence, the log the traceback
            _log.exception("%s %s", method, path)
            return failure(Failed("The service broke on this request.", hint="Its log has the details."))

    async def _answer(
        self, method: str, path: str, identity: Identity, query: Mapping[str, str], body: bytes
    ) -> Response:
        matches = [(route, found) for route in ROUTES if (found := route.pattern.match(path))]
        for route, found in matches:
            if route.method == method:
                if not route.bare:
                    await self.service.start()
                return await route.handler(Call(self.service, identity, found.groupdict(), query, body))
        if matches:
            raise BadRequest(f"{path} does not take {method}.", hint=f"Use {matches[0][0].method}.")
        raise NotFound(f"There is no {path}.", hint="See /openapi.json.")

    async def follow(self, job_id: str, identity: Identity) -> AsyncIterator[dict[str, Any]]:
        """Yield a job now and at each change until it has ended.

        Raises
        ------
        FoldSightError
            Also for a database that is away: the caller may connect again.
        """
        try:
            await self.service.start()
            async for view in jobs.follow(Call(self.service, identity, {"id": job_id})):
                yield view
        except AWAY as fault:
            _log.warning("following %s: %s", job_id, fault)
            raise away() from fault


def away() -> ServiceUnavailable:
    """Return what is said while the database is being started again."""
    return ServiceUnavailable("The database is away for a moment.", hint="Try again.")


def failure(error: FoldSightError) -> Response:
    """Return an error as a response."""
    return Response({"error": error.to_dict()}, status=error.status)
