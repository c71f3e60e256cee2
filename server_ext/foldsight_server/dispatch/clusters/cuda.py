"""``cuda``: one worker for each GPU of this machine, by dask-cuda."""

from __future__ import annotations

from foldsight_server.dispatch.clusters import Running, Wanted, need
from foldsight_server.dispatch.clusters.local import local


def start(wanted: Wanted) -> Running:
    """Start a ``dask_cuda.LocalCUDACluster``; its number of workers is that of the GPUs.

    Options are its keyword arguments, such as ``CUDA_VISIBLE_DEVICES``.
    """
    return local(need("dask_cuda", "dask-cuda").LocalCUDACluster, dict(wanted.options))
