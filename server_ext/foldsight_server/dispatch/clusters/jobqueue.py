"""``jobqueue``: workers as jobs of a batch system (Slurm, PBS, LSF, SGE, HTCondor), by dask-jobqueue."""

from __future__ import annotations

from typing import Any

from foldsight.errors import BadRequest
from foldsight_server.dispatch.clusters import Running, Wanted, credentials, need

#: What workers are started as where the operator says no other.
_SYSTEM = "SLURMCluster"


def start(wanted: Wanted) -> Running:
    """Start a cluster of dask-jobqueue with TLS.

    Options are the keyword arguments of its class (``queue``, ``cores``, ``memory``, ``walltime``,
    ``job_extra_directives``, ...) and ``class``, the name of the class (``SLURMCluster``), ``most``,
    the largest number of workers, to which it grows with the queue. ``shared_temp_directory`` must
    be a folder that nodes see and other users do not: certificates are put there.

    Raises
    ------
    BadRequest
    """
    import distributed

    module = need("dask_jobqueue", "dask-jobqueue")
    words = {"cores": 1, "processes": 1, **wanted.options}
    name, most = str(words.pop("class", _SYSTEM)), int(words.pop("most", wanted.workers))
    cluster_class = getattr(module, name, None)
    if cluster_class is None or not name.endswith("Cluster"):
        raise BadRequest(f"dask-jobqueue has no class {name!r}.", hint="Use SLURMCluster or PBSCluster, say.")
    words["worker_extra_args"] = [*words.get("worker_extra_args", []), *wanted.arguments]
    dd: Any = distributed
    security = dd.Security.temporary()
    cluster = cluster_class(protocol="tls://", security=security, **words)
    _size(cluster, wanted.workers, most)
    return Running(cluster.scheduler_address, wanted.workers, credentials(security), cluster.close)


def _size(cluster: Any, workers: int, most: int) -> None:
    """Ask for workers; they come when the batch system lets them."""
    if most > workers:
        cluster.adapt(minimum=workers, maximum=most)
    else:
        cluster.scale(workers)
