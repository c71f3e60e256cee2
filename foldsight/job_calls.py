"""Jobs of the service: submitted, listed, waited for, their results fetched."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foldsight.calls import Ask, FindAgain, Flow, Pause, ask, bytes_of, operation, rows
from foldsight.errors import Failed, ServiceUnavailable
from foldsight.jobs import FINAL
from foldsight.typing import Json

#: Seconds that one long poll is held.
POLL = 20.0
Update = Callable[[Json], None]


class JobOperations:
    """What a client can ask for, whether it blocks or is awaited."""

    @operation
    def submit(self, request: Mapping[str, Any]) -> Ask[Json]:
        """Queue a fold request and return the job.

        Raises
        ------
        Refused
            When the request breaks the rules; nothing was queued.
        """
        return ask("POST", "/jobs", json=dict(request))

    @operation
    def analyse(
        self, /, kind: str, inputs: Sequence[Mapping[str, str]], *, name: str | None = None, **settings: Any
    ) -> Ask[Json]:
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
        return ask("POST", "/analyses", json=body)

    @operation
    def get(self, job_id: str, *, wait: float = 0.0, since: int = 0) -> Ask[Json]:
        """Return a job; with ``wait`` the answer is held until its version exceeds ``since``."""
        return _job(job_id, wait, since)

    @operation
    def jobs(self, state: str | None = None, limit: int = 50) -> Ask[list[Json]]:
        """Return the caller's jobs, newest first."""
        return rows("/jobs", "jobs", limit=limit, state=state or None)

    @operation
    def cancel(self, job_id: str) -> Ask[Json]:
        """Cancel a job and return it as it is then."""
        return ask("POST", f"/jobs/{job_id}/cancel")

    @operation
    def file(self, job_id: str, name: str) -> Ask[bytes]:
        """Return one file of a result."""
        return _file(job_id, name)

    @operation
    def files(self, job: Json) -> Flow[dict[str, bytes]]:
        """Return every file of a finished job: its bundle."""
        found = {}
        for item in job["result"]["files"]:
            found[item["name"]] = yield _file(job["id"], item["name"])
        return found

    @operation
    def wait(self, job_id: str, on_update: Update | None = None, timeout: float | None = None) -> Flow[Json]:
        """Return the job once it has ended; a service that restarts meanwhile is waited for.

        Raises
        ------
        Failed
            When ``timeout`` seconds pass first.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        silent = on_update is None
        # Who wants news has the first at once; who wants none is answered once, at the end.
        since, patience = 0 if silent else -1, _Patience()
        while True:
            left = POLL if deadline is None else min(POLL, deadline - time.monotonic())
            if left <= 0:
                raise Failed(
                    f"Job {job_id} had not ended after {timeout:g} s.", hint="It goes on; ask again."
                )
            try:
                job: Json = yield _job(job_id, 0 if since < 0 else left, max(since, 0), ended=silent)
            except ServiceUnavailable as fault:
                yield patience.pause(fault)
                yield FindAgain()
                continue
            patience = _Patience()
            if on_update is not None and job["version"] != since:
                on_update(job)
            since = job["version"]
            if job["state"] in FINAL:
                return job

    @operation
    def engines(self) -> Ask[list[Json]]:
        """Return the engines and whether each can run where jobs run."""
        return rows("/engines", "engines")

    @operation
    def health(self) -> Ask[Json]:
        """Return what the service says of itself."""
        return ask("GET", "/health")


def _job(job_id: str, wait: float, since: int, *, ended: bool = False) -> Ask[Json]:
    params = {"wait": wait, "until": "ended"} if ended else {"wait": wait, "since": since}
    return ask("GET", f"/jobs/{job_id}", params=params)


def _file(job_id: str, name: str) -> Ask[bytes]:
    return Ask("GET", f"/jobs/{job_id}/files/{name}", bytes_of)


class _Patience:
    """Waits a little longer after each failure in a row, and gives up after two minutes."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._pause = 0.2

    def pause(self, fault: ServiceUnavailable) -> Pause:
        """Return how long to wait, or raise ``fault`` when it has lasted too long."""
        if time.monotonic() - self._start > 120:
            raise fault
        pause, self._pause = Pause(self._pause), min(self._pause * 2, 5.0)
        return pause
