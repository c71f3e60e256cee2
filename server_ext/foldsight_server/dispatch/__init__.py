"""Running jobs: ``dispatcher`` moves them from PostgreSQL to Dask and back, ``cluster``
owns the Dask processes, ``cluster_process`` is the child that they live in, ``task`` is what
a worker runs.
"""
