"""Sources: outside databases that structures, sequences and annotation are fetched from.

``http`` is the one client that all use, ``cache`` what it keeps, ``records`` the tables that
come back; then one source per file. A source is found by its ``foldsight.sources`` entry
point, whose target is a class with a no-argument constructor and
``fetch(identifier, network=...)``; one that can be searched has
``search(text, limit=..., network=...)`` as well.

>>> from foldsight import sources
>>> sources.search("HIV-1 protease", "pdb").table      # doctest: +SKIP
>>> sources.features("P04637").table                   # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foldsight.sources.alphamissense import missense as missense
    from foldsight.sources.interpro import domains as domains
    from foldsight.sources.records import Records as Records
    from foldsight.sources.records import SearchResult as SearchResult
    from foldsight.sources.searching import search as search
    from foldsight.sources.uniprot_entries import features as features

_HOMES = {
    "Records": "records",
    "SearchResult": "records",
    "domains": "interpro",
    "features": "uniprot_entries",
    "missense": "alphamissense",
    "search": "searching",
}

__all__ = ["Records", "SearchResult", "domains", "features", "missense", "search"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"foldsight.sources.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'foldsight.sources' has no attribute {name!r}")
