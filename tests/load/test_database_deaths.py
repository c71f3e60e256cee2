"""The embedded database is killed again and again: what it acknowledged is there when it is back."""

from __future__ import annotations

import os
import signal
import threading
import time

import psycopg
from foldsight_server.store.embedded import EmbeddedPostgres

from tests.load.report import record

CYCLES = int(os.environ.get("FOLDSIGHT_LOAD_CYCLES", "50"))


class Writer(threading.Thread):
    """Commits rows one after the other and notes those that the database said are kept."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self.dsn, self.kept, self.number = dsn, set[int](), 0
        self.over = threading.Event()

    def run(self) -> None:
        """Write until told to stop; a lost connection is made anew."""
        while not self.over.is_set():
            try:
                with psycopg.connect(self.dsn, autocommit=True) as connection:
                    while not self.over.is_set():
                        self.number += 1
                        connection.execute("INSERT INTO kept VALUES (%s)", (self.number,))
                        self.kept.add(self.number)
            except psycopg.OperationalError:
                time.sleep(0.005)  # it is dead; the number is not counted as kept


def test_kills_lose_nothing_that_was_acknowledged(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (number bigint PRIMARY KEY)")
    writer = Writer(server.dsn)
    writer.start()
    away = []
    for cycle in range(CYCLES):
        written = writer.number
        while writer.number < written + 20:
            time.sleep(0.002)
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        server.ensure()
        away.append(time.monotonic() - began)
        assert server.pid != pid, f"cycle {cycle}"
    writer.over.set()
    writer.join()
    with psycopg.connect(server.dsn) as connection:
        found = {number for (number,) in connection.execute("SELECT number FROM kept")}
    lost = writer.kept - found
    print(f"\n{CYCLES} kills, {len(writer.kept):,} commits acknowledged, {len(lost)} lost; back after")
    print(f"{sorted(away)[len(away) // 2]:.2f} s in the middle, {max(away):.2f} s at most")
    record(f"commits lost in {CYCLES} kills of the database", len(lost), 0)
    record("database back after a kill, at most", max(away), 2.0, "s")
    assert not lost
