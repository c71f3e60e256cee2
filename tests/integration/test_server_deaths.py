"""Jobs through HTTP while parts of the service are killed: nothing is lost, nothing comes twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from foldsight_server.store.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from conftest import Service

Until = Callable[..., None]


def request(number: int, name: str, engine: str = "test-slow", **settings: float) -> dict[str, object]:
    text = "".join("ACDEFGHIKL"[int(digit)] for digit in f"{number:020d}")
    return {"sequence": text, "name": name, "engine": engine, "settings": settings, "network": "off"}


def workers(service: Service) -> list[int]:
    """Return Dask's worker processes: unlike their parents they have several threads."""
    return [pid for pid in service.children("multiprocessing") if psutil.Process(pid).num_threads() > 1]


def test_whatever_is_killed_each_job_ends_once(service: Service, until: Until) -> None:
    """Worker, cluster, database and server are killed one after the other under eight jobs."""
    client = service.start()
    jobs = {
        f"p{i}": client.submit(request(i, f"p{i}", seconds=2.5 if i < 6 else 0.3))["id"] for i in range(8)
    }
    until(lambda: service.runs()["start p0"])
    os.kill(workers(service)[0], signal.SIGKILL)
    until(lambda: sum(line.startswith("end") for line in service.runs()) >= 1)
    os.kill(EmbeddedPostgres(service.home / "postgres").pid or 0, signal.SIGKILL)
    until(lambda: sum(line.startswith("end") for line in service.runs()) >= 2)
    until(lambda: len(client.jobs("done")) >= 2)
    os.kill(service.children("cluster_process")[0], signal.SIGKILL)
    until(lambda: sum(line.startswith("end") for line in service.runs()) >= 3)
    done_before = {job["id"]: job["finished"] for job in client.jobs("done")}
    service.kill()
    until(lambda: not service.children("cluster_process") and not service.children("multiprocessing"))
    client = service.start()
    ended = {name: client.wait(job, timeout=90) for name, job in jobs.items()}
    assert {job["state"] for job in ended.values()} == {"done"}
    assert all(job["result"]["files"] for job in ended.values())
    again = {job["id"]: job["finished"] for job in ended.values()}
    assert done_before.items() <= again.items()
    finished = Counter({line: n for line, n in service.runs().items() if line.startswith("end")})
    assert set(finished) == {f"end p{i}" for i in range(8)}


def test_runs_go_on_while_the_database_is_away(service: Service, until: Until) -> None:
    client = service.start()
    jobs = [client.submit(request(i, f"p{i}", seconds=2.0))["id"] for i in range(2)]
    until(lambda: service.runs()["start p1"])
    os.kill(EmbeddedPostgres(service.home / "postgres").pid or 0, signal.SIGKILL)
    ended = [client.wait(job, timeout=60) for job in jobs]
    assert [(job["state"], job["attempt"]) for job in ended] == [("done", 1)] * 2


def test_a_job_that_kills_its_workers_ends_and_the_others_go_on(service: Service) -> None:
    client = service.start()
    poison = client.submit(request(1, "poison", engine="test-poison"))["id"]
    good = client.submit(request(2, "good", seconds=0.2))["id"]
    assert client.wait(good, timeout=60)["state"] == "done"
    ended = client.wait(poison, timeout=60)
    assert (ended["state"], ended["error"]["code"]) == ("failed", "engine_failed")
    assert "worker was lost" in ended["error"]["message"]
    assert service.runs()["start poison"] == 3
    assert client.get(good)["attempt"] == 1


def test_two_servers_share_one_queue_and_the_second_takes_over(
    service: Service, home: Path, until: Until
) -> None:
    first = service.start()
    other = type(service)(home)
    second = other.start()
    try:
        assert (first.health()["dispatches"], second.health()["dispatches"]) == (True, False)
        job = second.submit(request(1, "shared", seconds=0.2))["id"]
        assert first.wait(job, timeout=60)["state"] == "done"
        stopped = second.submit(request(3, "stopped", seconds=50))["id"]
        until(lambda: service.runs()["start stopped"])
        second.cancel(stopped)
        late = second.submit(request(2, "late", seconds=3.0))["id"]
        until(lambda: service.runs()["start late"])
        service.kill()
        assert second.wait(late, timeout=60)["state"] == "done"
        assert second.health()["dispatches"] is True
        assert service.runs()["end late"] == 1
    finally:
        other.stop()
