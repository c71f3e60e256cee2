"""The process that holds the cluster that is ours: ``python -m foldsight_server.dispatch.cluster_process``.

It prints one JSON line with the address and the client's TLS credentials, and ends when its
standard input does, so that a server killed outright leaves no worker behind. ``FOLDSIGHT_CLUSTER``
says which kind (``local``), ``FOLDSIGHT_WORKERS`` how many, ``FOLDSIGHT_CLUSTER_OPTIONS`` what else.
"""

from __future__ import annotations

import json
import os
import sys

from foldsight import settings
from foldsight.errors import FoldSightError
from foldsight_server.dispatch import clusters

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
    import dask

    workers = int(os.environ.get("FOLDSIGHT_WORKERS") or _default_workers())
    # Waiting threads must not spin: two spinning threads on a busy machine cost more than they gain.
    os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // workers, 1)))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    dask.config.set(_CONFIG)
    try:
        start = clusters.kind(os.environ.get("FOLDSIGHT_CLUSTER") or "local")
        wanted = clusters.Wanted(workers, clusters.options(os.environ.get("FOLDSIGHT_CLUSTER_OPTIONS")))
        running = start(wanted)
    except FoldSightError as error:
        print(json.dumps({"error": error.to_dict()}), flush=True)
        return 2
    line = {"address": running.address, "workers": running.workers, "tls": dict(running.tls)}
    print(json.dumps(line), flush=True)
    sys.stdin.buffer.read()
    running.close()
    return 0


def _default_workers() -> int:
    """Return two workers, or one where a network may be loaded: each holds gigabytes of its own."""
    weights = settings.weights_dir()
    if weights.is_dir() and any(weights.iterdir()):
        return 1
    return min(os.cpu_count() or 1, 2)


if __name__ == "__main__":
    sys.exit(main())
