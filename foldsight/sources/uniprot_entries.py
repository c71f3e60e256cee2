"""Entries of UniProt: what a search lists, and the features of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from foldsight import settings
from foldsight.errors import BadRequest, NotFound
from foldsight.provenance import SourceUse
from foldsight.sources.afdb import ACCESSION
from foldsight.sources.cache import Answer
from foldsight.sources.http import Http
from foldsight.sources.records import Records, SearchResult, documented, sent_with
from foldsight.sources.searching import understood
from foldsight.typing import Json, Network

TITLE = "UniProt"
API = "https://rest.uniprot.org/uniprotkb"
LICENCE = "CC-BY-4.0"
CITATION = "The UniProt Consortium (2025) Nucleic Acids Res. 53:D609, doi:10.1093/nar/gkae1010"
#: Most rows of a page; the service refuses more.
PAGE = 500
FIELDS = "accession,id,reviewed,protein_name,gene_names,organism_name,length,xref_alphafolddb"
COLUMNS = {
    "id": "str",
    "accession": "str",
    "entry": "str",
    "protein": "str",
    "gene": "str",
    "organism": "str",
    "length": "Int64",
    "reviewed": "boolean",
    "afdb": "str",
}
FEATURE_COLUMNS = {
    "type": "str",
    "start": "Int64",
    "end": "Int64",
    "exact": "boolean",
    "description": "str",
    "ligand": "str",
    "feature_id": "str",
    "evidence": "str",
}
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')

http = Http(TITLE, ("rest.uniprot.org",))


@dataclass(frozen=True)
class Found:
    """Rows of a search, how many there are in all, and the answers they came in."""

    rows: tuple[Json, ...]
    total: int | None
    answers: tuple[Answer, ...]


def search(text: str, *, limit: int, network: Network) -> SearchResult:
    """Search UniProt; see :func:`foldsight.sources.search`."""
    found = find(text, text, limit, network)
    return SearchResult(
        what=f"UniProt entries for {text!r}",
        columns=COLUMNS,
        rows=found.rows,
        sources=(source_of(text, found.answers[0].date),),
        sent=sent_with(found.answers, f"The words {text!r} to rest.uniprot.org."),
        text=text,
        where="uniprot",
        total=found.total,
    )


def source_of(text: str, date: str) -> SourceUse:
    """Return UniProt as the source of a search."""
    return SourceUse(TITLE, text, "https://www.uniprot.org", date, LICENCE, CITATION)


def find(query: str, text: str, limit: int, network: Network) -> Found:
    """Return the first entries of a query, page after page; ``text`` is the user's part of it."""
    params = {"query": query, "fields": FIELDS, "format": "json", "size": str(min(limit, PAGE))}
    rows: list[Json] = []
    answers: list[Answer] = []
    url: str | None = f"{API}/search"
    while url is not None and len(rows) < limit:
        with understood(TITLE, text):
            answer = http.get(url, network=network, params=None if answers else params)
        answers.append(answer)
        with documented(TITLE, answer) as page:
            rows += [_row(item) for item in page["results"] if item.get("entryType") != "Inactive"]
        following = _NEXT.search(answer.headers.get("link", ""))
        url = following[1] if following else None
    total = answers[0].headers.get("x-total-results", "")
    return Found(tuple(rows[:limit]), int(total) if total.isdigit() else None, tuple(answers))


