"""The routes that ask the databases. Answers are made by hand after their documented shapes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import respx
from foldsight_server.app import Application
from foldsight_server.identity import local_user

from foldsight.sources.rcsb import SEARCH
from foldsight.sources.rcsb_search import GRAPHQL
from foldsight.sources.uniprot_entries import API
from tests.unit.test_sources_search import facts, hits

pytestmark = pytest.mark.usefixtures("sources_alone")


def ask(home: Path, path: str, **query: str) -> tuple[int, dict[str, Any]]:
    core = Application(home)
    answer = asyncio.run(core.dispatch("GET", path, local_user(), query))
    return answer.status, json.loads(answer.encoded())


@respx.mock
def test_the_pdb_is_searched_and_what_left_is_told(tmp_path: Path) -> None:
    respx.post(SEARCH).respond(200, json=hits("1HPV", total=77))
    respx.post(GRAPHQL).respond(200, json={"data": {"entries": [facts("1HPV")]}})
    status, found = ask(tmp_path, "/sources/search", q="HIV protease", where="pdb", limit="1")
    assert status == 200
    assert (found["where"], found["total"]) == ("pdb", 77)
    assert found["rows"][0]["id"] == "pdb:1HPV"
    assert "HIV protease" in found["sent"][0]


@respx.mock
def test_an_accession_gives_its_sequence(tmp_path: Path) -> None:
    fasta = ">sp|P69905|HBA_HUMAN Hemoglobin subunit alpha\nMVLSPADKTNVKAAWGKVGAHAGEYG\n"
    respx.get(f"{API}/P69905.fasta").respond(200, text=fasta)
    status, found = ask(tmp_path, "/sources/sequence", id="uniprot:P69905")
    assert status == 200
    assert (found["name"], found["sequence"]) == ("P69905", "MVLSPADKTNVKAAWGKVGAHAGEYG")


def test_the_library_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDSIGHT_NETWORK", "off")
    status, found = ask(tmp_path, "/sources/search", q="rhodopsin", where="library")
    assert (status, found["rows"][0]["id"]) == (200, "library:1u19")


@pytest.mark.parametrize(
    ("path", "query", "status", "words"),
    [
        ("/sources/search", {"q": "", "where": "pdb"}, 400, "nothing to search"),
        ("/sources/search", {"q": "x", "where": "moon"}, 400, "where is 'moon'"),
        ("/sources/search", {"q": "ACDEFGHIKLMNPQRSTVWYACDEFGHIKL"}, 400, "is a sequence"),
        ("/sources/search", {"q": "kinase", "where": "pdb"}, 409, "network"),
        ("/sources/sequence", {"id": "uniprot:P69905"}, 409, "network"),
        ("/sources/sequence", {"id": "/etc/passwd"}, 400, "no entry"),
        ("/sources/sequence", {"id": "uniprot:../x"}, 400, "accession"),
    ],
)
def test_refusals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, query: dict[str, str], status: int, words: str
) -> None:
    monkeypatch.setenv("FOLDSIGHT_NETWORK", "off")
    found, problem = ask(tmp_path, path, **query)
    assert words in problem["detail"].lower()
    assert found == status
