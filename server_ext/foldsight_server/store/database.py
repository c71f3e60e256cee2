"""The connection to PostgreSQL: embedded or given, migrated, with notifications."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from foldsight_server.ending import end
from foldsight_server.store.embedded import EmbeddedPostgres
from foldsight_server.store.migrate import migrate

_log = logging.getLogger(__name__)

Connection = psycopg.AsyncConnection[dict[str, Any]]
Pool = AsyncConnectionPool[Connection]
#: Seconds after which a silent connection is asked whether it lives: a network may drop it without a word.
QUIET = 20.0


class Database:
    """PostgreSQL for one FoldSight server.

    Parameters
    ----------
    home : Path
        The data folder, for the embedded server.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._embedded: EmbeddedPostgres | None = None
        self._pool: Pool | None = None
        self.dsn = os.environ.get("FOLDSIGHT_DATABASE_URL", "")

    async def attach(self) -> None:
        """Start the embedded server if need be; the database is as it was left."""
        if not self.dsn:
            self._embedded = await asyncio.to_thread(EmbeddedPostgres, self._home / "postgres")
            self.dsn = self._embedded.dsn
        await self.ensure()

    async def open(self) -> None:
        """Start the embedded server if need be, migrate, and open the pool."""
        await self.attach()
        applied = await migrate(self.dsn)
        if applied:
            _log.info("applied migrations: %s", ", ".join(applied))
        self._pool = AsyncConnectionPool(
            self.dsn,
            min_size=1,
            max_size=8,
            open=False,
            check=_Check(),
            kwargs={"autocommit": True, "row_factory": dict_row},
        )
        await self._pool.open()

    @property
    def is_open(self) -> bool:
        """Whether connections can be lent."""
        return self._pool is not None

    async def ensure(self) -> None:
        """Make sure that the embedded server runs."""
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.ensure)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection that gives rows as dicts and commits each statement."""
        assert self._pool is not None, "the database is not open"
        return self._pool.connection()

    async def close(self) -> None:
        """Close the pool; the embedded server stays up for others."""
        if self._pool is not None:
            await self._pool.close()

    def stop_if_alone(self) -> None:
        """Shut the embedded server down when no other FoldSight server is connected."""
        if self._embedded is not None:
            self._embedded.stop()

    async def listen(self, *channels: str) -> AsyncIterator[psycopg.Notify]:
        """Yield notifications on a connection of its own.

        Raises
        ------
        psycopg.OperationalError
            When the connection is lost.
        """
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
            arrived: asyncio.Queue[psycopg.Notify | psycopg.Error] = asyncio.Queue()
            connection.add_notify_handler(arrived.put_nowait)  # what comes with an answer
            for channel in channels:
                await connection.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
            with _reading(connection, arrived.put_nowait):
                while not isinstance(notice := await arrived.get(), psycopg.Error):
                    yield notice
            raise notice


@contextmanager
def _reading(
    connection: psycopg.AsyncConnection[Any], tell: Callable[[psycopg.Notify | psycopg.Error], None]
) -> Iterator[None]:
    """Tell of each notification, and of the end of the connection, as soon as its socket can be read.

    ``AsyncConnection.notifies`` also looks ten times a second whether there are any, which was most of what
    an idle service did.
    """
    loop, line, socket = asyncio.get_running_loop(), connection.pgconn, connection.fileno()
    end: psycopg.Error | None = None

    def read() -> None:
        nonlocal end
        try:
            line.consume_input()
        except psycopg.OperationalError as fault:
            end = fault
        while (found := line.notifies()) is not None:
            tell(psycopg.Notify(found.relname.decode(), found.extra.decode(), found.be_pid))
        if end is not None:
            # The socket is closed, and its number may be somebody else's by the time that this context ends.
            loop.remove_reader(socket)
            tell(end)

    loop.add_reader(socket, read)
    try:
        yield
    finally:
        if end is None:
            loop.remove_reader(socket)


async def whenever(
    database: Database, channel: str, idle: float, work: Callable[[], Awaitable[None]]
) -> None:
    """Do some work now, whenever a channel is notified, and at the latest every ``idle`` seconds; for ever.

    Raises
    ------
    OSError
        When the listening connection is lost.
    """
    wake = asyncio.Event()

    async def listen() -> None:
        async for _ in database.listen(channel):
            wake.set()
        raise OSError("the listening connection was lost")

    listener = asyncio.create_task(listen())
    try:
        while not listener.done():
            wake.clear()
            await work()
            with suppress(TimeoutError):
                async with asyncio.timeout(idle):
                    await wake.wait()
        await listener
    finally:
        await end((listener,))


class _Check:
    """Whether a connection may be lent, without a round trip in most cases.

    The socket of a server that is gone can be read: its end is there. One round trip for each
    statement is what asking the server costs, a fifth of the CPU of a job.
    """

    def __init__(self) -> None:
        self._asked: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    async def __call__(self, connection: Connection) -> None:
        now = time.monotonic()
        if not _readable(connection.fileno()) and now - self._asked.get(connection, -QUIET) < QUIET:
            return
        await AsyncConnectionPool.check_connection(connection)
        self._asked[connection] = now


def _readable(descriptor: int) -> bool:
    asked = select.poll()
    asked.register(descriptor, select.POLLIN | select.POLLHUP)
    return bool(asked.poll(0))


async def persist(
    work: Callable[[], Awaitable[None]], *, stopping: asyncio.Event, pause: float = 0.5
) -> None:
    """Run ``work`` again and again until ``stopping``, resting longer after each failure in a row."""
    rest, loop = pause, asyncio.get_running_loop()
    while not stopping.is_set():
        began = loop.time()
        try:
            await work()
        except (psycopg.Error, OSError) as fault:
            _log.warning("%s is taken up again after: %s", getattr(work, "__name__", "work"), fault)
        except Exception:  # a server whose queue stands still is worse than one that tries again
            _log.exception("%s broke and is taken up again", getattr(work, "__name__", "work"))
        rest = pause if loop.time() - began > 30 else min(rest * 2, 10.0)
        await asyncio.sleep(rest)
