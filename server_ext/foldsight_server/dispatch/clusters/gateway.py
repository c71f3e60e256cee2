"""``gateway``: a cluster of the service's own behind a Dask Gateway server."""

from __future__ import annotations

from foldsight_server.dispatch.clusters import Running, Wanted, need


def start(wanted: Wanted) -> Running:
    """Start a ``dask_gateway.GatewayCluster``, with the service's own account there.

    Options are its keyword arguments (``address``, ``auth``, ``cluster_options``, ...) and ``most``, the
    largest number of workers. How a worker is started is the gateway's own: its
    ``worker_preload`` and resources must be set as ``docs/operators/scaling.md`` says.
    """
    module = need("dask_gateway", "dask-gateway")
    words = dict(wanted.options)
    most = int(words.pop("most", wanted.workers))
    cluster = module.GatewayCluster(**words)
    if most > wanted.workers:
        cluster.adapt(minimum=wanted.workers, maximum=most)
    else:
        cluster.scale(wanted.workers)
    held = cluster.security
    # A gateway's certificate vouches for itself: it is authority and identity at once.
    tls = {"ca_file": held.tls_cert, "cert": held.tls_cert, "key": held.tls_key}
    return Running(cluster.scheduler_address, wanted.workers, tls, cluster.close)
