"""InterPro: domains, families and sites of a protein by its UniProt accession."""

from __future__ import annotations

from typing import Any

from foldsight import settings
from foldsight.errors import SourceFailed
from foldsight.provenance import SourceUse
from foldsight.sources.cache import Answer
from foldsight.sources.http import Http
from foldsight.sources.records import Records, documented, sent_with
from foldsight.sources.uniprot_entries import canonical
from foldsight.typing import Json, Network

API = "https://www.ebi.ac.uk/interpro/api"
LICENCE = "CC0-1.0"
CITATION = "Blum et al. (2025) Nucleic Acids Res. 53:D444, doi:10.1093/nar/gkae1082"
#: Pages of 200 entries; a protein with more is no protein.
MOST_PAGES = 10
COLUMNS = {
    "entry": "str",
    "name": "str",
    "type": "str",
    "start": "Int64",
    "end": "Int64",
    "fragments": "str",
}

http = Http("InterPro", ("www.ebi.ac.uk",))


def domains(accession: str, *, network: str | None = None) -> Records:
    """Return the InterPro entries that match a protein, one row per match.

    Parameters
    ----------
    accession : str
        Of a canonical sequence, such as ``P04637``.
    network : {'off', 'hash', 'sequence'}, optional

    Returns
    -------
    Records
        ``entry`` (``IPR011615``), ``name``, ``type`` (``domain``, ``family``,
        ``homologous_superfamily``, ``active_site``...), ``start`` and ``end`` (UniProt
        positions), ``fragments``: ``94-120,150-292`` where the match is in pieces. Empty
        when nothing matches, or InterPro does not know the protein.

    Raises
    ------
    BadRequest
        When it is no accession of a canonical sequence.
    NetworkOff, SourceFailed
    """
    name = canonical(accession)
    rows, answers = _pages(name, settings.network(network))
    page = f"https://www.ebi.ac.uk/interpro/protein/UniProt/{name}/"
    return Records(
        what=f"InterPro entries of {name}",
        columns=COLUMNS,
        rows=tuple(sorted(rows, key=lambda row: (row["start"], row["end"], row["entry"]))),
        sources=(SourceUse("InterPro", name, page, answers[0].date, LICENCE, CITATION),),
        sent=sent_with(answers, f"The accession {name} to www.ebi.ac.uk."),
        notes=(f"InterPro does not know {name}.",) if answers[0].status == 404 else (),
    )


def _pages(accession: str, network: Network) -> tuple[list[Json], list[Answer]]:
    url: str | None = f"{API}/entry/interpro/protein/uniprot/{accession}"
    params: dict[str, str] | None = {"page_size": "200"}
    rows: list[Json] = []
    answers: list[Answer] = []
    while url:
        if len(answers) == MOST_PAGES:
            raise SourceFailed(f"InterPro lists {accession} without end.", accession=accession)
        answers.append(http.get(url, network=network, params=params))
        if not answers[-1].found:  # 204: no match; 404: the protein is unknown
            break
        with documented(http.service, answers[-1]) as page:
            rows += [row for item in page["results"] for row in _matches(item, accession)]
            url, params = page.get("next"), None
    return rows, answers


def _matches(item: Json, accession: str) -> list[Json]:
    facts = item["metadata"]
    name: Any = facts["name"]
    shared = {
        "entry": str(facts["accession"]),
        "name": str(name["name"] if isinstance(name, dict) else name),
        "type": str(facts["type"]),
    }
    own = [protein for protein in item["proteins"] if str(protein["accession"]).upper() == accession]
    places = [place for protein in own for place in protein["entry_protein_locations"]]
    return [{**shared, **_place(place)} for place in places]


def _place(place: Json) -> Json:
    pieces = [(int(piece["start"]), int(piece["end"])) for piece in place["fragments"]]
    return {
        "start": min(start for start, _ in pieces),
        "end": max(end for _, end in pieces),
        "fragments": ",".join(f"{start}-{end}" for start, end in sorted(pieces)),
    }
