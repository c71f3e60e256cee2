"""The child process of the local cluster: started, listened to, ended."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from typing import Any

from foldsight.errors import ServiceUnavailable, error_from_dict

#: What workers must never hold: workers run engines of third parties.
_SECRETS = (
    "FOLDSIGHT_TOKEN",
    "FOLDSIGHT_DATABASE_URL",
    "FOLDSIGHT_METRICS_TOKEN",
    "FOLDSIGHT_STRIPE_KEY",
    "FOLDSIGHT_STRIPE_WEBHOOK_SECRET",
    "JUPYTER_TOKEN",
    "JUPYTERHUB_API_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "SENTRY_DSN",
)
_log = logging.getLogger("foldsight.workers")


class Child:
    """``python -m foldsight_server.dispatch.cluster_process``; it ends when we do."""

    def __init__(self) -> None:
        environment = {key: value for key, value in os.environ.items() if key not in _SECRETS}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "foldsight_server.dispatch.cluster_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=environment,
        )
        # What the cluster and its workers say goes through our log: Dask tells of a task that broke
        # with its arguments, which hold the sequence.
        self._listener = threading.Thread(target=self._pass_on, daemon=True)
        self._listener.start()

    def _pass_on(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            for line in stream:
                if said := line.decode(errors="replace").rstrip():
                    _log.warning("%s", said)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    async def first_line(self, timeout: float) -> dict[str, Any]:
        """Return what the process tells of itself once its workers are up.

        Raises
        ------
        ServiceUnavailable
        FoldSightError
            What the kind of cluster refuses.
        """
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(timeout):
                line = await asyncio.to_thread(self._process.stdout.readline)
            told: dict[str, Any] = json.loads(line)
        except (TimeoutError, ValueError):
            await asyncio.to_thread(self.end)
            raise ServiceUnavailable(
                "The Dask cluster did not start.", hint="See the server's log."
            ) from None
        if "error" in told:
            await asyncio.to_thread(self.end)
            raise error_from_dict(told["error"])
        return told

    def end(self) -> None:
        """End the process; the end of its standard input is its sign to stop its workers."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        # Ends with the last process that holds the other end; a worker that hangs is not waited for.
        self._listener.join(2)
