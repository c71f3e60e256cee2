"""Jobs through HTTP on one service: each ends once, with the right result or the right sentence."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from foldsight import errors
from foldsight.client import Client
from foldsight.io.bundle import from_bundle
from foldsight.sequence import ALPHABET

if TYPE_CHECKING:
    from conftest import Service

Until = Callable[..., None]
LETTERS = ALPHABET.replace("P", "")


def sequence(seed: int, length: int = 30) -> str:
    return "".join(random.Random(seed).choices(LETTERS, k=length))


def request(text: str, name: str = "q", engine: str = "test-slow", **settings: float) -> dict[str, object]:
    return {"sequence": text, "name": name, "engine": engine, "settings": settings, "network": "off"}


def test_forty_at_once_each_end_once_with_their_own_result(shared: Service) -> None:
    texts = [sequence(i) for i in range(40)]

    def one(i: int) -> tuple[str, str]:
        own = shared.client()
        job = own.submit(request(texts[i], f"forty{i}", seconds=0.05))
        done = own.wait(job["id"], timeout=120)
        assert done["state"] == "done", done["error"]
        return job["id"], from_bundle(own.files(done)).structure.protein_sequences()["A"]

    with ThreadPoolExecutor(40) as threads:
        results = list(threads.map(one, range(40)))
    assert [found for _, found in results] == texts
    assert len({job for job, _ in results}) == 40
    counted = [n for line, n in shared.runs().items() if line.startswith("end forty")]
    assert counted == [1] * 40


def test_the_same_request_in_flight_folds_once_and_later_comes_from_the_cache(shared: Service) -> None:
    client = shared.client()
    first = client.submit(request(sequence(101), "twin", seconds=1.0))
    again = client.submit(request(sequence(101).lower(), "twin", seconds=1.0))
    other = client.submit(request(sequence(101), "sister", seconds=1.0))
    assert again["id"] == first["id"] != other["id"]
    assert client.wait(first["id"])["cached"] is False
    assert client.wait(other["id"])["cached"] is True
    third = client.submit(request(sequence(101), "aunt", seconds=1.0))
    assert (third["state"], third["cached"]) == ("done", True)
    assert [n for line, n in shared.runs().items() if line in ("end twin", "end sister", "end aunt")] == [1]
    assert client.submit(request(sequence(101), seconds=0.9))["cached"] is False


def test_a_cached_result_bears_the_name_that_was_asked_for(shared: Service) -> None:
    client = shared.client()
    client.wait(client.submit(request(sequence(102), "first"))["id"])
    job = client.submit(request(sequence(102), "second"))
    assert (job["cached"], job["result"]["summary"]["name"]) == (True, "second")
    files = client.files(job)
    assert json.loads(files["manifest.json"])["name"] == "second"
    assert {name: len(data) for name, data in files.items()} == {
        item["name"]: item["bytes"] for item in job["result"]["files"]
    }


def test_a_result_whose_files_are_gone_is_made_again(shared: Service) -> None:
    client = shared.client()
    client.wait(client.submit(request(sequence(103), "lost files"))["id"])
    for path in (shared.home / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    job = client.wait(client.submit(request(sequence(103), "lost files"))["id"])
    assert (job["state"], job["cached"]) == ("done", False)
    assert client.files(job)["manifest.json"]


def test_cancelling_a_waiting_and_a_running_job(shared: Service, until: Until) -> None:
    client = shared.client()
    running = client.submit(request(sequence(110), "long", seconds=50))["id"]
    others = [client.submit(request(sequence(i), f"w{i}", seconds=50))["id"] for i in range(111, 115)]
    until(lambda: client.get(running)["progress"] > 0)
    assert client.get(others[-1])["state"] == "queued"
    assert client.get(others[-1])["position"] >= 1
    for job in [*others, running]:
        assert client.cancel(job)["state"] == "cancelled"
    quick = client.submit(request(sequence(119), "after"))["id"]
    assert client.wait(quick, timeout=30)["state"] == "done"
    assert client.cancel(quick)["state"] == "done"
    assert not any(line.startswith("end long") for line in shared.runs())


def test_progress_is_told_while_a_job_runs(shared: Service) -> None:
    client = shared.client()
    seen: list[dict[str, object]] = []
    job = client.wait(client.submit(request(sequence(120), "slow", seconds=2.0))["id"], seen.append)
    assert job["state"] == "done"
    progress = [float(str(view["progress"])) for view in seen]
    assert progress == sorted(progress)
    assert len({value for value in progress if 0 < value < 1}) >= 2
    versions = [view["version"] for view in seen]
    assert versions == sorted(set(versions))


def test_a_job_that_breaks_is_tried_twice_and_fails_with_its_sentence(shared: Service) -> None:
    client = shared.client()
    job = client.wait(client.submit(request(sequence(1), "bad", engine="test-broken"))["id"], timeout=60)
    assert job["state"] == "failed"
    assert (job["error"]["code"], job["error"]["refused"]) == ("engine_failed", False)
    assert job["error"]["message"] == "The test engine broke."
    assert shared.runs()["start bad"] == 2


def test_no_structure_is_a_refusal_found_by_the_job_and_not_tried_again(shared: Service) -> None:
    client = shared.client()
    job = client.wait(client.submit(request(sequence(1), "none", engine="test-refusing"))["id"], timeout=60)
    assert (job["state"], job["error"]["code"], job["error"]["refused"]) == ("failed", "no_structure", True)
    assert shared.runs()["start none"] == 1


REFUSED = [
    ({"sequence": "MKTX" * 5}, errors.BadSequence, "unknown residue"),
    ({"sequence": "A" * 2001}, errors.BadSequence, "limit is 2,000"),
    ({"sequence": ""}, errors.BadSequence, "no residues"),
    ({"sequence": "A" * 20, "engine": "alphafold9"}, errors.BadRequest, "no engine"),
    ({"sequence": "A" * 20, "engine": "test-slow", "settings": {"x": 1}}, errors.BadRequest, "no setting"),
    ({"sequence": "A" * 20, "surprise": 1}, errors.BadRequest, "surprise"),
    ({"sequence": "A" * 20, "seed": "x"}, errors.BadRequest, "seed"),
    ({"sequence": "A" * 20, "network": "everything"}, errors.BadRequest, "network"),
    ({"sequence": "A" * 2_000_000}, errors.BadRequest, "larger than"),
]  # fmt: skip


def test_what_breaks_the_rules_is_refused_at_the_door(shared: Service) -> None:
    client = shared.client()
    before = len(client.jobs(limit=1000))
    for body, kind, words in REFUSED:
        with pytest.raises(kind, match=words):
            client.submit(body)
    assert len(client.jobs(limit=1000)) == before
    with pytest.raises(errors.NotFound, match="no job"):
        client.get("not-a-job")
    with pytest.raises(errors.NotAllowed, match="token"), stranger(client) as other:
        other.health()


def stranger(client: Client) -> Client:
    return Client(replace(client.address, token="wrong"))
