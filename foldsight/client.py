"""The client of the FoldSight service: what notebook, shell and scripts submit through.

:func:`connect` finds the service in this order: ``FOLDSIGHT_URL``; the service of the JupyterHub
that this server is on; the Jupyter server that this kernel belongs to; a local service that is
up; else it starts one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldsight import hub, settings
from foldsight._version import __version__
from foldsight.annotation.remote import SharedBook
from foldsight.errors import Failed, FoldSightError, ServiceUnavailable, error_from_dict
from foldsight.jobs import FINAL
from foldsight.typing import Json
from foldsight.workspace import Workspace

_API = "/foldsight/api/v1"
#: Seconds that a service may take to come up.
START_LIMIT = 90.0
#: Seconds without calls and jobs after which a service that we started ends.
IDLE_EXIT = 900
#: Seconds that one long poll is held.
POLL = 20.0

Update = Callable[[Json], None]
#: Services that this process started; they outlive what is built on them here.
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Address:
    """Where a service is and how to be let in; ``found`` says how it was found."""

    url: str
    token: str
    found: str


class Client:
    """Calls one service.

    Parameters
    ----------
    address : Address
    timeout : float, optional
        Seconds for one answer.
    """

    def __init__(self, address: Address, timeout: float = 60.0) -> None:
        self.address = address
        self._timeout = timeout
        self._http = _open(address, timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, request: Mapping[str, Any]) -> Json:
        """Queue a fold request and return the job.

        Raises
        ------
        Refused
            When the request breaks the rules; nothing was queued.
        """
        return self._json("POST", "/jobs", json=dict(request))

    def analyse(
        self, kind: str, inputs: Sequence[Mapping[str, str]], *, name: str | None = None, **settings: Any
    ) -> Json:
        """Queue an analysis of what the service holds and return the job.

        Parameters
        ----------
        kind : {'align', 'interfaces', 'pockets', 'variants'}
        inputs : sequence of mapping
            ``{"job": id}`` for a fold that is done, ``{"structure": id}`` for a structure of a
            project.
        name : str, optional
        **settings
            As :mod:`foldsight.tasks` has them.

        Raises
        ------
        Refused
        """
        body = {"kind": kind, "inputs": [dict(each) for each in inputs], "name": name, "settings": settings}
        return self._json("POST", "/analyses", json=body)

    def get(self, job_id: str, *, wait: float = 0.0, since: int = 0) -> Json:
        """Return a job; with ``wait`` the answer is held until its version exceeds ``since``."""
        return self._json("GET", f"/jobs/{job_id}", params={"wait": wait, "since": since})

    def jobs(self, state: str | None = None, limit: int = 50) -> list[Json]:
        """Return the caller's jobs, newest first."""
        params = {"limit": limit, **({"state": state} if state else {})}
        jobs: list[Json] = self._json("GET", "/jobs", params=params)["jobs"]
        return jobs

    def cancel(self, job_id: str) -> Json:
        """Cancel a job and return it as it is then."""
        return self._json("POST", f"/jobs/{job_id}/cancel")

    def file(self, job_id: str, name: str) -> bytes:
        """Return one file of a result."""
        return bytes(self._call("GET", f"/jobs/{job_id}/files/{name}").content)

    def files(self, job: Json) -> dict[str, bytes]:
        """Return every file of a finished job: its bundle."""
        return {item["name"]: self.file(job["id"], item["name"]) for item in job["result"]["files"]}

    def wait(self, job_id: str, on_update: Update | None = None, timeout: float | None = None) -> Json:
        """Return the job once it has ended; a service that restarts meanwhile is waited for.

        Raises
        ------
        Failed
            When ``timeout`` seconds pass first.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        since, patience = -1, _Patience()
        while True:
            left = POLL if deadline is None else min(POLL, deadline - time.monotonic())
            if left <= 0:
                raise Failed(
                    f"Job {job_id} had not ended after {timeout:g} s.", hint="It goes on; ask again."
                )
            try:
                job = self.get(job_id, wait=0 if since < 0 else left, since=max(since, 0))
            except ServiceUnavailable as fault:
                patience.sleep(fault)
                self._find_again()
                continue
            patience = _Patience()
            if on_update is not None and job["version"] != since:
                on_update(job)
            since = job["version"]
            if job["state"] in FINAL:
                return job

    def _find_again(self) -> None:
        """Look where the local service is now: its port changes when it starts again."""
        if self.address.found in ("started", "running"):
            self.close()
            self.address = _running_service() or _start_service()
            self._http = _open(self.address, self._timeout)

    @property
    def workspace(self) -> Workspace:
        """Projects and what is in them."""
        return Workspace(self._call)

    def room(self, room: str) -> SharedBook:
        """Return the annotations of a room: of a stored structure, a project, or ``local-`` and a name."""
        return SharedBook(self._json, room)

    def engines(self) -> list[Json]:
        """Return the engines and whether each can run where jobs run."""
        rows: list[Json] = self._json("GET", "/engines")["engines"]
        return rows

    def health(self) -> Json:
        """Return what the service says of itself."""
        return self._json("GET", "/health")

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _json(self, method: str, path: str, **options: Any) -> Json:
        found: Json = self._call(method, path, **options).json()
        return found

    def _call(self, method: str, path: str, **options: Any) -> Any:
        import httpx

        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as fault:
            raise ServiceUnavailable(
                f"The FoldSight service at {self.address.url} does not answer ({type(fault).__name__}).",
                hint="foldsight doctor says what is running.",
            ) from fault
        if response.is_success:
            return response
        raise _error(response.status_code, response.content, self.address.url)


def _open(address: Address, timeout: float) -> Any:
    import httpx

    headers = {"Authorization": f"token {address.token}"} if address.token else {}
    # A service of this machine or this site is never behind the web's proxy settings.
    return httpx.Client(
        base_url=address.url.rstrip("/") + _API, headers=headers, timeout=timeout, trust_env=False
    )


class _Patience:
    """Waits a little longer after each failure in a row, and gives up after two minutes."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._pause = 0.2

    def sleep(self, fault: ServiceUnavailable) -> None:
        """Sleep, or raise ``fault`` when it has lasted too long."""
        if time.monotonic() - self._start > 120:
            raise fault
        time.sleep(self._pause)
        self._pause = min(self._pause * 2, 5.0)


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
    url = os.environ.get("FOLDSIGHT_URL")
    if url:
        return Client(Address(url, os.environ.get("FOLDSIGHT_TOKEN", ""), "FOLDSIGHT_URL"))
    shared = hub.service_url()
    if shared:
        # The token of the user's own server; where there is a shared service, no other is started.
        return Client(Address(shared, os.environ["JUPYTERHUB_API_TOKEN"], "hub"))
    address = _jupyter_server() or _running_service() or _start_service()
    return Client(address)


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
