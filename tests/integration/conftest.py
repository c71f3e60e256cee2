"""A real service on real parts: PostgreSQL, Dask, HTTP. Nothing is left running.

Engines for tests come as a distribution of their own on ``PYTHONPATH``, found by entry point
like any other; nothing in FoldSight knows of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foldsight.client import Address, Client
from foldsight.errors import FoldSightError

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
        environment["PYTHONFAULTHANDLER"] = "1"
        (self.home / "service.json").unlink(missing_ok=True)
        with (self.home / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "foldsight_server"], env=environment, stdout=log, stderr=log
            )
        return self.client()

    def client(self) -> Client:
        """Return a client of the running service."""
        found: list[Client] = []

        def answers() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            with contextlib.suppress(OSError, ValueError, FoldSightError):
                told = json.loads((self.home / "service.json").read_text())
                if told["pid"] == self.process.pid:
                    found.append(Client(Address(told["url"], told["token"], "test")))
                    return bool(found[-1].health()["ok"])
            return False

        until(answers, 60)
        self._clients += found
        return found[-1]

    def log(self) -> str:
        """Return the end of the service's log."""
        return (self.home / "service.log").read_text()[-3000:]

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
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:  # where its threads stand goes to its log
                self.process.send_signal(signal.SIGABRT)
                self.process.wait(20)
            assert self.process.returncode == 0, self.log()
            assert not (self.home / "service.json").exists()

    def children(self, word: str) -> list[int]:
        """Return the processes of this data folder whose command line holds ``word``."""
        import psutil

        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                inside = process.environ().get("FOLDSIGHT_HOME") == str(self.home)
                if inside and word in " ".join(process.cmdline()):
                    found.append(process.pid)
        return found

    def runs(self) -> Counter[str]:
        """Return what the test engines noted: ``start NAME`` and ``end NAME``, counted."""
        path = self.home / "runs.log"
        return Counter(path.read_text().split("\n")[:-1] if path.exists() else [])


def until(condition: Callable[[], object], seconds: float = 40.0) -> None:
    """Wait for a condition to come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture(name="until")
def _until() -> Callable[..., None]:
    return until


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """Give a data folder with a path short enough for a socket; its database is stopped at the end."""
    from foldsight_server.store.embedded import EmbeddedPostgres

    folder = Path(tempfile.mkdtemp(prefix="fs"))
    folder.chmod(0o755)
    try:
        yield folder
        if (folder / "postgres").exists():
            assert EmbeddedPostgres(folder / "postgres").stop(), "somebody is still connected"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_in(folder: Path) -> Iterator[Service]:
    """Give a service that is not started yet; stopped, and all its processes with it, at the end."""
    found = Service(folder)
    try:
        yield found
    finally:
        found.stop()
    until(lambda: not found.children("cluster_process") and not found.children("multiprocessing"), 20)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of one test's own, also for what this process does."""
    with data_folder() as folder:
        monkeypatch.setenv("FOLDSIGHT_HOME", str(folder))
        monkeypatch.delenv("FOLDSIGHT_URL", raising=False)
        yield folder


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    """A service of one test's own, not started yet."""
    with running_in(home) as found:
        yield found


@pytest.fixture(scope="module")
def shared() -> Iterator[Service]:
    """A running service that the tests of a module share; none of them may hurt it."""
    with data_folder() as folder:
        with running_in(folder) as found:
            found.start()
            yield found
        # A worker that is told to go amid a heartbeat says so at length; that is no fault of ours.
        own = [line for line in found.log().splitlines() if "foldsight.workers" not in line]
        assert not any("Traceback" in line for line in own), found.log()


class Workplace:
    """An application without a web server, on a real database, called from any thread.

    Jobs are queued and never run: nothing dispatches.
    """

    def __init__(self, folder: Path) -> None:
        from foldsight_server.app import Application

        self.core = Application(folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Workplace:
        self._thread.start()
        self.run(self.core.service.database.open())
        # It counts as started: no dispatcher, no listener.
        self.core.service.start = self._started  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.core.service.database.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _started(self) -> None:
        return

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine where the application lives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def ask(
        self, user: str, method: str, path: str, body: object = b"", *, plan: str = "lab", may: Any = "admin",
        query: dict[str, str] | None = None, key: str | None = None, **changes: Any,
    ) -> Any:  # fmt: skip
        """Call as somebody; return ``(status, decoded JSON or bytes)``."""
        from foldsight_server.identity import Identity

        from foldsight.plans import PLANS

        identity = Identity(user, user.title(), replace(PLANS[plan], requests=None, **changes), may)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if key is None else {"idempotency-key": key}
        work = self.core.dispatch(method, path, identity, query or {}, data, headers=headers)
        response = self.run(work)
        encoded = response.encoded()
        is_json = response.content_type in ("application/json", "application/problem+json")
        return response.status, json.loads(encoded) if is_json else encoded

    def good(self, user: str, method: str, path: str, body: object = b"", **options: Any) -> Any:
        """Call as somebody who shall succeed; return what came."""
        status, found = self.ask(user, method, path, body, **options)
        assert status < 300, found
        return found

    def sql(self, text: str, *values: object) -> list[dict[str, Any]]:
        """Ask the database itself."""
        import psycopg
        from psycopg.rows import dict_row

        with psycopg.connect(self.core.service.database.dsn, row_factory=dict_row, autocommit=True) as held:
            cursor = held.execute(text, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    """A data folder of the module's own."""
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def workplace(module_folder: Path) -> Iterator[Workplace]:
    """An application on a database of the module's own."""
    with Workplace(module_folder) as found:
        yield found


@pytest.fixture(scope="session")
def workplace_in() -> Callable[[Path], Workplace]:
    """Make an application in a folder; to be used as a context."""
    return Workplace


@pytest.fixture
def folders() -> Iterator[Callable[[], Path]]:
    """Make data folders; their databases are stopped at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(data_folder())
