"""A real PostgreSQL in the data folder, for one user and no network.

Several FoldSight servers share it: the first to come starts it under a file lock, the
others attach. Liveness is a real connection, never a process id. The socket folder is
0700 and there is no TCP port.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import psycopg

from foldsight.errors import ServiceUnavailable
from foldsight_server.store import pgfiles
from foldsight_server.store.binaries import Runner, find_runner, reachable_base

_SETTINGS = {
    "unix_socket_permissions": "0700",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "logging_collector": "off",
    "timezone": "UTC",
}
#: Starts that may fail; after a crash the old backends can need some moments to go.
_TRIES = 20
#: Servers that this process started. They outlive the objects below, and whoever starts a
#: process must collect it in the end: a zombie has a process id like the living.
_started: list[subprocess.Popen[bytes]] = []


class EmbeddedPostgres:
    """Start, find and stop the PostgreSQL of a data folder.

    Parameters
    ----------
    base : Path
        Folder that holds ``data/``, the socket folder, the lock and the log.
    """

    def __init__(self, base: Path) -> None:
        self.base = base = reachable_base(base)
        base.mkdir(parents=True, exist_ok=True)
        self.data, self.log = base / "data", base / "postgres.log"
        self.socket = pgfiles.socket_folder(base)

    @property
    def dsn(self) -> str:
        """Connection string of the FoldSight database."""
        return f"host={self.socket} user=foldsight dbname=postgres connect_timeout=5"

    @property
    def pid(self) -> int | None:
        """Process id of the server, None when there is none."""
        pid = pgfiles.postmaster_pid(self.data)
        return pid if pid is not None and pgfiles.is_postgres(pid) else None

    def alive(self) -> bool:
        """Whether a connection can be made."""
        _collect()
        try:
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                connection.execute("SELECT 1")
        except psycopg.errors.TooManyConnections:
            return True
        except psycopg.OperationalError:
            return False
        return True

    def ensure(self, timeout: float = 120.0) -> Literal["attached", "started"]:
        """Make sure that it runs; returns at once when it does.

        Raises
        ------
        ServiceUnavailable
            With the end of the log, when it does not come up in ``timeout`` seconds.
        """
        if self.alive():
            return "attached"
        deadline = time.monotonic() + timeout
        with self._locked():
            if self.alive():
                return "attached"
            self._start(self._prepare(), deadline)
        return "started"

    def stop(self, timeout: float = 60.0) -> bool:
        """Shut down unless somebody is connected; return whether it is down."""
        with self._locked():
            # A process id is only believed once the server behind it has answered.
            if not self.alive():
                return True
            pid = self.pid
            if pid is None or self._others():
                return False
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + timeout
            while pgfiles.is_postgres(pid) and time.monotonic() < deadline:
                _collect()
                time.sleep(0.02)
            _collect()
            return not pgfiles.is_postgres(pid)

    def _others(self) -> int:
        query = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        import fcntl

        with (self.base / "lock").open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> Runner:
        """Make the folders, and the database cluster the first time."""
        runner = find_runner(self.base, self.data)
        pgfiles.make_private(self.socket, runner)
        pgfiles.trim(self.log)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(runner)
        pgfiles.make_private(self.data, runner)
        return runner

    def _initialise(self, runner: Runner) -> None:
        """Set the data folder up under another name, so that a half-made one is never used."""
        draft = self.base / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        pgfiles.make_private(draft, runner)
        command = [
            runner.program("initdb"), "-D", str(draft), "-U", "foldsight", "-E", "UTF8",
            "--auth-local=trust", "--auth-host=reject", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, **runner.options())
        if done.returncode:
            raise ServiceUnavailable(
                f"PostgreSQL could not be set up in {self.base}: {done.stderr[-400:].strip()}"
            )
        draft.rename(self.data)

    def _start(self, runner: Runner, deadline: float) -> None:
        tries = 0
        while not self.alive():
            if time.monotonic() > deadline or tries > _TRIES:
                raise self._failure()
            if self.pid is None:
                tries += 1
                self._spawn(runner)
            time.sleep(0.03)

    def _spawn(self, runner: Runner) -> None:
        pgfiles.disown_locks(self.data, self.socket)
        settings = dict(_SETTINGS)
        if sys.platform == "linux":
            # Without it a restart after a crash syncs every file one by one: 16 s instead of 0.3 s.
            settings["recovery_init_sync_method"] = "syncfs"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [runner.program("postgres"), "-D", str(self.data), "-h", "", "-k", str(self.socket)]
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [*command, *options], stdout=log, stderr=log, start_new_session=True, **runner.options()
            )
        _started.append(child)
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.1)

    def _failure(self) -> ServiceUnavailable:
        tail = self.log.read_text(errors="replace")[-600:].strip() if self.log.exists() else "no log"
        return ServiceUnavailable(f"PostgreSQL did not start in {self.base}.", hint=f"Its log ends: {tail}")


def _collect() -> None:
    _started[:] = [child for child in _started if child.poll() is None]
