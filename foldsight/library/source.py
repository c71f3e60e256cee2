"""The source ``library:``: entries of the structure library by id, without network."""

from __future__ import annotations

from dataclasses import replace

from foldsight.errors import BadRequest
from foldsight.library.catalog import Library
from foldsight.library.store import Entry
from foldsight.sources.records import SearchResult
from foldsight.structure import Structure
from foldsight.typing import Json

NOTE = "The structure library keeps protein chains only: no ligand, water or nucleic acid."

COLUMNS = {
    "id": "str",
    "title": "str",
    "method": "str",
    "resolution": "float64",
    "residues": "Int64",
    "origin": "str",
}


class LibrarySource:
    """What ``foldsight.read("library:1hpv")`` asks."""

    id = "library"
    title = "structure library"

    def fetch(self, identifier: str, network: str | None = None) -> Structure:
        """Return the protein chains of an entry; nothing leaves the machine.

        Raises
        ------
        NotFound
        """
        found = Library.open().structure(identifier)
        return replace(found, warnings=(*found.warnings, NOTE))

    def holds(self, identifier: str) -> bool:
        """Say whether there is such an entry."""
        return any(entry.id.lower() == identifier.lower() for entry in Library.open().list())

    def search(self, text: str, *, limit: int = 25, network: str | None = None) -> SearchResult:
        """Return the entries whose id or title holds every word; nothing leaves the machine.

        Raises
        ------
        BadRequest
            When there is no word.
        """
        words = text.casefold().split()
        if not words:
            raise BadRequest("There is nothing to search for.", hint="Give words, such as 'kinase'.")
        found = [entry for entry in Library.open().list() if _holds(entry, words)]
        return SearchResult(
            what=f"library entries for {text!r}",
            columns=COLUMNS,
            rows=tuple(_row(entry) for entry in found[:limit]),
            notes=(NOTE,),
            text=text,
            where=self.id,
            total=len(found),
        )


def _holds(entry: Entry, words: list[str]) -> bool:
    text = f"{entry.id} {entry.title}".casefold()
    return all(word in text for word in words)


def _row(entry: Entry) -> Json:
    return {
        "id": f"library:{entry.id}",
        "title": entry.title,
        "method": entry.method,
        "resolution": entry.resolution,
        "residues": sum(len(chain.sequence) for chain in entry.chains),
        "origin": entry.origin,
    }
