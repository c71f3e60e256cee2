"""What a Dask worker runs: one fold or analysis, with progress out and cancellation in."""

from __future__ import annotations

import time
from typing import Any

from foldsight.errors import FoldSightError

#: Dask topic of progress events.
TOPIC = "foldsight-progress"
#: At most this many progress events a second; a run that is over sooner sends none.
RATE = 5.0


def run(job_id: str, attempt: int, request: dict[str, Any], inputs: list[dict[str, bytes]]) -> dict[str, Any]:
    """Do what is asked; return ``{"files": {...}}``, or ``{"error": {...}}`` for a fault of ours or theirs.

    Errors travel as values, so that a worker that dies is told apart from a fold that breaks.
    """
    from foldsight.engines.run import run_fold
    from foldsight.tasks import run_analysis

    reporter = _Reporter(job_id, attempt)
    stop = reporter.cancelled
    try:
        if request["kind"] == "fold":
            files = run_fold(request, progress=reporter, cancelled=stop)
        else:
            files = run_analysis(request, inputs, progress=reporter, cancelled=stop)
    except FoldSightError as error:
        return {"error": error.to_dict()}
    return {"files": files}


class _Reporter:
    """Progress as Dask events; cancellation read from the worker's own state, without network."""

    def __init__(self, job_id: str, attempt: int) -> None:
        from distributed import get_worker

        self._worker = get_worker()
        self._key = self._worker.get_current_task()
        self._job = {"job": job_id, "attempt": attempt}
        self._last = time.monotonic()

    def __call__(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if now - self._last >= 1 / RATE:
            self._last = now
            self._worker.log_event(TOPIC, {**self._job, "progress": fraction, "message": message})

    def cancelled(self) -> bool:
        state = self._worker.state.tasks.get(self._key)
        return state is None or state.state == "cancelled"
