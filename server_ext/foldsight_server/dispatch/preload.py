"""Loaded by every worker before it takes a task (``--preload``).

A plugin that the client registers is lost when the scheduler restarts; this is not. What
every fold needs is imported here, so that the first job does not wait for it.
"""

from __future__ import annotations

from typing import Any


def dask_setup(worker: Any) -> None:
    """Import what a fold needs, and what its engine's answer is checked and written with."""
    import gemmi  # noqa: F401
    import scipy.spatial  # noqa: F401

    from foldsight.engines import registry, run  # noqa: F401
    from foldsight.io import bundle  # noqa: F401

    registry.all()
