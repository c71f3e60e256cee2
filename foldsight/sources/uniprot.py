"""UniProt: sequences by accession, and entries by words."""

from __future__ import annotations

from dataclasses import replace

from foldsight import settings
from foldsight.errors import BadRequest
from foldsight.io.fasta import parse_fasta
from foldsight.sequence import Query
from foldsight.sources import uniprot_entries
from foldsight.sources.afdb import ACCESSION
from foldsight.sources.records import SearchResult
from foldsight.sources.uniprot_entries import API, TITLE, http
from foldsight.typing import Network


class UniProt:
    """The source ``uniprot:``."""

    id = "uniprot"
    title = TITLE

    def fetch(self, identifier: str, network: str | None = None) -> Query:
        """Return the sequence of an accession, such as ``P04637`` or ``P04637-2``.

        Raises
        ------
        BadRequest
            When it is no accession.
        BadSequence
            When the sequence holds a residue that cannot be folded.
        NotFound
        NetworkOff, SourceFailed
        """
        accession = identifier.strip().upper()
        if not ACCESSION.match(accession):
            raise BadRequest(
                f"{identifier!r} is not a UniProt accession.", hint="Write it like uniprot:P04637."
            )
        answer = http.get(f"{API}/{accession}.fasta", network=settings.network(network), limit=1_000_000)
        text = http.must(answer, f"entry {accession}").content.decode("utf-8", "replace")
        return replace(parse_fasta(text, name=f"UniProt {accession}")[0], name=accession)

    def search(self, text: str, *, limit: int, network: Network) -> SearchResult:
        """Search by words; see :func:`foldsight.sources.search`."""
        return uniprot_entries.search(text, limit=limit, network=network)
