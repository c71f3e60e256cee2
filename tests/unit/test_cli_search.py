"""``foldsight search`` and ``%foldsight search``, on hand-made answers of UniProt and RCSB."""

from __future__ import annotations

import json

import pytest
import respx

from foldsight import magic
from foldsight.cli import main
from foldsight.cli.answer import Answer
from foldsight.sources.rcsb import SEARCH
from foldsight.sources.rcsb_search import GRAPHQL
from foldsight.sources.uniprot_entries import API

pytestmark = pytest.mark.usefixtures("sources_alone")


def serve_pdb() -> None:
    hits = {"total_count": 1234, "result_set": [{"identifier": "1HPV", "score": 1.0}]}
    entry = {
        "rcsb_id": "1HPV",
        "struct": {"title": "CRYSTAL STRUCTURE OF HIV-1 PROTEASE WITH VX-478,\n A POTENT INHIBITOR"},
        "exptl": [{"method": "X-RAY DIFFRACTION"}],
        "rcsb_entry_info": {"resolution_combined": [1.9]},
    }
    respx.post(SEARCH).respond(200, json=hits)
    respx.post(GRAPHQL).respond(200, json={"data": {"entries": [entry]}})


@respx.mock
def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    serve_pdb()
    assert main.run(["search", "HIV", "protease", "--in", "pdb", "--limit", "1"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["id", "title", "organism", "method", "resolution", "Å", "released"]
    assert out[1].startswith("pdb:1HPV  CRYSTAL STRUCTURE OF HIV-1")
    assert "…" in out[1]
    assert "1.90" in out[1]
    assert out[2] == "1 of 1,234."
    assert out[3].startswith("Sent: The words 'HIV protease' to search.rcsb.org")
    main.run(["search", "HIV protease", "--in", "pdb", "--limit", "1", "--network", "off"])
    assert "nothing was sent" in capsys.readouterr().out


@respx.mock
def test_one_object_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    serve_pdb()
    assert main.run(["search", "HIV protease", "--in", "pdb", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["where"], data["total"]) == ("pdb", 1234)
    assert data["rows"][0]["id"] == "pdb:1HPV"
    assert data["rows"][0]["title"].endswith("A POTENT INHIBITOR")


@respx.mock
def test_nothing_found_is_said_and_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    respx.get(f"{API}/search").respond(200, json={"results": []}, headers={"X-Total-Results": "0"})
    assert main.run(["search", "zzzz"]) == 0
    assert "Nothing in UniProt matches 'zzzz'." in capsys.readouterr().out


@respx.mock
def test_faults_have_the_right_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["search", "x", "--network", "off"]) == 2
    assert main.run(["search", "x", "--in", "nowhere"]) == 2
    assert main.run(["search", "x", "--limit", "0"]) == 2
    respx.get(f"{API}/search").respond(200, html="<html>maintenance</html>")
    assert main.run(["search", "x"]) == 1
    assert "Traceback" not in capsys.readouterr().err


@respx.mock
def test_the_magic_gives_the_same_and_completes() -> None:
    serve_pdb()
    shell = type("Shell", (), {"var_expand": staticmethod(lambda word, depth=0: word)})()
    found = magic.run(shell, "search 'HIV protease' --in pdb")
    assert isinstance(found, Answer)
    assert found.data["rows"][0]["id"] == "pdb:1HPV"
    assert "pdb:1HPV" in found._repr_html_()
    assert magic.complete("%foldsight search kinase --in a") == ["afdb"]
