"""The Dask cluster as the dispatcher sees it: started when first needed, replaced when lost."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from importlib import import_module
from typing import Any

from foldsight.errors import ServiceUnavailable

_log = logging.getLogger(__name__)
#: Seconds that the cluster may take to come up on a busy machine.
START_LIMIT = 120.0


class Cluster:
    """A local cluster in a child process and the client to it.

    ``FOLDSIGHT_SCHEDULER`` names a running scheduler to use instead (``tls://...``), with
    Dask's own configuration for its certificates.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.client: Any = None
        self.workers = 1

    async def start(self) -> None:
        """Start the child process and connect.

        Raises
        ------
        ServiceUnavailable
        """
        address = os.environ.get("FOLDSIGHT_SCHEDULER")
        # Importing distributed takes seconds; the child does the same meanwhile.
        loading = asyncio.to_thread(import_module, "distributed")
        if address:
            distributed: Any = await loading
            self.client = await distributed.Client(address, asynchronous=True, name="foldsight")
            self.workers = max(len(self.client.scheduler_info(n_workers=-1)["workers"]), 1)
            return
        self._process = subprocess.Popen(
            [sys.executable, "-m", "foldsight_server.dispatch.cluster_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        distributed, line = await asyncio.gather(loading, asyncio.to_thread(self._process.stdout.readline))  # type: ignore[union-attr]
        if not line:
            self._end()
            raise ServiceUnavailable("The local Dask cluster did not start.", hint="See the server's log.")
        told = json.loads(line)
        self.workers = int(told["workers"])
        security = _security(distributed, told["tls"])
        self.client = await distributed.Client(
            told["address"], asynchronous=True, name="foldsight", security=security, timeout=START_LIMIT
        )

    def healthy(self) -> bool:
        """Whether work can be sent: connected, and the child process lives."""
        alive = self._process is None or self._process.poll() is None
        return alive and self.client is not None and self.client.status == "running"

    async def close(self) -> None:
        """Disconnect and end the child process with its workers."""
        client, self.client = self.client, None
        self._end()
        if client is not None:
            try:
                await asyncio.wait_for(client.close(fast=True), 5)
            except (TimeoutError, OSError, asyncio.CancelledError) as fault:
                _log.info("closing the Dask client: %s", type(fault).__name__)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        # The end of its standard input is the child's sign to stop its workers and go.
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _security(distributed: Any, tls: dict[str, Any]) -> Any:
    """Credentials from PEM texts that came over the pipe; they touch no disk."""
    return distributed.Security(
        require_encryption=True,
        tls_ca_file=tls["ca_file"],
        tls_client_cert=tls["cert"],
        tls_client_key=tls["key"],
    )
