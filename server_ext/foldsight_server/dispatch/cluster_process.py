"""The process that holds the local Dask cluster: ``python -m foldsight_server.dispatch.cluster_process``.

It prints one JSON line with the address and the client's TLS credentials, and ends when its
standard input does, so that a server killed outright leaves no worker behind.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> int:
    """Run the cluster until standard input ends."""
    workers = int(os.environ.get("FOLDSIGHT_WORKERS") or min(os.cpu_count() or 1, 2))
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
            "distributed.nanny.pre-spawn-environ.OMP_NUM_THREADS": 1,
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


if __name__ == "__main__":
    sys.exit(main())
