"""Search of the PDB by words: the search service gives ids, the data service what they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from foldsight.errors import BadRequest
from foldsight.provenance import SourceUse
from foldsight.sources.cache import Answer
from foldsight.sources.http import Http
from foldsight.sources.rcsb import LICENCE, SEARCH, pdb_id
from foldsight.sources.records import SearchResult, documented, sent_with
from foldsight.sources.searching import understood
from foldsight.typing import Json, Network

GRAPHQL = "https://data.rcsb.org/graphql"
CITATION = "Burley et al. (2025) Nucleic Acids Res. 53:D564, doi:10.1093/nar/gkae1091"
#: Entries whose facts are asked for at once.
BATCH = 200
COLUMNS = {
    "id": "str",
    "pdb": "str",
    "title": "str",
    "organism": "str",
    "method": "str",
    "resolution": "float64",
    "residues": "Int64",
    "released": "str",
    "score": "float64",
}
_FACTS = """query ($ids: [String!]!) {
  entries(entry_ids: $ids) {
    rcsb_id
    struct { title }
    exptl { method }
    rcsb_entry_info { resolution_combined deposited_polymer_monomer_count }
    rcsb_accession_info { initial_release_date }
    polymer_entities { rcsb_entity_source_organism { ncbi_scientific_name } }
  }
}"""


def search(http: Http, text: str, limit: int, network: Network) -> SearchResult:
    """Search titles, authors, abstracts and annotation; experimental structures, the best first.

    ``resolution`` is in Å, missing where the method has none; ``residues`` counts all
    polymers of the entry.
    """
    with understood(http.service, text):
        answer = http.post(SEARCH, _query(text, limit), network=network)
    scores, total = _hits(http, answer)
    answers = [answer]
    facts: dict[str, Json] = {}
    for ids in _batches(list(scores)):
        asked = {"query": _FACTS, "variables": {"ids": ids}}
        answers.append(http.post(GRAPHQL, asked, network=network, limit=64_000_000))
        facts.update(_facts(http, answers[-1]))
    return SearchResult(
        what=f"PDB entries for {text!r}",
        columns=COLUMNS,
        rows=tuple(_row(name, score, facts.get(name, {})) for name, score in scores.items()),
        sources=(SourceUse(http.service, text, "https://www.rcsb.org", answer.date, LICENCE, CITATION),),
        sent=sent_with(answers, f"The words {text!r} to search.rcsb.org, the ids found to data.rcsb.org."),
        notes=_notes(scores, facts),
        text=text,
        where="pdb",
        total=total,
    )


def _query(text: str, limit: int) -> Json:
    return {
        "query": {"type": "terminal", "service": "full_text", "parameters": {"value": text}},
        "return_type": "entry",
        "request_options": {
            # Computed structures have ids that the PDB's file service does not know.
            "results_content_type": ["experimental"],
            "paginate": {"start": 0, "rows": limit},
            "sort": [{"sort_by": "score", "direction": "desc"}],
        },
    }


def _hits(http: Http, answer: Answer) -> tuple[dict[str, float], int]:
    """Return the scores of the entries by id, and how many there are in all."""
    if answer.status == 204:  # its way to say that there is none
        return {}, 0
    with documented(http.service, answer) as found:
        scores = {_shown(str(hit["identifier"])): float(hit["score"]) for hit in found["result_set"]}
        return scores, int(found["total_count"])


def _shown(identifier: str) -> str:
    """Return an id as people write it; ValueError for what is none, which is then the service's fault."""
    try:
        short = pdb_id(identifier)
    except BadRequest as fault:
        raise ValueError(fault.message) from None
    return short.upper() if len(short) == 4 else short


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _facts(http: Http, answer: Answer) -> dict[str, Json]:
    with documented(http.service, answer) as found:
        return {_shown(str(entry["rcsb_id"])): _entry(entry) for entry in found["data"]["entries"] if entry}


def _entry(entry: Json) -> Json:
    """Return the facts of an entry; the service writes null for what there is not."""
    info = entry.get("rcsb_entry_info") or {}
    resolutions = info.get("resolution_combined") or [None]
    return {
        "title": str((entry.get("struct") or {}).get("title") or ""),
        "organism": ", ".join(dict.fromkeys(_organisms(entry))),
        "method": ", ".join(str(item["method"]).lower() for item in entry.get("exptl") or ()),
        "resolution": None if resolutions[0] is None else float(resolutions[0]),
        "residues": info.get("deposited_polymer_monomer_count"),
        "released": str((entry.get("rcsb_accession_info") or {}).get("initial_release_date") or "")[:10],
    }


def _organisms(entry: Json) -> Iterator[str]:
    for entity in entry.get("polymer_entities") or ():
        for organism in entity.get("rcsb_entity_source_organism") or ():
            if organism.get("ncbi_scientific_name"):
                yield str(organism["ncbi_scientific_name"])


def _row(name: str, score: float, facts: Json) -> Json:
    blank: dict[str, Any] = {key: "" if kind == "str" else None for key, kind in COLUMNS.items()}
    return {**blank, **facts, "id": f"pdb:{name}", "pdb": name, "score": score}


def _notes(scores: dict[str, float], facts: dict[str, Json]) -> tuple[str, ...]:
    unknown = [name for name in scores if name not in facts]
    return (f"RCSB PDB says nothing of {', '.join(unknown)}.",) if unknown else ()
