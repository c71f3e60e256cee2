"""A hundred jobs of fifty users while worker, database, scheduler and service are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from foldsight_server.store.database import Database
from foldsight_server.store.embedded import EmbeddedPostgres
from foldsight_server.store.queue import Queue

from foldsight.plans import Plan
from tests.integration.conftest import Service, data_folder, running_in, until
from tests.integration.test_server_deaths import workers
from tests.load.report import record

USERS, JOBS, SECONDS_EACH = 50, 100, 0.4
#: An hour's head start of one plan over the next, so that clocks do not matter.
PLANS = [Plan("free", "Free", 10, 1, 0), Plan("mid", "Mid", 10, 2, 3600), Plan("lab", "Lab", 10, 4, 7200)]
#: Two workers and one job ahead: so many neighbours may change places.
WINDOW = 3


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with data_folder() as folder:
        monkeypatch.setenv("FOLDSIGHT_HOME", str(folder))
        monkeypatch.delenv("FOLDSIGHT_URL", raising=False)
        yield folder


def tier(number: int) -> int:
    """The plan of the user of a job."""
    return (number % USERS) % 3


async def submit_all(home: Path) -> None:
    """Queue the jobs of all users, before anybody dispatches."""
    database = Database(home)
    await database.open()
    try:
        queue = Queue(database)
        for number in range(JOBS):
            letters = "".join("ACDEFGHIKL"[int(digit)] for digit in f"{number:020d}")
            request: dict[str, Any] = {
                "kind": "fold", "name": f"p{number}", "engine": "test-slow", "sequence": letters, "seed": 0,
                "settings": {"seconds": SECONDS_EACH}, "network": "off",
            }  # fmt: skip
            user = number % USERS
            await queue.submit((f"u{user:02}", f"User {user}"), request, f"key{number}", PLANS[tier(number)])
    finally:
        await database.close()


def ended(service: Service) -> int:
    return sum(count for line, count in service.runs().items() if line.startswith("end"))


def first_starts(service: Service) -> list[int]:
    lines = (service.home / "runs.log").read_text().split("\n")[:-1]
    starts = [int(line.removeprefix("start p")) for line in lines if line.startswith("start")]
    return list(dict.fromkeys(starts))


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.timeout(900)
def test_everything_is_killed_and_every_job_ends_once(home: Path, replicas: int) -> None:
    asyncio.run(submit_all(home))
    with running_in(home) as service:
        other = Service(home)
        try:
            service.start()
            if replicas == 2:
                other.start()
            began = time.monotonic()
            kill_one_after_the_other(service, home, replicas)
            until(lambda: states(home) == Counter(done=JOBS), 240)
            check(service, home, replicas, time.monotonic() - began)
        finally:
            other.stop()


def kill_one_after_the_other(service: Service, home: Path, replicas: int) -> None:
    """Worker, database, scheduler, service; the last is started again unless another takes over."""
    until(lambda: ended(service) >= 10, 120)
    os.kill(workers(service)[0], signal.SIGKILL)
    until(lambda: ended(service) >= 30, 120)
    os.kill(EmbeddedPostgres(home / "postgres").pid or 0, signal.SIGKILL)
    until(lambda: ended(service) >= 50, 120)
    os.kill(service.children("cluster_process")[0], signal.SIGKILL)
    until(lambda: ended(service) >= 70, 120)
    service.kill()
    if replicas == 1:
        until(lambda: not service.children("cluster_process"))
        service.start()


def states(home: Path) -> Counter[str]:
    try:
        with psycopg.connect(EmbeddedPostgres(home / "postgres").dsn) as connection:
            found = connection.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall()
    except psycopg.OperationalError:  # killed a moment ago
        return Counter()
    return Counter(dict(found))


def check(service: Service, home: Path, replicas: int, took: float) -> None:
    """One result for each job, each charged once, in the order of plans and of users."""
    with psycopg.connect(EmbeddedPostgres(home / "postgres").dsn) as connection:
        results = connection.execute(
            "SELECT count(*) FROM jobs WHERE state = 'done' AND files IS NOT NULL"
        ).fetchone()
        charged = connection.execute("SELECT count(*), sum(used), max(used) FROM usage").fetchone()
    assert results is not None
    assert charged is not None
    order = first_starts(service)
    inversions = sum(
        tier(order[i]) < tier(later) for i in range(len(order)) for later in order[i + WINDOW + 1 :]
    )
    by_user: defaultdict[int, list[int]] = defaultdict(list)
    for number in order:
        by_user[number % USERS].append(number)
    out_of_line = sum(numbers != sorted(numbers) for numbers in by_user.values())
    again = ended(service) - JOBS
    print(f"\n{replicas} service(s): {JOBS} jobs in {took:.0f} s; {again} ran to their end a second time")
    name = f"{JOBS} jobs of {USERS} users under kills, {replicas} service(s)"
    record(f"{name}: done with a result", results[0], JOBS, least=True)
    record(f"{name}: predictions charged", float(charged[1]), JOBS)
    record(f"{name}: tier inversions", inversions, 0)
    record(f"{name}: inversions of a user's own order", out_of_line, 0)
    assert (results[0], *charged) == (JOBS, USERS, JOBS, 2)
    assert (inversions, out_of_line) == (0, 0)
