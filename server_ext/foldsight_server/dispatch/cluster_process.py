"""The process that holds the local Dask cluster: ``python -m foldsight_server.dispatch.cluster_process``.

It prints one JSON line with the address and the client's TLS credentials, and ends when its
standard input does, so that a server killed outright leaves no worker behind.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from foldsight import settings


def main() -> int:
    """Run the cluster until standard input ends."""
    workers = int(os.environ.get("FOLDSIGHT_WORKERS") or _default_workers())
    cluster, security = _cluster(workers)
    line = {
        "address": cluster.scheduler_address,
        "workers": workers,
        "tls": security.get_tls_config_for_role("client"),
    }
    print(json.dumps(line), flush=True)
    sys.stdin.buffer.read()
    cluster.close(timeout=5)
    return 0


def _default_workers() -> int:
    """Return two workers, or one where a network may be loaded: each holds gigabytes of its own."""
    weights = settings.weights_dir()
    if weights.is_dir() and any(weights.iterdir()):
        return 1
    return min(os.cpu_count() or 1, 2)


def _cluster(workers: int) -> tuple[Any, Any]:
    import dask
    import distributed

    dd: Any = distributed

    dask.config.set(
        {
            # A task that kills its worker is not handed to the next one.
            "distributed.scheduler.allowed-failures": 0,
            "distributed.scheduler.work-stealing": False,
            "distributed.worker.daemon": False,
            "distributed.nanny.pre-spawn-environ.OMP_NUM_THREADS": _threads(workers),
            "distributed.nanny.pre-spawn-environ.OMP_WAIT_POLICY": "PASSIVE",
        }
    )
    security = dd.Security.temporary()
    cluster = dd.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tls",
        security=security,
        dashboard_address=None,
        preload=["foldsight_server.dispatch.preload"],
        resources={"FOLD": 1},
    )
    return cluster, security


def _threads(workers: int) -> int:
    """Return the threads of one worker: what the environment says, else its share of the cores."""
    return int(os.environ.get("OMP_NUM_THREADS") or max((os.cpu_count() or 1) // workers, 1))


if __name__ == "__main__":
    sys.exit(main())
