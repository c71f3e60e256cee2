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

_CONFIG = {
    # A task that kills its worker is not handed to the next one.
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.daemon": False,
    # What nobody looks at: samples of the stack a hundred times a second, the delay of the event loop
    # fifty times, the load of the machine twice. A laptop that waits should not be warm.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
}


def main() -> int:
    """Run the cluster until standard input ends."""
    workers = int(os.environ.get("FOLDSIGHT_WORKERS") or _default_workers())
    # Waiting threads must not spin: two spinning threads on a busy machine cost more than they gain.
    os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // workers, 1)))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
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
    dask.config.set(_CONFIG)
    if sys.platform == "linux":
        _fork_workers()
    security = dd.Security.temporary()
    cluster = dd.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tls",
        security=security,
        # A port of its own for the HTTP server that cannot be left out; it has no routes.
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        memory_limit=0,
        preload=["foldsight_server.dispatch.preload"],
        resources={"FOLD": 1},
    )
    return cluster, security


def _fork_workers() -> None:
    """Fork workers from a process that has imported what they need: half the time of a fresh start."""
    import dask
    import distributed.utils

    utils: Any = distributed.utils
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    utils.get_mp_context().set_forkserver_preload(
        ["distributed", "distributed.nanny", "foldsight.engines.run", "foldsight.io.bundle"]
    )


if __name__ == "__main__":
    sys.exit(main())
