"""Analyses as jobs: what is asked, what comes out, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from foldsight.errors import BadRequest, Cancelled
from foldsight.io.bundle import to_bundle
from foldsight.io.pdb_writer import pdb_text
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.tasks import ANALYSES, RESULT, TABLE, cache_key, check, run_analysis, summary_of
from tests.samples import prediction

LIBRARY = Library(STARTER.parent / "nowhere", STARTER)


def pdb_file(name: str) -> dict[str, bytes]:
    return {"structure.pdb": pdb_text(LIBRARY.structure(name)).encode()}


def request(kind: str, *names: str, **settings: Any) -> dict[str, Any]:
    return {"kind": kind, "name": "mine", "inputs": list(names), "settings": settings}


def rows(files: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[TABLE].decode())))


def test_pockets_of_a_file() -> None:
    files = run_analysis(request("pockets", "1HPV"), [pdb_file("1hpv")])
    found = json.loads(files[RESULT])
    assert found["kind"] == "pockets"
    assert "A:25" in found["result"]["pockets"][0]["residues"]
    assert len(rows(files)) == len(found["result"]["pockets"])
    assert summary_of(files) == {
        "name": "mine",
        "kind": "pockets",
        "inputs": ["1HPV"],
        "rows": len(rows(files)),
    }


def test_variants_of_a_prediction() -> None:
    told: list[str] = []
    asked = request("variants", "ubq", request="I28A I8S")
    files = run_analysis(asked, [to_bundle(prediction())], progress=lambda _, text: told.append(text))
    assert [row["variant"] for row in rows(files)] == ["A:I28A", "A:I8S"]
    assert told[-1] == "2 rows"


def test_alignment_of_several() -> None:
    files = run_analysis(
        request("align", "1UBI", "1HPV", "1UBI"), [pdb_file("1ubi"), pdb_file("1hpv"), pdb_file("1ubi")]
    )
    found = json.loads(files[RESULT])["result"]
    assert len(found["names"]) == 3
    assert found["newick"].endswith(";")
    assert len(rows(files)) >= 3


def test_interfaces_of_a_dimer() -> None:
    files = run_analysis(request("interfaces", "1HPV"), [pdb_file("1hpv")])
    assert len(rows(files)) == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (request("docking", "a"), "'docking' is not known"),
        (request("pockets"), "takes 1 structures, not 0"),
        (request("pockets", "a", "b"), "takes 1 structures, not 2"),
        (request("align", "a"), "takes 2 or more structures, not 1"),
        (request("pockets", "a", speed=1), "no setting 'speed'"),
        (request("variants", "a", request=1), "request is 1"),
        (request("variants", "a", context="crystal"), "context is 'crystal'"),
        (request("align", "a", "b", min_tm=True), "min_tm is True"),
    ],
)
def test_wrong_requests_are_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        check(asked)


def test_the_key_holds_what_decides_the_result() -> None:
    base = cache_key(request("pockets", "a"), ["d1"])
    assert base == cache_key({**request("pockets", "a"), "name": "other"}, ["d1"])
    assert base != cache_key(request("pockets", "a"), ["d2"])
    scans = {cache_key(request("variants", "a", request=text), ["d1"]) for text in ("scan", "I44A")}
    assert len({base, *scans}) == 3
    assert cache_key(request("variants", "a"), ["d1"]) in scans


def test_a_cancelled_job_stops() -> None:
    with pytest.raises(Cancelled):
        run_analysis(request("pockets", "1UBI"), [pdb_file("1ubi")], cancelled=lambda: True)


def test_every_kind_says_what_its_settings_mean() -> None:
    for analysis in ANALYSES.values():
        assert all(setting.help for setting in analysis.settings.values())
