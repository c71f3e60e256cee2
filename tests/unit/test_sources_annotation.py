"""Features of UniProt, domains of InterPro and AlphaMissense tables.

No answer here was recorded: each is made by hand after the documented shape of the
service, with invented positions and scores.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
import respx

from foldsight.errors import BadRequest, FoldSightError, NetworkOff, NotFound, SourceFailed
from foldsight.io import read
from foldsight.sources import Records, domains, features, missense
from foldsight.sources.alphamissense import by_residue
from foldsight.sources.interpro import API as INTERPRO
from foldsight.sources.uniprot_entries import API as UNIPROT
from foldsight.structure import Structure

pytestmark = pytest.mark.usefixtures("sources_alone")

ENTRY = f"{UNIPROT}/P04637.json"
MATCHES = f"{INTERPRO}/entry/interpro/protein/uniprot/P04637"
PREDICTION = "https://alphafold.ebi.ac.uk/api/prediction/P04637"
TABLE = "https://alphafold.ebi.ac.uk/files/AF-P04637-F1-aa-substitutions.csv"
CSV = "protein_variant,am_pathogenicity,am_class\nM1A,0.3647,Amb\nE2A,0.12,LBen\nE2P,0.99,LPath\n"


def feature(kind: str, start: int | None, end: int | None, **changes: Any) -> dict[str, Any]:
    ends = {"start": {"value": start, "modifier": "EXACT"}, "end": {"value": end, "modifier": "EXACT"}}
    return {"type": kind, "location": ends, "description": "", **changes}


def entry(*listed: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "entryType": "UniProtKB reviewed (Swiss-Prot)",
        "primaryAccession": "P04637",
        "features": list(listed),
        **changes,
    }


def match(accession: str, *places: list[tuple[int, int]], kind: str = "domain") -> dict[str, Any]:
    located = [
        {"fragments": [{"start": a, "end": b, "dc-status": "CONTINUOUS"} for a, b in pieces], "score": None}
        for pieces in places
    ]
    return {
        "metadata": {"accession": accession, "name": f"Name of {accession}", "type": kind},
        "proteins": [
            {"accession": "p04637", "protein_length": 393, "entry_protein_locations": located},
            {"accession": "p99999", "entry_protein_locations": [{"fragments": [{"start": 1, "end": 2}]}]},
        ],
    }


def serve_missense(text: str = CSV, **changes: Any) -> None:
    facts = {"modelEntityId": "AF-P04637-F1", "uniprotAccession": "P04637", "latestVersion": 6,
             "sequence": "MEEPQ", "cifUrl": "https://alphafold.ebi.ac.uk/files/x.cif",
             "amAnnotationsUrl": TABLE, **changes}  # fmt: skip
    respx.get(PREDICTION).respond(200, json=[facts])
    respx.get(TABLE).respond(200, text=text)


# -- UniProt features -----------------------------------------------------------------


@respx.mock
def test_features_come_with_their_positions() -> None:
    ligand = {"name": "Zn(2+)", "id": "ChEBI:CHEBI:29105", "label": "1"}
    zinc = feature("Binding site", 176, 176, ligand=ligand,
                   evidences=[{"evidenceCode": "ECO:0000269", "source": "PubMed", "id": "1"},
                              {"evidenceCode": "ECO:0000269", "source": "PubMed", "id": "2"},
                              {"evidenceCode": "ECO:0007744"}])  # fmt: skip
    unsure = feature("Chain", None, 393, featureId="PRO_0000185703")
    unsure["location"]["start"] = {"value": None, "modifier": "UNKNOWN"}
    isoform = feature("Domain", 3, 9)
    isoform["location"]["sequence"] = "P04637-2"
    bridge = feature("Disulfide bond", 30, 88)
    respx.get(ENTRY).respond(200, json=entry(zinc, unsure, isoform, bridge, feature("Domain", 1, 5)))
    found = features("uniprot:p04637")
    table = found.table
    assert list(table["type"]) == ["Binding site", "Chain", "Disulfide bond", "Domain"]
    assert found.rows[0] == {"type": "Binding site", "start": 176, "end": 176, "exact": True,
                             "description": "", "ligand": "Zn(2+) 1", "feature_id": "",
                             "evidence": "ECO:0000269, ECO:0007744"}  # fmt: skip
    assert table["start"].isna().tolist() == [False, True, False, False]
    assert list(table["exact"]) == [True, False, True, True]
    assert (found.rows[2]["start"], found.rows[2]["end"]) == (30, 88)
    assert found.notes == ("1 features of isoforms were left out.",)
    assert found.sent == ("The accession P04637 to rest.uniprot.org.",)
    json.dumps(found.to_dict())


@respx.mock
def test_a_merged_entry_is_named_and_a_deleted_one_is_not_found() -> None:
    respx.get(ENTRY).respond(200, json=entry(primaryAccession="P04638"))
    assert "P04637 is now P04638." in features("P04637").notes
    gone = {"entryType": "Inactive", "primaryAccession": "Q00001",
            "inactiveReason": {"inactiveReasonType": "DEMERGED", "mergeDemergeTo": ["P1", "P2"]}}  # fmt: skip
    respx.get(f"{UNIPROT}/Q00001.json").respond(200, json=gone)
    with pytest.raises(NotFound, match="no longer") as caught:
        features("Q00001")
    assert caught.value.hint == "It became P1, P2."


# -- InterPro -------------------------------------------------------------------------


@respx.mock
def test_domains_come_by_match_page_after_page() -> None:
    second = f"{MATCHES}?page_size=200&cursor=abc"
    pages = {
        "": {"count": 2, "next": second, "results": [match("IPR011615", [(150, 292), (94, 120)])]},
        "abc": {"next": None, "results": [match("IPR002117", [(4, 363)], [(1, 9)], kind="family")]},
    }
    route = respx.get(url__startswith=MATCHES).mock(
        side_effect=lambda request: httpx.Response(200, json=pages[request.url.params.get("cursor", "")])
    )
    found = domains("P04637")
    assert route.call_count == 2
    assert [(row["entry"], row["start"], row["end"], row["fragments"]) for row in found.rows] == [
        ("IPR002117", 1, 9, "1-9"),
        ("IPR002117", 4, 363, "4-363"),
        ("IPR011615", 94, 292, "94-120,150-292"),
    ]
    assert list(found.table["type"]) == ["family", "family", "domain"]
    assert found.rows[2]["name"] == "Name of IPR011615"


@respx.mock
def test_no_match_and_an_unknown_protein_are_empty_tables() -> None:
    respx.get(url__startswith=MATCHES).respond(204)
    found = domains("P04637")
    assert (len(found), found.notes) == (0, ())
    assert list(found.table.columns) == ["entry", "name", "type", "start", "end", "fragments"]
    respx.get(url__startswith=f"{INTERPRO}/entry/interpro/protein/uniprot/Q00001").respond(404)
    assert domains("Q00001").notes == ("InterPro does not know Q00001.",)


@respx.mock
def test_a_protein_that_is_still_computed_is_waited_for() -> None:
    answers = [httpx.Response(408), httpx.Response(200, json={"results": [match("IPR011615", [(1, 9)])]})]
    respx.get(url__startswith=MATCHES).mock(side_effect=answers)
    assert len(domains("P04637")) == 1


@respx.mock
def test_pages_without_end_are_left() -> None:
    route = respx.get(url__startswith=MATCHES).mock(
        side_effect=lambda request: httpx.Response(
            200, json={"results": [], "next": f"{MATCHES}?n={len(respx.calls)}"}
        )
    )
    with pytest.raises(SourceFailed, match="without end"):
        domains("P04637")
    assert route.call_count == 10


# -- AlphaMissense --------------------------------------------------------------------


@respx.mock
def test_alphamissense_is_pathogenicity_and_says_that_it_is_no_ddg() -> None:
    serve_missense()
    found = missense("P04637")
    assert found.rows[0] == {"variant": "M1A", "position": 1, "wild_type": "M", "mutant": "A",
                             "am_pathogenicity": 0.3647, "am_class": "ambiguous"}  # fmt: skip
    assert list(found.table["am_class"]) == ["ambiguous", "likely benign", "likely pathogenic"]
    assert "not a ddG" in found.notes[0]
    assert not any("ddg" in name for name in found.columns)
    assert "NC" in found.sources[0].licence


@respx.mock
def test_the_longer_names_of_classes_are_understood() -> None:
    serve_missense(CSV.replace("LBen", "likely_benign").replace("Amb", "Ambiguous").replace("\n", "\r\n"))
    assert [row["am_class"] for row in missense("P04637").rows][:2] == ["ambiguous", "likely benign"]


@respx.mock
def test_only_human_proteins_have_a_table() -> None:
    serve_missense(amAnnotationsUrl=None)
    with pytest.raises(NotFound, match="no AlphaMissense table of P04637"):
        missense("P04637")


@pytest.mark.parametrize("text", [
    "", "<html>maintenance</html>", "variant,score\nM1A,0.3\n", CSV + "E2", CSV + "E2D,0.4",
    CSV + "E2D,x,Amb\n", CSV + "E2D,1.4,Amb\n", CSV + "E2D,nan,Amb\n", CSV + "E2D,0.4,Fine\n",
    CSV + "2D,0.4,Amb\n",
    CSV + "K2D,0.4,Amb\n", CSV + "Q9D,0.4,Amb\n", CSV + "E0D,0.4,Amb\n", "\xff\xfe",
])  # fmt: skip
@respx.mock
def test_tables_that_are_none_are_refused_and_not_kept(text: str) -> None:
    serve_missense()
    respx.get(TABLE).respond(200, content=text.encode("latin-1"))
    with pytest.raises(SourceFailed, match="cannot be read"):
        missense("P04637")
    respx.get(TABLE).respond(200, text=CSV)
    assert len(missense("P04637")) == 3


def chain(sequence: str, first: int) -> Structure:
    """CA atoms in a row, numbered by UniProt from ``first``."""
    three = {"M": "MET", "E": "GLU", "P": "PRO", "Q": "GLN"}
    lines = [
        f"ATOM  {i:5}  CA  {three[aa]} A{i + 100:4}    {3.8 * i:8.3f}   0.000   0.000  1.00 20.00           C"
        for i, aa in enumerate(sequence, start=1)
    ]
    found = read("\n".join([*lines, "END", ""]).encode(), name="hand-made.pdb")
    structure: Structure = getattr(found, "structure", found)
    positions = np.arange(first, first + len(sequence), dtype=np.int32)
    return replace(structure, residues=replace(structure.residues, uniprot=positions))


@respx.mock
def test_scores_go_to_residues_by_uniprot_position_where_the_amino_acid_agrees() -> None:
    serve_missense()
    table = missense("P04637")
    assert by_residue(table, chain("MEP", 1)) == {
        ("A:101", "A"): 0.3647,
        ("A:102", "A"): 0.12,
        ("A:102", "P"): 0.99,
    }
    assert by_residue(table, chain("QEP", 1)) == {("A:102", "A"): 0.12, ("A:102", "P"): 0.99}
    with pytest.raises(BadRequest, match="No residue"):
        by_residue(table, chain("MEP", 50))


# -- Every source ---------------------------------------------------------------------


def endless() -> Iterator[bytes]:
    for _ in range(2000):
        yield bytes(1_000_000)


FAULTS: dict[str, tuple[Callable[[], Any], str]] = {
    "429": (lambda: httpx.Response(429, headers={"Retry-After": "1"}), "too busy"),
    "500": (lambda: httpx.Response(500), "too busy"),
    "408": (lambda: httpx.Response(408), "too busy"),
    "time-out": (lambda: httpx.ReadTimeout("silence"), "no answer in time"),
    "truncated JSON": (lambda: httpx.Response(200, content=b'{"results": [{"meta'), "JSON"),
    "HTML": (lambda: httpx.Response(200, html="<html>maintenance</html>"), "JSON"),
    "another shape": (lambda: httpx.Response(200, json={"items": []}), "as documented"),
    "a list of numbers": (lambda: httpx.Response(200, json=[1, 2]), "as documented"),
    "2 GB": (lambda: lambda request: httpx.Response(200, content=endless()), "sends more than"),
}
EVERYWHERE = pytest.mark.parametrize("ask", [features, domains, missense])
Ask = Callable[..., Records]


@EVERYWHERE
@pytest.mark.parametrize("fault", FAULTS)
@respx.mock
def test_faults_of_a_service_are_named_and_not_kept(ask: Ask, fault: str) -> None:
    make, sentence = FAULTS[fault]
    answer = make()
    if callable(answer) or isinstance(answer, Exception):
        respx.route().mock(side_effect=answer)
    else:
        respx.route().mock(return_value=answer)
    with pytest.raises(SourceFailed, match=sentence):
        ask("P04637")
    with pytest.raises(FoldSightError) as again:
        ask("P04637", network="off")
    assert isinstance(again.value, NetworkOff)


@pytest.mark.parametrize("ask", [features, missense])
@respx.mock
def test_what_does_not_exist_is_not_found(ask: Ask) -> None:
    respx.route().respond(404)
    with pytest.raises(NotFound, match="P04637"):
        ask("P04637")


@EVERYWHERE
@pytest.mark.parametrize(
    ("text", "sentence"), [("", "not a"), ("../x", "not a"), ("TP53", "not a"), ("P04637-2", "isoform")]
)
def test_what_is_no_canonical_accession_is_refused(ask: Ask, text: str, sentence: str) -> None:
    with respx.mock, pytest.raises(BadRequest, match=sentence):
        ask(text)