def features(accession: str, *, network: str | None = None) -> Records:
    """Return the features of a UniProt entry: domains, sites, disulfides, modifications, variants...

    Parameters
    ----------
    accession : str
        Of a canonical sequence, such as ``P04637``.
    network : {'off', 'hash', 'sequence'}, optional

    Returns
    -------
    Records
        ``type``, ``start``, ``end`` (UniProt positions, missing where unknown), ``exact``,
        ``description``, ``ligand``, ``feature_id``, ``evidence`` (ECO codes). Of a disulfide,
        ``start`` and ``end`` are the two cysteines.

    Raises
    ------
    BadRequest
        When it is no accession of a canonical sequence.
    NotFound
    NetworkOff, SourceFailed
    """
    name = canonical(accession)
    answer = http.get(f"{API}/{name}.json", network=settings.network(network))
    with documented(TITLE, http.must(answer, f"entry {name}")) as entry:
        if entry["entryType"] == "Inactive":
            raise NotFound(f"UniProt no longer has the entry {name}.", hint=_instead(entry))
        listed = entry.get("features", [])
        rows = [_feature(item) for item in listed if not item["location"].get("sequence")]
        current = str(entry["primaryAccession"])
    notes = [f"{name} is now {current}."] if current != name else []
    if len(rows) < len(listed):
        notes.append(f"{len(listed) - len(rows)} features of isoforms were left out.")
    page = f"https://www.uniprot.org/uniprotkb/{current}"
    return Records(
        what=f"UniProt features of {current}",
        columns=FEATURE_COLUMNS,
        rows=tuple(rows),
        sources=(SourceUse(TITLE, current, page, answer.date, LICENCE, CITATION),),
        sent=sent_with([answer], f"The accession {name} to rest.uniprot.org."),
        notes=tuple(notes),
    )


def canonical(accession: str) -> str:
    """Return an accession in capitals, without a leading ``uniprot:``.

    Raises
    ------
    BadRequest
        When it is none, or an isoform's, whose positions differ.
    """
    name = accession.strip().removeprefix("uniprot:").upper()
    if not ACCESSION.match(name):
        raise BadRequest(f"{accession!r} is not a UniProt accession.", hint="Write it like P04637.")
    if "-" in name:
        raise BadRequest(
            f"{name} is an isoform; annotation is by positions of the canonical sequence.",
            hint=f"Ask for {name.partition('-')[0]}.",
        )
    return name


def _row(item: Json) -> Json:
    accession = str(item["primaryAccession"])
    predicted = _references(item.get("uniProtKBCrossReferences", ()), "AlphaFoldDB")
    return {
        "id": f"uniprot:{accession}",
        "accession": accession,
        "entry": str(item.get("uniProtkbId", "")),
        "protein": _protein_name(item.get("proteinDescription", {})),
        "gene": _gene(item.get("genes", ())),
        "organism": str(item.get("organism", {}).get("scientificName", "")),
        "length": item.get("sequence", {}).get("length"),
        "reviewed": str(item["entryType"]).startswith("UniProtKB reviewed"),
        "afdb": f"afdb:{accession}" if predicted else "",
    }


def _references(listed: Iterable[Json], database: str) -> list[str]:
    return [str(item["id"]) for item in listed if item["database"] == database]


def _protein_name(description: Json) -> str:
    names = [description["recommendedName"]] if "recommendedName" in description else []
    names += description.get("submissionNames", [])
    return str(names[0]["fullName"]["value"]) if names else ""


def _gene(genes: Iterable[Json]) -> str:
    for gene in genes:
        for kind in ("geneName", "orderedLocusNames", "orfNames"):
            found = gene.get(kind)
            if found:
                return str((found[0] if isinstance(found, list) else found)["value"])
    return ""


def _feature(item: Json) -> Json:
    start, end = item["location"]["start"], item["location"]["end"]
    ligand: Json = item.get("ligand", {})
    return {
        "type": str(item["type"]),
        "start": _position(start),
        "end": _position(end),
        "exact": all(place.get("modifier", "EXACT") == "EXACT" for place in (start, end)),
        "description": str(item.get("description", "")),
        "ligand": " ".join(str(ligand[key]) for key in ("name", "label") if ligand.get(key)),
        "feature_id": str(item.get("featureId", "")),
        "evidence": ", ".join(dict.fromkeys(str(e["evidenceCode"]) for e in item.get("evidences", ()))),
    }


def _position(place: Json) -> int | None:
    value: Any = place.get("value")
    return None if value is None else int(value)


def _instead(entry: Json) -> str:
    new: list[Any] = entry.get("inactiveReason", {}).get("mergeDemergeTo", [])
    return f"It became {', '.join(map(str, new))}." if new else "It was deleted."
