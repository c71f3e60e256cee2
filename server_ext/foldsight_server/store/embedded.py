"""A real PostgreSQL in the data folder, for one user and no network.

Several FoldSight servers share it: the first to come starts it under a file lock, the
others attach. Liveness is a real connection, never a process id. The socket folder is
0700 and there is no TCP port.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from foldsight.errors import ServiceUnavailable
from foldsight_server.store.binaries import Runner, find_runner, reachable_base

#: Longest path of a Unix socket folder that the system takes.
_SOCKET_PATH_MAX = 80
_SETTINGS = {
    "unix_socket_permissions": "0700",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "logging_collector": "off",
}


class EmbeddedPostgres:
    """Start, find and stop the PostgreSQL of a data folder.

    Parameters
    ----------
    base : Path
        Folder that holds ``data/``, the socket folder, the lock and the log.
    """

    def __init__(self, base: Path) -> None:
        base = reachable_base(base)
        self.base = base
        self.base.mkdir(parents=True, exist_ok=True)
        self.data, self.log = base / "data", base / "postgres.log"
        self.socket = _socket_folder(base)
        self._runner: Runner | None = None
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def dsn(self) -> str:
        """Connection string of the FoldSight database."""
        return f"host={self.socket} user=foldsight dbname=postgres connect_timeout=5"

    def alive(self) -> bool:
        """Whether a connection can be made."""
        try:
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def ensure(self, timeout: float = 120.0) -> None:
        """Make sure that it runs; returns at once when it does.

        Raises
        ------
        ServiceUnavailable
            With the end of the log, when it does not come up in ``timeout`` seconds.
        """
        if self.alive():
            return
        deadline = time.monotonic() + timeout
        with self._locked():
            self._prepare()
            while not self.alive():
                if time.monotonic() > deadline:
                    raise self._failure()
                if not self._running():
                    self._start()
                time.sleep(0.05)

    def stop(self, timeout: float = 60.0) -> None:
        """Shut down, waiting for running transactions to be rolled back."""
        with self._locked():
            # A process id is only believed once the server behind it has answered.
            if not self.alive():
                return
            os.kill(self._pid(), signal.SIGINT)
            deadline = time.monotonic() + timeout
            while (self.data / "postmaster.pid").exists() and time.monotonic() < deadline:
                self._reap()
                time.sleep(0.02)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        import fcntl

        with (self.base / "lock").open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        runner = self._runner = self._runner or find_runner(self.base)
        for folder in (self.data, self.socket):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if runner.identity:
                os.chown(folder, runner.uid, runner.identity["group"])
            if folder.stat().st_uid != runner.uid:
                raise ServiceUnavailable(
                    f"{folder} belongs to another user.", hint="Set FOLDSIGHT_HOME to a folder of your own."
                )
        if not (self.data / "PG_VERSION").exists():
            self._initialise(runner)

    def _initialise(self, runner: Runner) -> None:
        command = [
            runner.program("initdb"), "-D", str(self.data), "-U", "foldsight", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, **runner.options())
        if done.returncode:
            raise ServiceUnavailable(f"PostgreSQL could not be set up in {self.data}: {done.stderr[-400:]}")

    def _start(self) -> None:
        assert self._runner is not None
        settings = dict(_SETTINGS)
        if sys.platform == "linux":
            # Without it a restart after a crash syncs every file one by one: 16 s instead of 0.3 s.
            settings["recovery_init_sync_method"] = "syncfs"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [self._runner.program("postgres"), "-D", str(self.data), "-h", "", "-k", str(self.socket)]
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [*command, *options], stdout=log, stderr=log, start_new_session=True, **self._runner.options()
            )
        self._children.append(child)
        time.sleep(0.1)

    def _pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def _running(self) -> bool:
        """Whether a postmaster is starting or recovering; our dead children are reaped first."""
        self._reap()
        try:
            pid = self._pid()
            return _is_postgres(pid)
        except (OSError, ValueError, IndexError):
            return False

    def _reap(self) -> None:
        self._children = [child for child in self._children if child.poll() is None]

    def _failure(self) -> ServiceUnavailable:
        tail = self.log.read_text(errors="replace")[-600:] if self.log.exists() else "no log"
        return ServiceUnavailable(f"PostgreSQL did not start in {self.data}.", hint=f"Its log ends: {tail}")


def _is_postgres(pid: int) -> bool:
    """Whether that process is a living postgres, not a zombie or another program with its number."""
    proc = Path(f"/proc/{pid}/stat")
    if proc.parent.parent.joinpath("self").exists():
        name, _, rest = proc.read_text().partition("(")[2].rpartition(")")
        return name.startswith("postgres") and rest.split()[0] != "Z"
    command = ["ps", "-o", "state=,comm=", "-p", str(pid)]
    state, _, name = subprocess.run(command, capture_output=True, text=True, check=False).stdout.partition(
        " "
    )
    return "postgres" in name and "Z" not in state


def _socket_folder(base: Path) -> Path:
    folder = base / "socket"
    if len(str(folder)) <= _SOCKET_PATH_MAX:
        return folder
    digest = hashlib.sha256(str(base).encode()).hexdigest()[:12]
    runtime = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(runtime) / f"foldsight-{os.getuid()}-{digest}"
