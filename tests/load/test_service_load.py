"""One service under calls: how many it answers, what each costs, and how soon an idle queue runs a job."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from foldsight_server.store.pgfiles import postmaster_pid

from tests.integration.conftest import Service, data_folder, running_in
from tests.load.report import SECONDS, record

#: Calls under way at once.
AT_ONCE = 16
JOBS = 40
BATCH = 200


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as folder, running_in(folder) as found:
        found.start()
        yield found


def request(number: int) -> dict[str, Any]:
    text = "".join("ACDEFGHIKL"[int(digit)] for digit in f"{number:020d}")
    return {"sequence": text, "name": f"p{number}", "engine": "test-slow", "network": "off"}


def cpu_of(pids: list[int]) -> float:
    """CPU seconds of processes so far."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids if psutil.pid_exists(pid))


def family(service: Service) -> list[int]:
    """The service's processes: itself, the cluster and its workers, and the database."""
    assert service.process is not None
    own = [service.process.pid, *service.children("cluster_process"), *service.children("multiprocessing")]
    # The database's processes have an environment of their own.
    pid = postmaster_pid(service.home / "postgres" / "data")
    assert pid is not None
    database = psutil.Process(pid)
    return [*own, pid, *(child.pid for child in database.children(recursive=True))]


async def rate(client: httpx.AsyncClient, call: Callable[[int], Any]) -> tuple[int, float]:
    """Call as fast as it goes for the set time; return how often and the seconds."""
    began, count = time.monotonic(), 0

    async def go() -> None:
        nonlocal count
        while time.monotonic() - began < SECONDS:
            count += 1
            answer = await call(count)
            assert answer.status_code < 300, answer.text

    await asyncio.gather(*(go() for _ in range(AT_ONCE)))
    return count, time.monotonic() - began


def test_idle_dispatch_and_the_cost_of_a_job(service: Service) -> None:
    """A job is submitted when nothing runs; running means that its worker was given it."""
    client = service.client()
    client.wait(client.submit(request(1))["id"])  # the cluster is up and the engine loaded
    idle_cpu_started = cpu_of(family(service))
    time.sleep(3)
    idle = (cpu_of(family(service)) - idle_cpu_started) / 3
    before, began = cpu_of(family(service)), time.monotonic()
    waits = []
    for number in range(JOBS):
        job = client.wait(client.submit(request(100 + number))["id"])
        created, started = (np.datetime64(job[key].split("+")[0]) for key in ("created", "started"))
        waits.append((started - created) / np.timedelta64(1, "ms"))
    spent = cpu_of(family(service)) - before - idle * (time.monotonic() - began)
    p95, each = float(np.percentile(waits, 95)), 1000 * spent / JOBS
    print(f"\n{JOBS} jobs one by one: submit to running p95 {p95:.0f} ms, {each:.1f} ms of CPU a job")
    print(f"(beside {1000 * idle:.0f} ms a second that all processes take when idle)")
    record("submit to running, idle service, p95", p95, 50, "ms")
    record("CPU of all processes for a job, one by one", each, 25, "ms")


def test_the_cost_of_a_job_among_many(service: Service) -> None:
    """As ``fold`` of a file does it: one submit for each sequence, then a wait for each."""
    client = service.client()
    client.wait(client.submit(request(200))["id"])
    before = cpu_of(family(service))
    jobs = [client.submit(request(1_000 + number))["id"] for number in range(BATCH)]
    assert {client.wait(job)["state"] for job in jobs} == {"done"}
    each = 1000 * (cpu_of(family(service)) - before) / BATCH
    print(f"\n{BATCH} jobs at once: {each:.1f} ms of CPU a job")
    record("CPU of all processes for a job, 200 at once", each, 25, "ms")


def test_reads_and_submits_a_second(service: Service) -> None:
    client = service.client()
    url = f"{client.address.url}/foldsight/api/v1"
    headers = {"Authorization": f"Bearer {client.address.token}"}
    done = client.jobs("done", limit=1)[0]["id"]

    async def go() -> dict[str, tuple[int, float, float]]:
        found = {}
        async with httpx.AsyncClient(headers=headers, timeout=60) as caller:
            ways: dict[str, Callable[[int], Any]] = {
                "GET": lambda number: caller.get(f"{url}/jobs/{done}"),
                "submit": lambda number: caller.post(f"{url}/jobs", json=request(10_000 + number)),
            }
            for name, call in ways.items():
                before = cpu_of(family(service))
                count, seconds = await rate(caller, call)
                found[name] = (count, seconds, cpu_of(family(service)) - before)
        return found

    measured = asyncio.run(go())
    for name, (count, seconds, cpu) in measured.items():
        print(f"\n{name}: {count / seconds:.0f} a second, {1000 * cpu / count:.1f} ms of CPU each")
    record("authenticated GET a second", measured["GET"][0] / measured["GET"][1], 150, "/s", least=True)
    record("submits a second", measured["submit"][0] / measured["submit"][1], 60, "/s", least=True)
    for job in client.jobs("queued", limit=200):
        client.cancel(job["id"])
