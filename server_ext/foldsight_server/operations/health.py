"""Whether a server can serve: what is missing, one line each, without anything secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from foldsight.errors import FoldSightError
from foldsight_server.dispatch.dispatcher import LOCK
from foldsight_server.service import Service
from foldsight_server.store.access import one
from foldsight_server.store.migrate import migrations

_log = logging.getLogger(__name__)
#: Seconds that one part may take to answer.
PATIENCE = 3.0
#: A name that no content has: asking for it shows whether the store answers.
_NOBODYS = "0" * 64


class Missing(Exception):
    """A part that is not there; the text says what is wrong with it."""


def alive() -> dict[str, Any]:
    """Return that the process lives, which is all that its answering proves."""
    return {"alive": True}


async def readiness(service: Service) -> dict[str, Any]:
    """Ask each part whether it can work.

    Returns
    -------
    dict
        ``ready``; ``parts`` with ``ok`` or what is wrong for each; ``missing``, the names of those
        that are not ok.
    """
    checks = {
        "database": _database,
        "migrations": _migrations,
        "objects": _objects,
        "scheduler": _scheduler,
    }
    found = await asyncio.gather(*(_asked(name, check, service) for name, check in checks.items()))
    parts = dict(zip(checks, found, strict=True))
    missing = [name for name, said in parts.items() if said != "ok"]
    return {"ready": not missing, "missing": missing, "parts": parts}


async def _asked(name: str, check: Callable[[Service], Awaitable[None]], service: Service) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await check(service)
    except Missing as fault:
        return str(fault)
    except TimeoutError:
        return f"no answer within {PATIENCE:g} s"
    except (psycopg.Error, PoolTimeout, OSError, FoldSightError) as fault:
        # The fault's own words may name hosts, folders and users; the log has them.
        _log.warning("not ready: %s: %s", name, fault)
        return f"does not answer ({type(fault).__name__})"
    except Exception as fault:  # whatever a store raises, a probe is answered
        _log.exception("not ready: %s", name)
        return f"broke ({type(fault).__name__})"
    return "ok"


def _opened(service: Service) -> None:
    if not service.database.is_open:
        raise Missing("is not open yet")


async def _database(service: Service) -> None:
    _opened(service)
    async with service.database.connection() as connection:
        await connection.execute("SELECT 1")


async def _migrations(service: Service) -> None:
    _opened(service)
    async with service.database.connection() as connection:
        row = await one(connection, "applied_migrations", {})
    applied = set(row["versions"] or ()) if row else set()
    lacking = [name for version, name, _ in migrations() if version not in applied]
    if lacking:
        raise Missing(f"{lacking[0]} is not applied")


async def _objects(service: Service) -> None:
    await service.objects.has(_NOBODYS)


async def _scheduler(service: Service) -> None:
    """Somebody dispatches; here, its cluster is well or asleep until the next job."""
    if service.dispatcher.leads:
        if not service.dispatcher.well:
            raise Missing("the cluster has died and is not back yet")
        return
    _opened(service)
    async with service.database.connection() as connection:
        row = await one(connection, "lock_held", {"high": LOCK >> 32, "low": LOCK & 0xFFFFFFFF})
    if row is None or not row["held"]:
        raise Missing("no server dispatches")
