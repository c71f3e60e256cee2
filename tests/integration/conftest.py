"""A real service on real parts: PostgreSQL, Dask, HTTP. Nothing is left running.

Engines for tests come as a distribution of their own on ``PYTHONPATH``, found by entry point
like any other; nothing in FoldSight knows of them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foldsight import client as clients
from foldsight.client import Client

ENGINES = Path(__file__).parent / "engines"
TESTS = Path(__file__).parents[1]


class Service:
    """One ``python -m foldsight_server`` and the folder that it works in."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[Client] = []

    def start(self) -> Client:
        """Start the service and return a client once it answers."""
        environment = {**os.environ, "FOLDSIGHT_HOME": str(self.home), "FOLDSIGHT_NETWORK": "off"}
        environment["PYTHONPATH"] = os.pathsep.join([str(ENGINES), str(TESTS)])
        with (self.home / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "foldsight_server"], env=environment, stdout=log, stderr=log
            )
        return self.client()

    def client(self) -> Client:
        """Return a client of the running service."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            address = clients._running_service()
            if address is not None:
                self._clients.append(Client(address))
                return self._clients[-1]
            assert self.process is not None
            assert self.process.poll() is None, (self.home / "service.log").read_text()[-2000:]
            time.sleep(0.1)
        raise AssertionError((self.home / "service.log").read_text()[-2000:])

    def kill(self) -> None:
        """Kill the server outright, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Stop it as an operator would."""
        for client in self._clients:
            client.close()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)

    def children(self, word: str) -> list[int]:
        """Return the processes of this service's session whose command line holds ``word``."""
        import psutil

        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                inside = process.environ().get("FOLDSIGHT_HOME") == str(self.home)
                if inside and word in " ".join(process.cmdline()):
                    found.append(process.pid)
        return found


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder with a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="fs"))
    folder.chmod(0o755)
    monkeypatch.setenv("FOLDSIGHT_HOME", str(folder))
    monkeypatch.delenv("FOLDSIGHT_URL", raising=False)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    """A service that is not started yet; stopped, database and all, at the end."""
    found = Service(home)
    yield found
    found.stop()
    _stop_database(home)
    assert found.children("postgres") == []


def _stop_database(home: Path) -> None:
    from foldsight_server.store.embedded import EmbeddedPostgres

    EmbeddedPostgres(home / "postgres").stop()
