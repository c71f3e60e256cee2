"""Killable worker processes for TM-align, kept warm between calls."""

from __future__ import annotations

import atexit
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from foldsight.analysis.alignment.trace import Trace
from foldsight.analysis.alignment.wire import receive, send
from foldsight.errors import EngineUnavailable, Failed

#: Seconds that one pair may take for each million of residue pairs, and at least.
SECONDS_PER_MILLION, SECONDS_LEAST = 120.0, 30.0


class _Worker:
    """One process, used by one thread at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "foldsight.analysis.alignment.worker"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._started = False

    def align(self, x: Trace, y: Trace) -> dict[str, Any]:
        """Align ``x`` onto ``y``; kills itself when it takes too long."""
        limit = max(SECONDS_LEAST, len(x) * len(y) / 1e6 * SECONDS_PER_MILLION)
        timer = threading.Timer(limit, self._process.kill)
        timer.start()
        try:
            answer = self._ask(x, y)
        finally:
            timer.cancel()
        if answer is None:
            raise Failed(f"Aligning {x.name} with {y.name} was stopped after {limit:.0f} s or broke off.")
        return answer

    def _ask(self, x: Trace, y: Trace) -> dict[str, Any] | None:
        try:
            if not self._started and receive(self._output) is None:
                return None
            self._started = True
            coord = np.concatenate([x.coord, y.coord]).astype("<f8", copy=False)
            send(self._input, {"x": x.sequence, "y": y.sequence}, coord.tobytes())
            message = receive(self._output)
        except BrokenPipeError:
            return None
        return None if message is None else message[0]

    def kill(self) -> None:
        """End what the process is doing; its thread finds the pipe closed."""
        self._process.kill()

    def close(self) -> None:
        """End the process and give back what it held."""
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()


class Stop:
    """What another thread uses to stop pairs that are under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[_Worker] = set()
        self.asked = False

    def ask(self) -> None:
        """Kill the workers of these pairs, and let no further pair begin."""
        with self._lock:
            self.asked = True
            for worker in self._running:
                worker.kill()

    @contextmanager
    def watching(self, worker: _Worker) -> Iterator[None]:
        """Hold ``worker`` ready to be killed.

        Raises
        ------
        Failed
            When a stop has been asked for.
        """
        with self._lock:
            if self.asked:
                raise Failed("The alignment was stopped.")
            self._running.add(worker)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(worker)


class Pool:
    """At most ``size`` workers, started when first needed.

    Parameters
    ----------
    size : int, optional
        Default: the processors this process may use.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size or _processors()
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(self.size):
            self._idle.put(None)

    def align(self, x: Trace, y: Trace, stop: Stop | None = None) -> dict[str, Any]:
        """Align ``x`` onto ``y`` in a worker; blocks this thread only.

        Raises
        ------
        Failed
            When the pair takes longer than its limit, is stopped or the worker dies; the next
            pair gets a fresh worker.
        """
        worker = self._idle.get()
        try:
            worker = worker or _Worker()
            with (stop or Stop()).watching(worker):
                answer = worker.align(x, y)
        except BaseException:
            if worker is not None:
                worker.close()
            self._idle.put(None)
            raise
        self._idle.put(worker)
        return answer

    def close(self) -> None:
        """End the idle workers; waits for none that is busy, which ends when this process does."""
        ended = 0
        while True:
            try:
                worker = self._idle.get_nowait()
            except queue.Empty:
                break
            ended += 1
            if worker is not None:
                worker.close()
        for _ in range(ended):
            self._idle.put(None)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_lock = threading.Lock()
_shared: list[Pool] = []


def shared() -> Pool:
    """Return this process's pool.

    Raises
    ------
    EngineUnavailable
        When tmtools is not installed.
    """
    if find_spec("tmtools") is None:
        raise EngineUnavailable(
            "Structural alignment needs the package tmtools.", hint="pip install 'foldsight[align]'"
        )
    with _lock:
        if not _shared:
            _shared.append(Pool())
            atexit.register(_shared[0].close)
        return _shared[0]
