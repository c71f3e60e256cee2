"""``search``: words to entries of UniProt, the PDB, AlphaFold DB or the library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

from foldsight import settings
from foldsight.errors import BadRequest, SourceFailed
from foldsight.sources.records import SearchResult

LONGEST_TEXT = 1000
MOST = 2000
#: A word of so many amino-acid letters is a sequence, which the network setting protects.
_SEQUENCE = re.compile(r"[ACDEFGHIKLMNPQRSTVWY]{25,}", re.IGNORECASE)


def search(text: str, where: str = "uniprot", limit: int = 25, network: str | None = None) -> SearchResult:
    """Search a source by words.

    The words leave the machine unless the network setting is ``off``; the result says so.

    Parameters
    ----------
    text : str
        Words, or a query in the source's own language (``gene:TP53 AND organism_id:9606``).
    where : {'uniprot', 'pdb', 'afdb', 'library'}, optional
        The library is on this machine; nothing leaves it.
    limit : int, optional
        Most rows.
    network : {'off', 'hash', 'sequence'}, optional

    Returns
    -------
    SearchResult
        ``.table`` is a DataFrame, ``.ids`` the identifiers; empty when nothing was found.

    Raises
    ------
    BadRequest
        When there is nothing to search for, or the source does not understand it.
    NetworkOff, SourceFailed

    Examples
    --------
    >>> found = search("HIV-1 protease", "pdb")      # doctest: +SKIP
    >>> fs.view(found.ids[0])                        # doctest: +SKIP
    """
    words = " ".join(text.split())
    if not words:
        raise BadRequest("There is nothing to search for.", hint="Give words, such as 'kinase human'.")
    if len(words) > LONGEST_TEXT:
        raise BadRequest(f"{len(words)} characters are too many to search for.", hint="Give a few words.")
    if _SEQUENCE.search(words):
        raise BadRequest(
            "That is a sequence, and search takes words.",
            hint="foldsight library search looks for similar sequences on this machine.",
        )
    check_limit(limit, MOST)
    source = _source(where)
    found: SearchResult = source.search(words, limit=limit, network=settings.network(network))
    return found


def searchable() -> tuple[str, ...]:
    """Return the names that ``where`` may have."""
    return tuple(sorted(point.name for point in entry_points(group="foldsight.sources")))


def check_limit(limit: int, most: int) -> None:
    """Refuse a number of rows that no search can give.

    Raises
    ------
    BadRequest
    """
    if not 1 <= limit <= most:
        raise BadRequest(f"A limit of {limit} rows is not possible.", hint=f"Choose 1 to {most}.")


@contextmanager
def understood(service: str, text: str) -> Iterator[None]:
    """Turn the service's "bad request" into a refusal of what was searched for."""
    try:
        yield
    except SourceFailed as fault:
        if fault.details.get("status") != 400:
            raise
        raise BadRequest(
            f"{service} does not understand {text!r}.", hint="Give plain words, or close the brackets."
        ) from fault


def _source(where: str) -> Any:
    points = {point.name: point for point in entry_points(group="foldsight.sources")}
    source = points[where].load()() if where in points else None
    if not hasattr(source, "search"):
        raise BadRequest(
            f"{where!r} cannot be searched.", hint=f"Known are {', '.join(searchable())}.", where=where
        )
    return source
