"""Jobs through HTTP: each ends once with the right result, whatever dies meanwhile."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from foldsight import errors
from foldsight.client import Client
from foldsight.io.bundle import from_bundle
from foldsight.sequence import ALPHABET

if TYPE_CHECKING:
    from conftest import Service

LETTERS = ALPHABET.replace("P", "")


def sequence(seed: int, length: int = 30) -> str:
    return "".join(random.Random(seed).choices(LETTERS, k=length))


def request(text: str, name: str = "q", engine: str = "test-slow", **settings: float) -> dict[str, object]:
    return {"sequence": text, "name": name, "engine": engine, "settings": settings, "network": "off"}


def until(condition: Callable[[], object], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def runs(home: Path) -> Counter[str]:
    path = home / "runs.log"
    return Counter(path.read_text().split("\n")[:-1] if path.exists() else [])


def test_forty_at_once_each_end_once_with_their_own_result(service: Service) -> None:
    client = service.start()
    texts = [sequence(i) for i in range(40)]

    def one(i: int) -> tuple[str, str]:
        own = service.client()
        job = own.submit(request(texts[i], f"p{i}", seconds=0.05))
        done = own.wait(job["id"], timeout=120)
        assert done["state"] == "done", done["error"]
        return job["id"], from_bundle(own.files(done)).structure.protein_sequences()["A"]

    with ThreadPoolExecutor(40) as threads:
        results = list(threads.map(one, range(40)))
    assert [found for _, found in results] == texts
    assert len({job for job, _ in results}) == 40
    assert {job["state"] for job in client.jobs(limit=100)} == {"done"}
    assert all(count == 1 for count in runs(service.home).values())


def test_the_same_request_in_flight_folds_once_and_later_comes_from_the_cache(service: Service) -> None:
    client = service.start()
    first = client.submit(request(sequence(1), "a", seconds=1.0))
    second = client.submit(request(sequence(1).lower(), "b", seconds=1.0))
    assert second["id"] == first["id"]
    assert client.wait(first["id"])["cached"] is False
    third = client.submit(request(sequence(1), "c", seconds=1.0))
    assert (third["state"], third["cached"]) == ("done", True)
    assert sum(runs(service.home).values()) == 2
    assert (
        client.submit({**request(sequence(1), seconds=1.0), "settings": {"seconds": 0.9}})["cached"] is False
    )


def test_a_killed_worker_costs_nothing(service: Service) -> None:
    client = service.start()
    jobs = [client.submit(request(sequence(i), f"p{i}", seconds=2.0))["id"] for i in range(4)]
    until(lambda: runs(service.home)["start p0"])
    victims = [pid for pid in service.children("multiprocessing") if _burns(pid)]
    assert victims
    for pid in victims[:1]:
        os.kill(pid, signal.SIGKILL)
    ended = [client.wait(job, timeout=90) for job in jobs]
    assert [job["state"] for job in ended] == ["done"] * 4
    assert max(job["attempt"] for job in ended) >= 2


def _burns(pid: int) -> bool:
    """Whether the process is a Dask worker (it listens; nannies and trackers do not work)."""
    import psutil

    return "spawn_main" in " ".join(psutil.Process(pid).cmdline())


def test_a_killed_server_loses_nothing_and_repeats_no_result(service: Service) -> None:
    client = service.start()
    jobs = [client.submit(request(sequence(i), f"p{i}", seconds=1.0))["id"] for i in range(6)]
    until(lambda: any(job["state"] == "done" for job in client.jobs()))
    done_before = {job["id"]: job["finished"] for job in client.jobs("done")}
    service.kill()
    client = service.start()
    ended = {job: client.wait(job, timeout=90) for job in jobs}
    assert {job["state"] for job in ended.values()} == {"done"}
    assert {job: ended[job]["finished"] for job in done_before} == done_before
    finished = Counter(line for line in runs(service.home) if line.startswith("end"))
    assert len(finished) == 6


def test_the_children_of_a_killed_server_go(service: Service) -> None:
    client = service.start()
    client.wait(client.submit(request(sequence(1)))["id"])
    assert service.children("cluster_process")
    service.kill()
    until(lambda: not service.children("cluster_process") and not service.children("spawn_main"))


def test_a_killed_database_is_started_again_and_the_jobs_end(service: Service) -> None:
    client = service.start()
    jobs = [client.submit(request(sequence(i), f"p{i}", seconds=0.5))["id"] for i in range(4)]
    pid = int((service.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert [client.wait(job, timeout=90)["state"] for job in jobs] == ["done"] * 4


def test_cancelling_a_waiting_and_a_running_job(service: Service) -> None:
    client = service.start()
    running = client.submit(request(sequence(1), "long", seconds=50))["id"]
    others = [client.submit(request(sequence(i), f"w{i}", seconds=50))["id"] for i in range(2, 6)]
    until(lambda: client.get(running)["progress"] > 0)
    assert client.get(others[-1])["state"] == "queued"
    assert client.get(others[-1])["position"] >= 1
    for job in [*others, running]:
        assert client.cancel(job)["state"] == "cancelled"
    quick = client.submit(request(sequence(9), "after"))["id"]
    assert client.wait(quick, timeout=30)["state"] == "done"
    assert client.cancel(quick)["state"] == "done"
    assert not any(line.startswith("end long") for line in runs(service.home))


def test_a_job_that_breaks_is_tried_twice_and_fails_with_its_sentence(service: Service) -> None:
    client = service.start()
    job = client.wait(client.submit(request(sequence(1), "bad", engine="test-broken"))["id"], timeout=60)
    assert job["state"] == "failed"
    assert (job["error"]["code"], job["error"]["refused"]) == ("engine_failed", False)
    assert job["error"]["message"] == "The test engine broke."
    assert runs(service.home)["start bad"] == 2


@pytest.mark.slow
def test_a_job_that_kills_its_workers_ends_and_the_others_go_on(service: Service) -> None:
    client = service.start()
    poison = client.submit(request(sequence(1), "poison", engine="test-poison"))["id"]
    good = client.submit(request(sequence(2), "good", seconds=0.2))["id"]
    assert client.wait(good, timeout=60)["state"] == "done"
    ended = client.wait(poison, timeout=120)
    assert ended["state"] == "failed"
    assert "worker was lost" in ended["error"]["message"]
    assert runs(service.home)["start poison"] <= 6


def test_two_servers_share_one_queue_and_the_second_takes_over(service: Service, home: Path) -> None:
    first = service.start()
    second_service = type(service)(home)
    (home / "service.json").unlink()
    second = second_service.start()
    job = first.submit(request(sequence(1), "shared", seconds=0.2))["id"]
    assert second.wait(job, timeout=60)["state"] == "done"
    late = second.submit(request(sequence(2), "late", seconds=3.0))["id"]
    until(lambda: runs(home)["start late"])
    service.kill()
    assert second.wait(late, timeout=60)["state"] == "done"
    second_service.stop()


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


def test_what_breaks_the_rules_is_refused_at_the_door(service: Service) -> None:
    client = service.start()
    for body, kind, words in REFUSED:
        with pytest.raises(kind, match=words):
            client.submit(body)
    assert client.jobs() == []
    with pytest.raises(errors.NotFound, match="no job"):
        client.get("not-a-job")
    with pytest.raises(errors.NotAllowed, match="token"), stranger(client) as other:
        other.health()


def stranger(client: Client) -> Client:
    from dataclasses import replace

    return Client(replace(client.address, token="wrong"))
