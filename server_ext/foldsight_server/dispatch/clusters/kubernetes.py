"""``kubernetes``: a ``DaskCluster`` of the Dask operator, made and removed by the service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from foldsight.errors import BadRequest
from foldsight_server.dispatch.clusters import Running, Wanted, need

_TLS = {"ca_file": "FOLDSIGHT_DASK_CA", "cert": "FOLDSIGHT_DASK_CERT", "key": "FOLDSIGHT_DASK_KEY"}


def start(wanted: Wanted) -> Running:
    """Start a ``dask_kubernetes.operator.KubeCluster``.

    Options are its keyword arguments and ``most``, the largest number of workers. Without
    ``custom_cluster_spec`` workers are started with our preload and resources; with one, its worker
    command must hold them. Certificates are files (``FOLDSIGHT_DASK_CA``, ``_CERT``, ``_KEY``), the
    same that a secret gives to the pods.

    Raises
    ------
    BadRequest
    """
    tls = _certificates()
    module = need("dask_kubernetes.operator", "dask-kubernetes")
    words: dict[str, Any] = {"n_workers": wanted.workers, **wanted.options}
    most = int(words.pop("most", wanted.workers))
    if "custom_cluster_spec" not in words:
        words.setdefault("worker_command", ["dask", "worker", *wanted.arguments])
    cluster = module.KubeCluster(**words)
    if most > wanted.workers:
        cluster.adapt(minimum=wanted.workers, maximum=most)
    return Running(cluster.scheduler_address, wanted.workers, tls, cluster.close)


def _certificates() -> dict[str, str]:
    paths = {part: os.environ.get(name) for part, name in _TLS.items()}
    missing = [_TLS[part] for part, path in paths.items() if not path]
    if missing:
        raise BadRequest(f"{missing[0]} is not set.", hint="Name the PEM file that the Dask pods use too.")
    return {part: Path(str(path)).read_text() for part, path in paths.items()}
