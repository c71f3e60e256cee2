"""``local``: workers as processes of this machine, the default."""

from __future__ import annotations

import sys
from typing import Any

from foldsight_server.dispatch.clusters import PRELOAD, RESOURCE, Running, Wanted, credentials
from foldsight_server.dispatch.preload import NEEDED


def start(wanted: Wanted) -> Running:
    """Start a :class:`distributed.LocalCluster`; options are its keyword arguments."""
    import distributed

    if sys.platform == "linux":
        _fork_workers()
    dd: Any = distributed
    return local(dd.LocalCluster, {"n_workers": wanted.workers, **wanted.options})


def local(cluster_class: Any, arguments: dict[str, Any]) -> Running:
    """Start a cluster of this machine: TLS even here, so that other users of it cannot run code."""
    import distributed

    dd: Any = distributed
    security = dd.Security.temporary()
    cluster = cluster_class(
        **{
            "threads_per_worker": 1,
            "host": "127.0.0.1",
            "protocol": "tls",
            "security": security,
            # A port of its own for the HTTP server that cannot be left out; it has no routes.
            "dashboard_address": "127.0.0.1:0",
            "scheduler_kwargs": {"dashboard": False},
            "memory_limit": 0,
            "preload": [PRELOAD],
            "resources": {RESOURCE: 1},
            **arguments,
        }
    )
    workers = len(cluster.worker_spec)
    return Running(
        cluster.scheduler_address, workers, credentials(security), lambda: cluster.close(timeout=5)
    )


def _fork_workers() -> None:
    """Fork workers from a process that has imported what they need: half the time of a fresh start."""
    import dask
    import distributed.utils

    utils: Any = distributed.utils
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    utils.get_mp_context().set_forkserver_preload(["distributed", "distributed.nanny", *NEEDED])
