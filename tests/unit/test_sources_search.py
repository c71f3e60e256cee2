"""Search in UniProt, the PDB and AlphaFold DB.

No answer here was recorded: each is made by hand after the documented shape of the
service (UniProt's REST interface with its cursor in the Link header, RCSB's search and
data services, AlphaFold DB's OpenAPI document). Numbers and names are invented.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import respx

from foldsight.errors import BadRequest, FoldSightError, NetworkOff, SourceFailed
from foldsight.sources import SearchResult, search
from foldsight.sources.rcsb import SEARCH
from foldsight.sources.rcsb_search import GRAPHQL
from foldsight.sources.uniprot_entries import API

pytestmark = pytest.mark.usefixtures("sources_alone")

UNIPROT = f"{API}/search"
AFDB = "https://alphafold.ebi.ac.uk/api/prediction"


def protein(accession: str = "P04637", **changes: Any) -> dict[str, Any]:
    return {
        "entryType": "UniProtKB reviewed (Swiss-Prot)",
        "primaryAccession": accession,
        "uniProtkbId": "P53_HUMAN",
        "organism": {"scientificName": "Homo sapiens", "commonName": "Human", "taxonId": 9606},
        "proteinDescription": {"recommendedName": {"fullName": {"value": "Cellular tumor antigen p53"}}},
        "genes": [{"geneName": {"value": "TP53"}}],
        "sequence": {"length": 393},
        "uniProtKBCrossReferences": [{"database": "AlphaFoldDB", "id": accession, "properties": []}],
        **changes,
    }


def hit(identifier: str, score: float = 1.0) -> dict[str, Any]:
    return {"identifier": identifier, "score": score}


def hits(*identifiers: str, total: int = 2) -> dict[str, Any]:
    listed = [hit(name, 1.0 - 0.1 * i) for i, name in enumerate(identifiers)]
    return {"query_id": "x", "result_type": "entry", "total_count": total, "result_set": listed}


def facts(identifier: str, **changes: Any) -> dict[str, Any]:
    return {
        "rcsb_id": identifier,
        "struct": {"title": "HIV-1 PROTEASE WITH VX-478"},
        "exptl": [{"method": "X-RAY DIFFRACTION"}],
        "rcsb_entry_info": {"resolution_combined": [1.9], "deposited_polymer_monomer_count": 198},
        "rcsb_accession_info": {"initial_release_date": "1996-01-29T00:00:00Z"},
        "polymer_entities": [
            {"rcsb_entity_source_organism": [{"ncbi_scientific_name": "Human immunodeficiency virus 1"}]}
        ],
        **changes,
    }


def predicted(accession: str = "P04637", **changes: Any) -> dict[str, Any]:
    return {
        "modelEntityId": f"AF-{accession}-F1",
        "uniprotAccession": accession,
        "uniprotDescription": "Cellular tumor antigen p53",
        "organismScientificName": "Homo sapiens",
        "gene": "TP53",
        "latestVersion": 6,
        "sequenceStart": 1,
        "sequenceEnd": 393,
        "globalMetricValue": 75.06,
        "cifUrl": f"https://alphafold.ebi.ac.uk/files/AF-{accession}-F1-model_v6.cif",
        "amAnnotationsUrl": f"https://alphafold.ebi.ac.uk/files/AF-{accession}-F1-aa-substitutions.csv",
        **changes,
    }


def serve(*proteins: dict[str, Any], total: int | None = None) -> respx.Route:
    headers = {"X-Total-Results": str(len(proteins) if total is None else total)}
    return respx.get(UNIPROT).respond(200, json={"results": list(proteins)}, headers=headers)


# -- UniProt --------------------------------------------------------------------------


@respx.mock
def test_uniprot_entries_come_as_rows_that_fold() -> None:
    bare = protein("Q9XXX1", entryType="UniProtKB unreviewed (TrEMBL)", uniProtkbId="Q9XXX1_9ZZZZ", genes=[],
                   proteinDescription={"submissionNames": [{"fullName": {"value": "Kinase"}}]},
                   uniProtKBCrossReferences=[])  # fmt: skip
    route = serve(protein(), bare, total=1234)
    found = search("kinase  human")
    assert dict(route.calls[0].request.url.params)["query"] == "kinase human"
    assert found.ids == ["uniprot:P04637", "uniprot:Q9XXX1"]
    assert found.total == 1234
    table = found.table
    assert list(table["protein"]) == ["Cellular tumor antigen p53", "Kinase"]
    assert list(table["gene"]) == ["TP53", ""]
    assert list(table["length"]) == [393, 393]
    assert list(table["reviewed"]) == [True, False]
    assert list(table["afdb"]) == ["afdb:P04637", ""]
    assert found.sources[0].licence == "CC-BY-4.0"


@respx.mock
def test_pages_are_followed_by_the_cursor_until_there_is_enough() -> None:
    pages = [[protein(f"P{page}{i:04d}") for i in range(3)] for page in range(3)]

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("cursor", "0"))
        link = f'<{UNIPROT}?query=x&cursor={page + 1}&size=500>; rel="next"'
        headers = {"Link": link} if page < 2 else {}
        return httpx.Response(200, json={"results": pages[page]}, headers={**headers, "X-Total-Results": "9"})

    route = respx.get(url__startswith=UNIPROT).mock(side_effect=answer)
    assert len(search("x", limit=5)) == 5
    assert route.call_count == 2
    assert len(search("x", limit=600)) == 9
    assert route.calls[2].request.url.params["size"] == "500"


@respx.mock
def test_a_next_page_elsewhere_is_not_followed() -> None:
    headers = {"Link": '<https://evil.example/?cursor=1>; rel="next"'}
    respx.get(UNIPROT).respond(200, json={"results": [protein()]}, headers=headers)
    with pytest.raises(SourceFailed, match="not one of its addresses"):
        search("x", limit=5)


@respx.mock
def test_obsolete_entries_are_left_out() -> None:
    serve({"entryType": "Inactive", "primaryAccession": "P99999", "inactiveReason": {}}, protein())
    assert search("x").ids == ["uniprot:P04637"]


# -- PDB ------------------------------------------------------------------------------


@respx.mock
def test_pdb_entries_come_with_title_organism_and_resolution() -> None:
    asked = respx.post(SEARCH).respond(200, json=hits("1HPV", "2LYZ", total=77))
    nmr = facts("2LYZ", rcsb_entry_info={"resolution_combined": None}, polymer_entities=None, exptl=None)
    data = respx.post(GRAPHQL).respond(200, json={"data": {"entries": [nmr, facts("1HPV")]}})
    found = search("HIV protease", "pdb", limit=2)
    query = json.loads(asked.calls[0].request.content)
    assert query["query"]["parameters"] == {"value": "HIV protease"}
    assert query["request_options"]["paginate"] == {"start": 0, "rows": 2}
    assert query["request_options"]["results_content_type"] == ["experimental"]
    assert json.loads(data.calls[0].request.content)["variables"] == {"ids": ["1HPV", "2LYZ"]}
    assert found.ids == ["pdb:1HPV", "pdb:2LYZ"]
    assert found.total == 77
    first, second = found.rows
    assert first["title"].startswith("HIV-1")
    assert first["organism"] == "Human immunodeficiency virus 1"
    assert (first["method"], first["resolution"], first["residues"]) == ("x-ray diffraction", 1.9, 198)
    assert first["released"] == "1996-01-29"
    assert second["resolution"] is None
    assert found.table["resolution"].isna().tolist() == [False, True]


@respx.mock
def test_long_pdb_ids_stay_readable_and_silence_is_noted() -> None:
    respx.post(SEARCH).respond(200, json=hits("PDB_1000ABCD", "pdb_00001hpv"))
    respx.post(GRAPHQL).respond(200, json={"data": {"entries": [facts("1HPV"), None]}})
    found = search("x", "pdb")
    assert found.ids == ["pdb:pdb_1000abcd", "pdb:1HPV"]
    assert found.notes == ("RCSB PDB says nothing of pdb_1000abcd.",)
    assert found.table["title"].tolist()[0] == ""


@respx.mock
def test_facts_are_asked_for_in_batches() -> None:
    names = [f"{1 + i // 1000}{i % 1000:03d}" for i in range(450)]
    respx.post(SEARCH).respond(200, json=hits(*names, total=450))
    data = respx.post(GRAPHQL).respond(200, json={"data": {"entries": []}})
    assert len(search("x", "pdb", limit=450)) == 450
    assert data.call_count == 3


@respx.mock
def test_what_is_no_pdb_id_is_a_fault_of_the_service() -> None:
    respx.post(SEARCH).respond(200, json=hits("../../etc"))
    with pytest.raises(SourceFailed, match="as documented"):
        search("x", "pdb")


# -- AlphaFold DB ---------------------------------------------------------------------


@respx.mock
def test_alphafold_entries_are_found_through_uniprot() -> None:
    route = serve(protein(), protein("P38398"), protein("Q00000"), total=3)
    respx.get(f"{AFDB}/P04637").respond(200, json=[predicted()])
    lean = predicted("P38398", amAnnotationsUrl=None, gene=None, globalMetricValue=None)
    respx.get(f"{AFDB}/P38398").respond(200, json=[lean])
    respx.get(f"{AFDB}/Q00000").respond(404)
    found = search("tumor OR antigen", "afdb")
    query = dict(route.calls[0].request.url.params)["query"]
    assert query == "(tumor OR antigen) AND (database:alphafolddb)"
    assert found.ids == ["afdb:P04637", "afdb:P38398"]
    assert found.rows[0]["mean_plddt"] == pytest.approx(75.06)
    assert [row["alphamissense"] for row in found.rows] == [True, False]
    assert found.table["mean_plddt"].isna().tolist() == [False, True]
    assert "1 that UniProt lists" in found.notes[0]
    assert "alphafold.ebi.ac.uk" in found.sent[0]


def test_alphafold_is_not_asked_hundreds_of_times() -> None:
    with respx.mock, pytest.raises(BadRequest, match="201 rows"):
        search("x", "afdb", limit=201)


# -- Every source ---------------------------------------------------------------------

EVERYWHERE = pytest.mark.parametrize("where", ["uniprot", "pdb", "afdb"])


def everything(answer: Any) -> None:
    """Let every service give the same answer."""
    given: dict[str, Any] = {"side_effect": answer} if callable(answer) else {"return_value": answer}
    if isinstance(answer, Exception):
        given = {"side_effect": answer}
    respx.route().mock(**given)


def endless() -> Iterator[bytes]:
    for _ in range(2000):
        yield bytes(1_000_000)


FAULTS: dict[str, tuple[Callable[[], Any], str]] = {
    "404": (lambda: httpx.Response(404, text="not found"), "JSON"),
    "429": (lambda: httpx.Response(429, headers={"Retry-After": "1"}), "too busy"),
    "429 for an hour": (lambda: httpx.Response(429, headers={"Retry-After": "3600"}), "3600 s"),
    "500": (lambda: httpx.Response(500), "too busy"),
    "503": (lambda: httpx.Response(503), "too busy"),
    "403": (lambda: httpx.Response(403), "HTTP 403"),
    "time-out": (lambda: httpx.ReadTimeout("silence"), "no answer in time"),
    "truncated JSON": (lambda: httpx.Response(200, content=b'{"results": [{"entryT'), "JSON"),
    "HTML": (lambda: httpx.Response(200, html="<html>maintenance</html>"), "JSON"),
    "another shape": (lambda: httpx.Response(200, json={"items": []}), "as documented"),
    "rows of another shape": (
        lambda: httpx.Response(200, json={"results": [7], "result_set": [7], "total_count": 1}),
        "as documented",
    ),
    "a list": (lambda: httpx.Response(200, json=[1, 2]), "as documented"),
    "2 GB": (lambda: lambda request: httpx.Response(200, content=endless()), "sends more than"),
}


@EVERYWHERE
@pytest.mark.parametrize("fault", FAULTS)
@respx.mock
def test_faults_of_a_service_are_named(where: str, fault: str) -> None:
    answer, sentence = FAULTS[fault]
    everything(answer())
    with pytest.raises(SourceFailed, match=sentence) as caught:
        search("kinase", where)
    assert not caught.value.refused
    respx.clear()  # and what was wrong is not kept
    with pytest.raises(FoldSightError) as again:
        search("kinase", where, network="off")
    assert isinstance(again.value, NetworkOff | SourceFailed)


@respx.mock
def test_faults_of_the_second_service_are_named_too() -> None:
    respx.post(SEARCH).respond(200, json=hits("1HPV"))
    respx.post(GRAPHQL).respond(200, json={"errors": [{"message": "?"}], "data": None})
    with pytest.raises(SourceFailed, match="as documented"):
        search("x", "pdb")
    serve(protein())
    respx.get(f"{AFDB}/P04637").respond(200, json={"error": "?"})
    with pytest.raises(SourceFailed, match="as documented"):
        search("x", "afdb")


@EVERYWHERE
@respx.mock
def test_a_query_that_is_not_understood_is_refused(where: str) -> None:
    everything(httpx.Response(400, json={"messages": ["query parameter has an invalid syntax"]}))
    with pytest.raises(BadRequest, match=r"does not understand '\(kinase'"):
        search("(kinase", where)


@EVERYWHERE
@respx.mock
def test_nothing_found_is_an_empty_table(where: str) -> None:
    serve()
    respx.post(SEARCH).respond(204)
    found = search("zzzz", where)
    assert len(found) == 0
    assert found.ids == []
    assert found.total == 0
    assert list(found.table.columns) == list(found.columns)
    assert len(found.table) == 0
    assert "nothing" in repr(found)


@EVERYWHERE
@respx.mock
def test_what_left_the_machine_is_said_and_a_kept_answer_sends_nothing(where: str) -> None:
    serve(protein())
    respx.post(SEARCH).respond(200, json=hits("1HPV"))
    respx.post(GRAPHQL).respond(200, json={"data": {"entries": [facts("1HPV")]}})
    respx.get(f"{AFDB}/P04637").respond(200, json=[predicted()])
    first = search("kinase", where)
    assert "'kinase'" in first.sent[0]
    count = len(respx.calls)
    again = search("kinase", where, network="off")
    assert len(respx.calls) == count
    assert again.rows == first.rows
    assert again.sent == ()


@EVERYWHERE
def test_with_the_network_off_nothing_is_asked(where: str) -> None:
    with respx.mock, pytest.raises(NetworkOff):
        search("kinase", where, network="off")


@pytest.mark.parametrize(("text", "limit", "where", "sentence"), [
    ("  ", 5, "uniprot", "nothing to search"), ("x" * 1001, 5, "uniprot", "too many"),
    ("x", 0, "uniprot", "limit of 0"), ("x", 2001, "pdb", "limit of 2001"), ("x", 5, "nowhere", "'nowhere'"),
    ("MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ", 5, "uniprot", "is a sequence"),
])  # fmt: skip
def test_what_cannot_be_searched_is_refused_before_anything_is_sent(
    text: str, limit: int, where: str, sentence: str
) -> None:
    with respx.mock, pytest.raises(BadRequest, match=sentence):
        search(text, where, limit=limit)


@respx.mock
def test_a_result_travels_as_json_and_shows_itself() -> None:
    serve(protein(proteinDescription={"recommendedName": {"fullName": {"value": "<script>"}}}))
    found = search("<b>")
    assert isinstance(found, SearchResult)
    data = json.loads(json.dumps(found.to_dict()))
    assert set(data) == {"text", "where", "total", "what", "rows", "sources", "sent", "notes"}
    assert data["rows"][0]["id"] == "uniprot:P04637"
    assert "<script>" not in found._repr_html_()
    assert "<b>" not in found._repr_html_()
    assert "P53_HUMAN" in repr(found)
