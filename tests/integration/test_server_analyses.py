"""Analyses as jobs through HTTP: of folds, cached, refused, never charged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from foldsight import errors

if TYPE_CHECKING:
    from conftest import Service

UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"


def test_pockets_and_variants_of_a_fold_are_jobs(shared: Service) -> None:
    client = shared.client()
    fold = client.submit({"sequence": UBIQUITIN, "name": "ubq", "engine": "template", "network": "off"})
    assert client.wait(fold["id"])["state"] == "done"
    inputs = [{"job": fold["id"]}]

    asked = client.analyse("variants", inputs, request="I44A L67S")
    done = client.wait(asked["id"])
    assert (done["state"], done["kind"], done["cost"]) == ("done", "variants", 0)
    found = json.loads(client.files(done)["result.json"])
    assert [row["variant"] for row in found["result"]["rows"]] == ["A:I44A", "A:L67S"]
    assert done["result"]["summary"]["inputs"] == ["ubq"]
    again = client.analyse("variants", inputs, request="I44A L67S")
    assert again["cached"]

    pockets = client.wait(client.analyse("pockets", inputs, name="holes")["id"])
    assert pockets["name"] == "holes"
    assert client.files(pockets)["table.csv"].startswith(b"rank,")


def test_what_cannot_be_analysed_is_refused_before_it_is_queued(shared: Service) -> None:
    client = shared.client()
    fold = client.submit({"sequence": UBIQUITIN, "name": "ubq", "engine": "template", "network": "off"})
    client.wait(fold["id"])
    inputs = [{"job": fold["id"]}]
    with pytest.raises(errors.BadRequest, match="takes 2 or more structures"):
        client.analyse("align", inputs)
    with pytest.raises(errors.BadRequest, match="no setting 'speed'"):
        client.analyse("pockets", inputs, speed=9)
    with pytest.raises(errors.BadRequest, match="names a job or a structure"):
        client.analyse("pockets", [{}])
    with pytest.raises(errors.NotFound):
        client.analyse("pockets", [{"job": "00000000-0000-0000-0000-000000000000"}])
    wrong = client.wait(client.analyse("variants", inputs, request="W44A")["id"])
    assert wrong["state"] == "failed"
    assert wrong["error"]["refused"]
    assert "ILE" in wrong["error"]["message"]
