"""Kinds of clusters, found by their ``foldsight.clusters`` entry point.

A kind is a function that takes a :class:`Wanted` and returns a :class:`Running`. It runs in the
process of :mod:`foldsight_server.dispatch.cluster_process`, so that the cluster ends with the
service, however that ends. Packages of others are imported when the kind is started.

``address`` is no kind: such a cluster is not ours, and only a client is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from foldsight.errors import BadRequest

GROUP = "foldsight.clusters"
#: What every worker loads before it takes a task.
PRELOAD = "foldsight_server.dispatch.preload"
#: A worker takes one run at a time.
RESOURCE = "FOLD"


@dataclass(frozen=True)
class Wanted:
    """How large a cluster, and the operator's own words for its class."""

    workers: int
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> list[str]:
        """What ``dask worker`` must be told wherever a kind starts it by command line."""
        return ["--nthreads", "1", "--preload", PRELOAD, "--resources", f"{RESOURCE}=1"]


@dataclass(frozen=True)
class Running:
    """A cluster that is up: where, how a client shows itself (PEM texts), and how it ends."""

    address: str
    workers: int
    tls: Mapping[str, str]
    close: Callable[[], object]


Kind = Callable[[Wanted], Running]


def kinds() -> list[str]:
    """Return the names of the installed kinds."""
    return sorted(point.name for point in entry_points(group=GROUP))


def kind(name: str) -> Kind:
    """Return the function that starts a kind of cluster.

    Raises
    ------
    BadRequest
        When there is none of this name, or it cannot be loaded.
    """
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise BadRequest(
            f"FOLDSIGHT_CLUSTER is {name!r}, which is no kind of cluster.",
            hint=f"Use one of {', '.join(kinds())}; or name a scheduler in FOLDSIGHT_DASK_ADDRESS.",
        )
    try:
        loaded: Kind = next(iter(found)).load()
    except ImportError as fault:
        raise BadRequest(f"The cluster kind {name!r} cannot be loaded: {fault}.") from fault
    return loaded


def need(module: str, package: str) -> Any:
    """Import what a kind needs.

    Raises
    ------
    BadRequest
        When the package is not installed where the service runs.
    """
    try:
        return import_module(module)
    except ImportError as fault:
        raise BadRequest(
            f"This kind of cluster needs {package}, which cannot be imported: {fault}.",
            hint=f"pip install {package}",
        ) from fault


def options(text: str | None) -> dict[str, Any]:
    """Read ``FOLDSIGHT_CLUSTER_OPTIONS``: keyword arguments of the cluster class, as a JSON object.

    Raises
    ------
    BadRequest
    """
    try:
        found = json.loads(text or "{}")
    except ValueError as fault:
        raise BadRequest(f"FOLDSIGHT_CLUSTER_OPTIONS is no JSON: {fault}.") from None
    if not isinstance(found, dict):
        raise BadRequest('FOLDSIGHT_CLUSTER_OPTIONS is no JSON object such as {"queue": "gpu"}.')
    return found


def credentials(security: Any) -> dict[str, str]:
    """Return a client's side of a Dask security object whose parts are PEM texts."""
    tls: dict[str, str] = security.get_tls_config_for_role("client")
    return tls
