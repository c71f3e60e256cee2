"""The client of the FoldSight service: what notebook, shell and scripts submit through.

:func:`connect` finds the service in this order: ``FOLDSIGHT_URL``; the service of the JupyterHub
that this server is on; the Jupyter server that this kernel belongs to; a local service that is
up; else it starts one.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldsight import hub, settings
from foldsight._version import __version__
from foldsight.annotation.remote import SharedBook
from foldsight.calls import (
    Awaiting,
    Blocking,
    FindAgain,
    Pause,
    Step,
    ask,
)
from foldsight.errors import FoldSightError, ServiceUnavailable, error_from_dict
from foldsight.job_calls import JobOperations
from foldsight.typing import Json
from foldsight.workspace import AsyncWorkspace, Workspace

_API = "/foldsight/api/v1"
#: Seconds that a service may take to come up.
START_LIMIT = 90.0
#: Seconds without calls and jobs after which a service that we started ends.
IDLE_EXIT = 900
#: How a service was found that is of this user and machine, and may be started again.
_OURS = ("started", "running")
#: Services that this process started; they outlive what is built on them here.
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Address:
    """Where a service is and how to be let in; ``found`` says how it was found."""

    url: str
    token: str
    found: str


class Client(JobOperations, Blocking):
    """Calls one service.

    Parameters
    ----------
    address : Address
    timeout : float, optional
        Seconds for one answer.
    """

    def __init__(self, address: Address, timeout: float = 60.0) -> None:
        import httpx

        self.address = address
        self._open = functools.partial(_open, httpx.Client, timeout=timeout)
        self._http = self._open(address)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def workspace(self) -> Workspace:
        """Projects and what is in them."""
        return Workspace(self)

    def room(self, room: str) -> SharedBook:
        """Return the annotations of a room: of a stored structure, a project, or ``local-`` and a name."""
        return SharedBook(lambda method, path, **options: self.do(ask(method, path, **options)), room)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def step(self, step: Step) -> Any:
        """Do one step of an operation."""
        if isinstance(step, Pause):
            return time.sleep(step.seconds)
        if isinstance(step, FindAgain):
            return self._find_again()
        with _reaching(self.address):
            response = self._http.request(step.method, step.path, **step.options)
        return step.read(_checked(response, self.address))

    def _find_again(self) -> None:
        if self.address.found in _OURS:
            self.close()
            self.address = _running_service() or _start_service()
            self._http = self._open(self.address)


class AsyncClient(JobOperations, Awaiting):
    """Calls one service without blocking: every operation of :class:`Client` but rooms, awaited.

    Parameters
    ----------
    address : Address
    timeout : float, optional
        Seconds for one answer.

    Examples
    --------
    ::

        async with await connect_async() as client:
            jobs = await asyncio.gather(*(client.submit(request) for request in requests))
            async for project in client.workspace.projects():
                print(project["name"])
    """

    def __init__(self, address: Address, timeout: float = 60.0) -> None:
        import httpx

        self.address = address
        self._open = functools.partial(_open, httpx.AsyncClient, timeout=timeout)
        self._http = self._open(address)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def workspace(self) -> AsyncWorkspace:
        """Projects and what is in them."""
        return AsyncWorkspace(self)

    async def close(self) -> None:
        """Close the connection."""
        await self._http.aclose()

    async def step(self, step: Step) -> Any:
        """Do one step of an operation."""
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        if isinstance(step, FindAgain):
            return await self._find_again()
        with _reaching(self.address):
            response = await self._http.request(step.method, step.path, **step.options)
        return step.read(_checked(response, self.address))

    async def _find_again(self) -> None:
        if self.address.found in _OURS:
            address = await asyncio.to_thread(lambda: _running_service() or _start_service())
            if address != self.address:  # else somebody who waits beside us has found it already
                former, self.address, self._http = self._http, address, self._open(address)
                await former.aclose()


@contextmanager
def _reaching(address: Address) -> Iterator[None]:
    """Turn what goes wrong on the way into our error."""
    import httpx

    try:
        yield
    except httpx.HTTPError as fault:
        raise ServiceUnavailable(
            f"The FoldSight service at {address.url} does not answer ({type(fault).__name__}).",
            hint="foldsight doctor says what is running.",
        ) from fault


def _checked(response: Any, address: Address) -> Any:
    """Return a response that is none of an error."""
    if response.is_success:
        return response
    raise _error(response.status_code, response.content, address.url)


def _open(kind: Callable[..., Any], address: Address, timeout: float) -> Any:
    headers = {"Authorization": f"token {address.token}"} if address.token else {}
    # A service of this machine or this site is never behind the web's proxy settings.
    return kind(base_url=address.url.rstrip("/") + _API, headers=headers, timeout=timeout, trust_env=False)


def _error(status: int, body: bytes, url: str) -> FoldSightError:
    try:
        told = json.loads(body)
        return error_from_dict({**told, "code": told["code"], "message": told["detail"]})
    except (ValueError, KeyError, TypeError):
        if status in (401, 403):
            return ServiceUnavailable(f"{url} does not accept the token.", hint="Check FOLDSIGHT_TOKEN.")
        return ServiceUnavailable(
            f"{url} answered {status}, not as FoldSight would.", hint="Check FOLDSIGHT_URL."
        )


def connect() -> Client:
    """Find the service, or start one, and return a client of it.

    Raises
    ------
    ServiceUnavailable
        When the named service does not answer, or none can be started.
    """
    return Client(find())


async def connect_async() -> AsyncClient:
    """Do as :func:`connect` does, for code that must not block."""
    return AsyncClient(await asyncio.to_thread(find))


def find() -> Address:
    """Find the service, or start one; the order is the module's.

    Raises
    ------
    ServiceUnavailable
    """
    url = os.environ.get("FOLDSIGHT_URL")
    if url:
        return Address(url, os.environ.get("FOLDSIGHT_TOKEN", ""), "FOLDSIGHT_URL")
    shared = hub.service_url()
    if shared:
        # The token of the user's own server; where there is a shared service, no other is started.
        return Address(shared, os.environ["JUPYTERHUB_API_TOKEN"], "hub")
    return _jupyter_server() or _running_service() or _start_service()


def _health(address: Address) -> Json | None:
    """What a service says of itself; None when there is none."""
    client = Client(address, timeout=15.0)
    try:
        return client.health()
    except FoldSightError:
        return None
    finally:
        client.close()


def _jupyter_server() -> Address | None:
    """The Jupyter server whose kernel we are, or are started from, if FoldSight is in it."""
    parent = os.environ.get("JPY_PARENT_PID")  # set by whoever launches a kernel
    if parent is None:
        return None
    from jupyter_core.paths import jupyter_runtime_dir

    path = Path(jupyter_runtime_dir()) / f"jpserver-{parent}.json"
    try:
        told = json.loads(path.read_text())
        address = Address(str(told["url"]).rstrip("/"), str(told.get("token", "")), "jupyter")
    except (OSError, ValueError, KeyError):
        return None
    return address if _health(address) else None


def _running_service() -> Address | None:
    try:
        told = json.loads((settings.home() / "service.json").read_text())
        address = Address(str(told["url"]), str(told["token"]), "running")
    except (OSError, ValueError, KeyError):
        return None
    # One that was started before an upgrade is left to end by itself.
    health = _health(address)
    return address if health and health.get("version") == __version__ else None


def _start_service() -> Address:
    """Start a service of our own, once however many ask at the same time."""
    home = settings.home()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(home / "service.lock"):
        running = _running_service()
        if running is not None:
            return running
        log = home / "service.log"
        with log.open("ab") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "foldsight_server", "--idle-exit", str(IDLE_EXIT)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                env={**os.environ, "FOLDSIGHT_HOME": str(home)},
            )
        _started.append(process)
        return _await_start(process, log)


def _await_start(process: subprocess.Popen[bytes], log: Path) -> Address:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        found = _running_service()
        if found is not None:
            return Address(found.url, found.token, "started")
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-800:].strip() if log.exists() else ""
    raise ServiceUnavailable("The FoldSight service did not start.", hint=f"Its log {log} ends: {tail}")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file for the time being."""
    import fcntl

    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
