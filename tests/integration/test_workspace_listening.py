"""Notifications: all arrive, in order, and the end of the connection is told."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from foldsight_server.store.database import Database

from tests.integration.conftest import Workplace

CHANNELS = ("news_a", "news_b")
#: Ends the connection that listens to the last channel.
END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN \"news_b\"'"


async def hear(database: Database, told: list[tuple[str, str]]) -> None:
    """Note what is told on both channels, until the connection ends."""
    async for notice in database.listen(*CHANNELS):
        told.append((notice.channel, notice.payload))


async def until_told(database: Database, told: list[tuple[str, str]], payload: str) -> None:
    """Notify both channels until one notification of each has been heard."""
    while not all((channel, payload) in told for channel in CHANNELS):
        async with database.connection() as connection:
            for channel in CHANNELS:
                await connection.execute("SELECT pg_notify(%s, %s)", (channel, payload))
        await asyncio.sleep(0.01)


def test_what_is_told_arrives_in_order_and_an_end_of_the_connection_is_no_silence(
    workplace: Workplace,
) -> None:
    database = workplace.core.service.database
    sent = [(CHANNELS[i % 2], str(i)) for i in range(600)]

    async def go() -> list[tuple[str, str]]:
        told: list[tuple[str, str]] = []
        listener = asyncio.create_task(hear(database, told))
        await until_told(database, told, "begin")
        async with database.connection() as connection:
            for one in sent:
                await connection.execute("SELECT pg_notify(%s, %s)", one)
            await until_told(database, told, "end")
            await connection.execute(END)
        with pytest.raises(psycopg.OperationalError):
            await asyncio.wait_for(listener, 10)
        return told

    told = workplace.run(go())
    assert [(channel, payload) for channel, payload in told if payload.isdigit()] == sent
