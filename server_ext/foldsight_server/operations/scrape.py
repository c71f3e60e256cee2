"""One scrape: what the server holds and what the database says, then everything as text."""

from __future__ import annotations

import logging

import psycopg
from psycopg_pool import PoolTimeout

from foldsight_server.service import Service
from foldsight_server.store.queries import sql

_log = logging.getLogger(__name__)


async def scrape(service: Service) -> bytes:
    """Return the metrics of a service; without those of the database while that is away."""
    rooms, dispatcher = service.rooms, service.dispatcher
    service.metrics.look(
        rooms=rooms.open, members=rooms.connections, workers=dispatcher.workers, leads=dispatcher.leads
    )
    try:
        await _depth(service)
    except (psycopg.Error, PoolTimeout, OSError) as fault:
        # What was last known is no news; a graph with a gap is.
        service.metrics.depth([])
        _log.warning("scraped without the database: %s", fault)
    return service.metrics.text()


async def _depth(service: Service) -> None:
    if not service.database.is_open:
        return
    async with service.database.connection() as connection:
        rows = await (await connection.execute(sql("queue_depth"))).fetchall()
    service.metrics.depth(rows)
