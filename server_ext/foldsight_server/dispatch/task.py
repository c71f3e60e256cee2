"""What a Dask worker runs: one fold or analysis, with progress out and cancellation in."""

from __future__ import annotations

import logging
import time
from typing import Any

import msgspec

from foldsight.errors import EngineFailed, FoldSightError

#: Dask topic of progress events.
TOPIC = "foldsight-progress"
#: At most this many progress events a second; a run that is over sooner sends none.
RATE = 5.0
_log = logging.getLogger(__name__)


class Order(msgspec.Struct, array_like=True):
    """What a worker is asked for.

    Attributes
    ----------
    job_id : str
    attempt : int
    request : dict
    inputs : list of dict
        The files of the structures that an analysis takes.
    """

    job_id: str
    attempt: int
    request: dict[str, Any]
    inputs: list[dict[str, bytes]]


def packed(value: Any) -> bytes:
    """Return an order or an outcome as MessagePack; what JSON does not know becomes its text.

    Dask takes bytes as they are. Values it looks through one by one, at seven times the CPU.
    """
    return msgspec.msgpack.encode(value, enc_hook=str)


def outcome(data: bytes) -> dict[str, dict[str, Any]]:
    """Return what :meth:`Runner.run` sent.

    Raises
    ------
    msgspec.MsgspecError
    """
    return msgspec.msgpack.decode(data, type=dict[str, dict[str, Any]])


class Runner:
    """The actor on a worker: it does one run at a time, and stops it when told.

    A call to an actor goes from the service to the worker and back. A task takes the scheduler through
    a dozen steps besides, at seven times the CPU.
    """

    def __init__(self) -> None:
        self._stopped: set[tuple[str, int]] = set()

    def run(self, order: bytes) -> bytes:
        """Do what is asked, in the worker's thread for actors.

        Parameters
        ----------
        order : bytes
            An :class:`Order`, packed.

        Returns
        -------
        bytes
            ``{"files": {...}}``, or ``{"error": {...}}`` for a fault of ours or theirs, packed: errors
            travel as values, so that a worker that dies is told apart from a fold that breaks.
        """
        return packed(self._outcome(msgspec.msgpack.decode(order, type=Order)))

    def _outcome(self, order: Order) -> dict[str, Any]:
        from foldsight.engines.run import run_fold
        from foldsight.tasks import run_analysis

        request = order.request
        reporter = _Reporter(self, order.job_id, order.attempt)
        stop = reporter.cancelled
        try:
            if request["kind"] == "fold":
                return {"files": run_fold(request, progress=reporter, cancelled=stop)}
            return {"files": run_analysis(request, order.inputs, progress=reporter, cancelled=stop)}
        except FoldSightError as error:
            return {"error": error.to_dict()}
        except (Exception, SystemExit) as fault:  # whatever else an engine raises is the job's fault
            _log.exception("a run broke")
            return {"error": EngineFailed(f"The engine stopped: {type(fault).__name__}: {fault}.").to_dict()}
        finally:
            # The next run is sent when this one has been answered.
            self._stopped.clear()

    async def stop(self, job_id: str, attempt: int) -> None:
        """Stop a run; in the worker's event loop, so beside the run itself."""
        self._stopped.add((job_id, attempt))

    def stopped(self, job_id: str, attempt: int) -> bool:
        """Return whether a run is to stop."""
        return (job_id, attempt) in self._stopped


class _Reporter:
    """Progress as Dask events; cancellation read from the worker's own state, without network."""

    def __init__(self, runner: Runner, job_id: str, attempt: int) -> None:
        from distributed import get_worker

        self._worker, self._runner = get_worker(), runner
        self._run = (job_id, attempt)
        self._last = time.monotonic()

    def __call__(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if now - self._last >= 1 / RATE:
            self._last = now
            job, attempt = self._run
            told = {"job": job, "attempt": attempt, "progress": fraction, "message": message}
            self._worker.log_event(TOPIC, told)

    def cancelled(self) -> bool:
        # The scheduler takes the actor away when the service is gone.
        held = any(actor is self._runner for actor in list(self._worker.state.actors.values()))
        return not held or self._runner.stopped(*self._run)
