"""Search of AlphaFold DB by words: UniProt finds the proteins, AlphaFold DB says what it has of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from foldsight.errors import NotFound
from foldsight.provenance import SourceUse
from foldsight.sources import uniprot_entries
from foldsight.sources.afdb import CITATION, LICENCE, AlphaFoldDb, Entry
from foldsight.sources.cache import Answer
from foldsight.sources.records import SearchResult, sent_with
from foldsight.sources.searching import check_limit
from foldsight.typing import Json, Network

#: One question per row: more would be a burden on the service.
MOST = 200
AT_ONCE = 4
COLUMNS = {
    "id": "str",
    "accession": "str",
    "entry": "str",
    "protein": "str",
    "gene": "str",
    "organism": "str",
    "start": "Int64",
    "end": "Int64",
    "mean_plddt": "float64",
    "version": "Int64",
    "alphamissense": "boolean",
}


@dataclass(frozen=True)
class _Asked:
    answer: Answer
    entry: Entry | None


def search(database: AlphaFoldDb, text: str, limit: int, network: Network) -> SearchResult:
    """Search entries that have a predicted structure; ``mean_plddt`` is 0-100.

    UniProt's cross-references run behind or ahead of AlphaFold DB by a release; what is
    not there is left out and counted in the notes.
    """
    check_limit(limit, MOST)
    found = uniprot_entries.find(f"({text}) AND (database:alphafolddb)", text, limit, network)
    accessions = [str(row["accession"]) for row in found.rows]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = list(pool.map(lambda accession: _ask(database, accession, network), accessions))
    rows = [_row(row, one.entry) for row, one in zip(found.rows, asked, strict=True) if one.entry]
    answers = [*found.answers, *(one.answer for one in asked)]
    date = answers[-1].date
    return SearchResult(
        what=f"AlphaFold DB entries for {text!r}",
        columns=COLUMNS,
        rows=tuple(rows),
        sources=(
            SourceUse("AlphaFold DB", text, "https://alphafold.ebi.ac.uk", date, LICENCE, CITATION),
            uniprot_entries.source_of(text, found.answers[0].date),
        ),
        sent=sent_with(
            answers, f"The words {text!r} to rest.uniprot.org, the accessions found to alphafold.ebi.ac.uk."
        ),
        notes=_notes(len(asked) - len(rows)),
        text=text,
        where="afdb",
        total=found.total,
    )


def _ask(database: AlphaFoldDb, accession: str, network: Network) -> _Asked:
    answer = database.asked(accession, network)
    try:
        return _Asked(answer, database.entry_in(answer, accession))
    except NotFound:
        return _Asked(answer, None)


def _row(protein: Json, entry: Entry) -> Json:
    return {
        "id": f"afdb:{entry.accession}",
        "accession": entry.accession,
        "entry": entry.id,
        "protein": entry.description or protein["protein"],
        "gene": entry.gene or protein["gene"],
        "organism": entry.organism or protein["organism"],
        "start": entry.start,
        "end": entry.end or None,
        "mean_plddt": entry.mean_plddt,
        "version": entry.version,
        "alphamissense": bool(entry.missense_url),
    }


def _notes(missing: int) -> tuple[str, ...]:
    return (f"{missing} that UniProt lists are not in AlphaFold DB and were left out.",) if missing else ()
