"""The source ``library:``: entries of the structure library by id, without network."""

from __future__ import annotations

from dataclasses import replace

from foldsight.library.catalog import Library
from foldsight.structure import Structure

NOTE = "The structure library keeps protein chains only: no ligand, water or nucleic acid."


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
