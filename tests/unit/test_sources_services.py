"""AlphaFold DB, RCSB and UniProt, and the retrieval engines on them.

No answer here was recorded: each is made by hand after the documented shape of the
service (AlphaFold DB's OpenAPI document and 3D-Beacons schema, RCSB's search and file
services, UniProt's REST interface), with invented coordinates.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx
import numpy as np
import pytest
import respx

from foldsight.engines import afdb as afdb_engine
from foldsight.engines import pdb as pdb_engine
from foldsight.engines.base import Context, FoldRequest
from foldsight.errors import BadRequest, BadSequence, NetworkOff, NoStructure, NotFound, SourceFailed
from foldsight.library import Library
from foldsight.residues import ONE_TO_THREE
from foldsight.sequence import Query
from foldsight.sources.afdb import API, AlphaFoldDb
from foldsight.sources.rcsb import FILES, SEARCH, Rcsb, pdb_id
from foldsight.sources.uniprot import UniProt
from foldsight.structure import Structure

pytestmark = pytest.mark.usefixtures("sources_alone")

SEQUENCE = "MQIFVKTLTGKTITLEVEPS"
MD5 = hashlib.md5(SEQUENCE.encode(), usedforsecurity=False).hexdigest()
CIF_URL = "https://alphafold.ebi.ac.uk/files/AF-P0CG47-F1-model_v6.cif"
PAE_URL = "https://alphafold.ebi.ac.uk/files/AF-P0CG47-F1-predicted_aligned_error_v6.json"


def cif(sequence: str = SEQUENCE, chain: str = "A", method: str = "") -> str:
    """An mmCIF file of a helix of CA atoms, B-factors 60, 61, 62..."""
    rows = []
    for i, aa in enumerate(sequence):
        turn = np.radians(100.0) * i
        x, y, z = 2.3 * np.cos(turn), 2.3 * np.sin(turn), 1.5 * i
        rows.append(
            f"ATOM {i + 1} C CA . {ONE_TO_THREE[aa]} {chain} 1 {i + 1} ? {x:.3f} {y:.3f} {z:.3f} 1.00 "
            f"{60 + i}.00 ? {i + 1} {ONE_TO_THREE[aa]} {chain} CA 1"
        )
    columns = ("group_PDB id type_symbol label_atom_id label_alt_id label_comp_id label_asym_id "
               "label_entity_id label_seq_id pdbx_PDB_ins_code Cartn_x Cartn_y Cartn_z occupancy "
               "B_iso_or_equiv pdbx_formal_charge auth_seq_id auth_comp_id auth_asym_id auth_atom_id "
               "pdbx_PDB_model_num")  # fmt: skip
    head = "data_HAND_MADE\n_entry.id HAND_MADE\n"
    if method:
        head += f"_exptl.entry_id HAND_MADE\n_exptl.method '{method}'\n"
    entity = (
        "_entity.id 1\n_entity.type polymer\n_entity_poly.entity_id 1\n_entity_poly.type 'polypeptide(L)'\n"
    )
    loop = "loop_\n" + "\n".join(f"_atom_site.{name}" for name in columns.split())
    return f"{head}{entity}{loop}\n" + "\n".join(rows) + "\n"


def pae(n: int = len(SEQUENCE)) -> bytes:
    matrix = [[abs(i - j) * 0.5 for j in range(n)] for i in range(n)]
    return json.dumps([{"predicted_aligned_error": matrix, "max_predicted_aligned_error": 31.75}]).encode()


def entry(accession: str = "P0CG47", **changes: Any) -> dict[str, Any]:
    return {
        "modelEntityId": f"AF-{accession}-F1",
        "uniprotAccession": accession,
        "uniprotDescription": "Polyubiquitin-B",
        "organismScientificName": "Homo sapiens",
        "latestVersion": 6,
        "sequenceStart": 1,
        "sequenceEnd": 20,
        "cifUrl": CIF_URL,
        "paeDocUrl": PAE_URL,
        "isComplex": False,
        **changes,
    }


def summary(identifier: str, accession: str = "P0CG47", **changes: Any) -> dict[str, Any]:
    named = {"identifier": accession, "identifier_category": "UNIPROT", "chain_ids": ["A"]}
    facts = {"model_identifier": identifier, "sequence_identity": 1.0, "coverage": 1.0, "entities": [named]}
    return {"summary": {**facts, **changes}}


def serve_entry(found: Any = None) -> None:
    respx.get(f"{API}/prediction/P0CG47").respond(200, json=[entry()] if found is None else found)
    respx.get(CIF_URL).respond(200, text=cif())
    respx.get(PAE_URL).respond(200, content=pae())


# -- AlphaFold DB ---------------------------------------------------------------------


@respx.mock
def test_an_accession_gives_a_prediction_with_plddt_pae_and_uniprot_numbers() -> None:
    serve_entry()
    found = AlphaFoldDb().fetch("p0cg47")
    assert found.manifest.origin == "retrieved"
    assert found.manifest.sources[0].identifier == "AF-P0CG47-F1 v6"
    assert found.manifest.sources[0].licence == "CC-BY-4.0"
    assert found.confidence.kind == "plddt"
    assert found.confidence.values[0] == pytest.approx(60)
    assert found.confidence.pae is not None
    assert found.confidence.pae[0, 3] == pytest.approx(1.5)
    assert [ref.uniprot for ref in found.structure.refs] == list(range(1, 21))


@respx.mock
def test_of_isoforms_the_accession_asked_for_is_taken() -> None:
    isoform = entry("P0CG47-2", cifUrl="https://alphafold.ebi.ac.uk/files/wrong.cif")
    unlike = entry("P0CG48", cifUrl="https://alphafold.ebi.ac.uk/files/wrong.cif")
    complex_ = entry(modelEntityId="AF-0000000066503175", isComplex=True, cifUrl="https://x.ebi.ac.uk/c.cif")
    serve_entry([isoform, unlike, complex_, entry()])
    assert AlphaFoldDb().fetch("AF-P0CG47-F1").manifest.facts["entry"] == "AF-P0CG47-F1"


@respx.mock
def test_the_retired_names_of_fields_are_understood() -> None:
    old = entry()
    old["entryId"] = old.pop("modelEntityId")
    old["uniprotStart"] = old.pop("sequenceStart") + 10
    serve_entry([old])
    found = AlphaFoldDb().fetch("P0CG47")
    assert found.manifest.facts["entry"] == "AF-P0CG47-F1"
    assert found.structure.refs[0].uniprot == 11


@respx.mock
def test_an_entry_without_pae_is_read_without_it() -> None:
    serve_entry([entry(paeDocUrl=None)])
    assert AlphaFoldDb().fetch("P0CG47").confidence.pae is None


@pytest.mark.parametrize("text", ["", "P0", "../etc/passwd", "P04637/../x", "1ABC", "AF-X-F1"])
def test_what_is_no_accession_is_refused_before_anything_is_sent(text: str) -> None:
    with respx.mock, pytest.raises(BadRequest, match="not a UniProt accession"):
        AlphaFoldDb().fetch(text)


@respx.mock
def test_faults_of_the_service_are_named() -> None:
    respx.get(f"{API}/prediction/P0CG47").respond(404)
    with pytest.raises(NotFound, match="P0CG47"):
        AlphaFoldDb().fetch("P0CG47")
    respx.get(f"{API}/prediction/P0CG48").respond(200, json={"error": "?"})
    with pytest.raises(SourceFailed, match="as documented"):
        AlphaFoldDb().fetch("P0CG48")
    respx.get(f"{API}/prediction/P04637").respond(200, json=[entry("P04637", cifUrl="https://evil.example/")])
    with pytest.raises(SourceFailed, match="not one of its addresses"):
        AlphaFoldDb().fetch("P04637")


@respx.mock
def test_files_that_cannot_be_read_are_the_fault_of_the_service() -> None:
    serve_entry()
    respx.get(PAE_URL).respond(200, content=pae(7))
    with pytest.raises(SourceFailed, match="AlphaFold DB sent a file"):
        AlphaFoldDb().fetch("P0CG47")
    respx.get(f"{FILES}/8xyz.cif").respond(200, text="<html>maintenance</html>")
    with pytest.raises(SourceFailed, match="RCSB PDB sent a file"):
        Rcsb().fetch("8xyz")
    respx.get(f"{FILES}/8xyz.cif").respond(200, text=cif(method="X-RAY DIFFRACTION"))
    assert Rcsb().fetch("8xyz").name == "8xyz"  # the page was not kept


@respx.mock
def test_read_finds_the_sources_by_their_names() -> None:
    from foldsight.io import read

    serve_entry()
    assert read("afdb:P0CG47").manifest.origin == "retrieved"
    respx.get(f"{FILES}/8xyz.cif").respond(200, text=cif(method="X-RAY DIFFRACTION"))
    assert read("pdb:8XYZ").name == "8xyz"
    assert read("pdb_00008xyz").name == "8xyz"
    respx.get("https://rest.uniprot.org/uniprotkb/P0CG47.fasta").respond(200, text=f">x\n{SEQUENCE}\n")
    assert read("uniprot:P0CG47").chains == (SEQUENCE,)


def ask(sequence: str = SEQUENCE, network: Any = "hash") -> FoldRequest:
    return FoldRequest(Query.of(sequence, "mine"), network=network)


@respx.mock
def test_the_engine_sends_the_md5_only_and_takes_the_canonical_entry() -> None:
    listed = [summary("AF-0000000065764032", "P12345"), summary("AF-P0CG47-F1")]
    route = respx.get(f"{API}/sequence/summary").respond(200, json={"structures": listed})
    serve_entry()
    found = afdb_engine.AlphaFoldDb().fold(ask(), Context())
    asked = route.calls[0].request.url
    assert dict(asked.params) == {"id": MD5, "type": "md5", "rows": "10"}
    assert not any(SEQUENCE in str(call.request.url) for call in respx.calls)
    assert len(respx.calls) <= 4
    assert found.name == "mine"
    assert found.manifest.facts["uniprot"] == "P0CG47"
    assert "MD5" in found.manifest.sent[0]


@respx.mock
def test_no_entry_and_a_near_entry_are_no_structure() -> None:
    respx.get(f"{API}/sequence/summary", params={"id": MD5}).respond(404)
    with pytest.raises(NoStructure, match="no entry with exactly"):
        afdb_engine.AlphaFoldDb().fold(ask(), Context())
    near = summary("AF-P0CG47-F1", sequence_identity=0.97)
    respx.get(f"{API}/sequence/summary").respond(200, json={"structures": [near]})
    with pytest.raises(NoStructure):
        afdb_engine.AlphaFoldDb().fold(ask("MQIFVKTLTGKTITLEVEPA"), Context())


@respx.mock
def test_an_entry_of_another_sequence_is_not_passed_off_as_this_one() -> None:
    respx.get(f"{API}/sequence/summary").respond(200, json={"structures": [summary("AF-P0CG47-F1")]})
    serve_entry()
    with pytest.raises(NoStructure, match="does not have exactly"):
        afdb_engine.AlphaFoldDb().fold(ask("MQIFVKTLTGKTITLEVEPA"), Context())


@respx.mock
def test_offline_the_engine_fails_as_a_source_and_quickly() -> None:
    respx.route().mock(side_effect=httpx.ConnectError("no route"))
    with pytest.raises(SourceFailed, match="cannot be reached"):
        afdb_engine.AlphaFoldDb().fold(ask(), Context())


# -- RCSB -----------------------------------------------------------------------------


@respx.mock
@pytest.mark.parametrize(("given", "file"), [("1HPV", "1hpv"), ("pdb_00001hpv", "1hpv"),
                                             ("PDB_1000abcd", "pdb_1000abcd")])  # fmt: skip
def test_short_and_long_pdb_ids_are_fetched(given: str, file: str) -> None:
    respx.get(f"{FILES}/{file}.cif").respond(200, text=cif(method="X-RAY DIFFRACTION"))
    found = Rcsb().fetch(given)
    assert isinstance(found, Structure)
    assert found.name == file
    assert found.protein_sequences() == {"A": SEQUENCE}


@pytest.mark.parametrize("text", ["", "1", "ABCD", "1ABCD", "pdb_1abc", "../1abc", "pdb_0001abcde"])
def test_what_is_no_pdb_id_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="not a PDB id"):
        pdb_id(text)


@respx.mock
def test_a_pdb_id_that_does_not_exist_is_not_found() -> None:
    respx.get(f"{FILES}/9zzz.cif").respond(404)
    with pytest.raises(NotFound, match="9zzz"):
        Rcsb().fetch("9zzz")


def test_nothing_is_fetched_with_the_network_off() -> None:
    with respx.mock, pytest.raises(NetworkOff):
        Rcsb().fetch("1hpv", network="off")


def test_a_sequence_stays_here_unless_it_may_leave() -> None:
    with respx.mock, pytest.raises(NetworkOff, match="keeps sequences here"):
        Rcsb().similar(SEQUENCE, "hash")


def test_the_library_answers_for_a_chain_it_holds() -> None:
    record = next(chain for chain in Library.open().get("1ubi").chains)
    with respx.mock:
        found = pdb_engine.NearExactPdb().fold(ask(record.sequence, "off"), Context())
    assert found.manifest.origin == "experimental"
    assert found.manifest.facts["entry"] == "1ubi"
    assert found.manifest.facts["identity"] == 1.0
    assert found.manifest.sent == ()
    assert found.confidence.kind == "b_factor"
    assert found.structure.auth_chains == (record.auth,)


def test_a_part_of_a_chain_is_not_passed_off_as_the_chain() -> None:
    record = next(chain for chain in Library.open().get("1ubi").chains)
    with respx.mock, pytest.raises(NoStructure):
        pdb_engine.NearExactPdb().fold(ask(record.sequence[:40], "off"), Context())


def test_a_frame_of_a_simulation_is_not_an_experiment() -> None:
    record = next(chain for chain in Library.open().get("1u19").chains)
    with respx.mock, pytest.raises(NoStructure):
        pdb_engine.NearExactPdb().fold(ask(record.sequence), Context())


@respx.mock
def test_rcsb_is_asked_only_when_a_sequence_may_leave() -> None:
    hits = {"result_set": [{"identifier": "8XYZ", "score": 1.0}]}
    search = respx.post(SEARCH).respond(200, json=hits)
    respx.get(f"{FILES}/8xyz.cif").respond(200, text=cif(method="X-RAY DIFFRACTION"))
    with pytest.raises(NoStructure, match="in the library is"):
        pdb_engine.NearExactPdb().fold(ask(network="hash"), Context())
    assert not search.called
    found = pdb_engine.NearExactPdb().fold(ask(network="sequence"), Context())
    body = json.loads(search.calls[0].request.content)
    assert body["query"]["parameters"]["value"] == SEQUENCE
    assert found.manifest.facts["entry"] == "8xyz"
    assert "search.rcsb.org" in found.manifest.sent[0]


@respx.mock
def test_an_empty_search_is_no_structure() -> None:
    respx.post(SEARCH).respond(204)
    with pytest.raises(NoStructure, match="library and RCSB"):
        pdb_engine.NearExactPdb().fold(ask(network="sequence"), Context())


def test_the_fingerprint_of_the_pdb_engine_follows_library_and_network() -> None:
    engine = pdb_engine.NearExactPdb()
    assert engine.fingerprint(ask(network="off")) == engine.fingerprint(ask(network="hash"))
    assert engine.fingerprint(ask(network="hash")) != engine.fingerprint(ask(network="sequence"))


# -- UniProt --------------------------------------------------------------------------


@respx.mock
def test_a_uniprot_accession_gives_a_query() -> None:
    text = f">sp|P0CG47|UBB_HUMAN Polyubiquitin-B OS=Homo sapiens OX=9606\n{SEQUENCE}\n"
    respx.get("https://rest.uniprot.org/uniprotkb/P0CG47.fasta").respond(200, text=text)
    found = UniProt().fetch("p0cg47")
    assert found.chains == (SEQUENCE,)
    assert found.name == "P0CG47"


@respx.mock
def test_a_sequence_that_cannot_be_folded_is_refused_by_its_residue() -> None:
    respx.get("https://rest.uniprot.org/uniprotkb/P07203.fasta").respond(200, text=">x\nMCAARLAAAUGAQSVYAF\n")
    with pytest.raises(BadSequence, match="selenocysteine"):
        UniProt().fetch("P07203")


def test_what_is_no_uniprot_accession_is_refused() -> None:
    with respx.mock, pytest.raises(BadRequest):
        UniProt().fetch("UBB_HUMAN")
