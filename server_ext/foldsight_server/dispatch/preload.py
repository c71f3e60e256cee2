"""Loaded by every worker before it takes a task (``--preload``).

A plugin that the client registers is lost when the scheduler restarts; this is not. What
every fold needs is imported here, so that the first job does not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: What a fold needs, and what its engine's answer is checked and written with.
NEEDED = ("gemmi", "scipy.spatial", "foldsight.engines.run", "foldsight.io.bundle")


def dask_setup(worker: Any) -> None:
    """Import what is :data:`NEEDED`, and the engines."""
    for name in NEEDED:
        import_module(name)
    from foldsight.engines import registry

    registry.all()
