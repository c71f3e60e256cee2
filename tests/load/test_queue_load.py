"""The queue under many users at once: exact quota, order by plan and by arrival, one run per job."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from foldsight_server.store.database import Database
from foldsight_server.store.embedded import EmbeddedPostgres
from foldsight_server.store.queue import Claim, Queue, Result, Run

from foldsight.errors import QuotaExceeded
from foldsight.plans import Plan
from tests.load.report import record

#: An hour's head start of one plan over the next, so that clocks do not matter.
PLANS = [
    Plan("free", "Free", None, 1, 0),
    Plan("mid", "Mid", None, 2, 3600),
    Plan("lab", "Lab", None, 4, 7200),
]
RESULT = Result([], {"name": "x"})


@pytest.fixture
def dsn(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, given as an operator would give it."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    found = server.dsn.replace("dbname=postgres", f"dbname={name}")
    monkeypatch.setenv("FOLDSIGHT_DATABASE_URL", found)
    return found


@asynccontextmanager
async def opened() -> AsyncIterator[Queue]:
    database = Database(Path("/nowhere"))
    await database.open()
    try:
        yield Queue(database)
    finally:
        await database.close()


def request(number: int) -> dict[str, Any]:
    return {"kind": "fold", "name": f"p{number}", "engine": "auto", "sequence": "A" * 20}


async def submit(queue: Queue, user: int, number: int, plan: Plan) -> str:
    found, _ = await queue.submit((f"u{user:02}", f"User {user}"), request(number), f"key{number}", plan)
    return str(found["id"])


@pytest.mark.parametrize("servers", [1, 2])
def test_parallel_submits_never_pass_the_allowance(dsn: str, servers: int) -> None:
    plan = Plan("ten", "Ten", 10, max_running=1)

    async def go() -> list[Any]:
        async with AsyncExitStack() as stack:
            queues = [await stack.enter_async_context(opened()) for _ in range(servers)]
            asked: list[Coroutine[Any, Any, str]] = [
                submit(queues[i % servers], 1, i, plan) for i in range(500)
            ]
            return await asyncio.gather(*asked, return_exceptions=True)

    told = asyncio.run(go())
    admitted = sum(isinstance(item, str) for item in told)
    record(f"admitted of 500 parallel submits at a limit of 10, servers: {servers}", admitted, 10)
    assert admitted == 10
    assert sum(isinstance(item, QuotaExceeded) for item in told) == 490
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT count(*), sum(charged::int) FROM jobs").fetchone() == (10, 10)
        assert connection.execute("SELECT used FROM usage").fetchone() == (10,)


def test_a_prediction_is_given_back_once_whoever_says_so_at_once(dsn: str) -> None:
    """A job ends, is reaped and is cancelled at the same moment, on two servers; one of them is right."""
    plan = Plan("many", "Many", 100, max_running=64)

    async def end(one: Queue, two: Queue, claim: Claim) -> None:
        run = Run(claim.id, claim.attempt)
        await asyncio.gather(
            one.finish(claim, Result([], {"origin": None})),
            two.finish(claim, Result([], {"origin": "retrieved", "sequence": "A"})),
            two.fault(run, "refused", QuotaExceeded("no")),
            one.fault(run, "refused", QuotaExceeded("no")),
            two.cancel("u01", claim.id),
        )

    async def go() -> None:
        async with opened() as one, opened() as two:
            await asyncio.gather(*(submit((one, two)[n % 2], 1, n, plan) for n in range(60)))
            claims = [(await one.claim("me", 60))[0] for _ in range(60)]
            await asyncio.gather(*(end(one, two, claim) for claim in claims if claim is not None))

    asyncio.run(go())
    with psycopg.connect(dsn) as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())
        (kept,) = connection.execute("SELECT count(*) FROM jobs WHERE charged").fetchone() or (None,)
        (used,) = connection.execute("SELECT used FROM usage").fetchone() or (None,)
        (booked,) = connection.execute("SELECT sum(quantity)::int FROM usage_records").fetchone() or (None,)
    assert sum(states.values()) == 60
    assert set(states) <= {"done", "failed", "cancelled"}
    record(
        "predictions charged beside jobs that keep their charge, of 60 ended by five at once", used - kept, 0
    )
    assert used == kept == booked


def test_what_is_free_or_broken_by_us_is_given_back_once(dsn: str) -> None:
    plan = Plan("ten", "Ten", 10, max_running=9)

    async def go() -> None:
        async with opened() as queue:
            for number in range(4):
                await submit(queue, 1, number, plan)
            claims = [(await queue.claim("me", 60))[0] for _ in range(4)]
            retrieved, broken, cancelled, paid = [claim for claim in claims if claim is not None]
            assert await queue.finish(retrieved, Result([], {"origin": "retrieved"}))
            for _ in range(2):
                await queue.fault(broken, "refused", QuotaExceeded("no"))
            assert await queue.cancel("u01", cancelled.id)
            assert not await queue.cancel("u01", cancelled.id)
            assert await queue.finish(paid, RESULT)

    asyncio.run(go())
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT used FROM usage").fetchone() == (1,)


def test_a_hundred_jobs_of_fifty_users_run_once_each_in_order(dsn: str) -> None:
    """Two dispatchers claim at once; a higher plan goes first, and a user's jobs in their order."""
    started: list[tuple[int, str, int]] = []
    finished: defaultdict[str, int] = defaultdict(int)

    async def dispatch(queue: Queue, name: str) -> None:
        while (claim := (await queue.claim(name, 60))[0]) is not None or await queue.busy():
            if claim is None:
                await asyncio.sleep(0.005)
                continue
            number = int(claim.request["name"][1:])
            started.append((number % 3, f"u{number % 50:02}", number))
            assert await queue.finish(claim, RESULT)
            finished[claim.id] += 1

    async def go() -> None:
        async with opened() as one, opened() as two:
            for number in range(100):  # one after the other, so that the order is known
                await submit((one, two)[number % 2], number % 50, number, PLANS[number % 3])
            await asyncio.gather(dispatch(one, "one"), dispatch(two, "two"))

    asyncio.run(go())
    assert len(finished) == 100
    assert set(finished.values()) == {1}
    tiers = [tier for tier, _, _ in started]
    inversions = sum(tiers[i] < later for i in range(len(tiers)) for later in tiers[i + 2 :])
    record("tier inversions in 100 jobs of 50 users", inversions, 0)
    assert inversions == 0, "two claim at once, so neighbours may change places but no others"
    by_user: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for tier, user, number in started:
        by_user[tier, user].append(number)
    assert all(numbers == sorted(numbers) for numbers in by_user.values())


def test_nobody_runs_more_at_once_than_the_plan_allows_and_the_next_goes_on(dsn: str) -> None:
    async def go() -> list[str]:
        async with opened() as queue:
            for number in range(6):
                await submit(queue, number // 3, number, PLANS[1])
            claims = [(await queue.claim("me", 60))[0] for _ in range(6)]
            assert claims[4:] == [None, None]
            ended = claims[0]
            assert isinstance(ended, Claim)
            await queue.finish(ended, RESULT)
            claims.append((await queue.claim("me", 60))[0])
            return [claim.request["name"] for claim in claims if claim is not None]

    assert asyncio.run(go()) == ["p0", "p1", "p3", "p4", "p2"]


def test_an_old_run_cannot_end_a_job_that_was_taken_from_it(dsn: str) -> None:
    async def go() -> None:
        async with opened() as queue:
            await submit(queue, 1, 1, PLANS[0])
            first = (await queue.claim("dead", 0.0))[0]
            assert first is not None
            assert (await queue.claim("me", 60))[0] is None
            (orphan,) = await queue.orphans("me", all_others=False)
            assert await queue.fault(orphan, "lost", QuotaExceeded("x")) == "queued"
            assert await queue.fault(orphan, "lost", QuotaExceeded("x")) is None
            await asyncio.sleep(0.6)
            second = (await queue.claim("me", 60))[0]
            assert second is not None
            assert (second.id, second.attempt) == (first.id, 2)
            assert not await queue.finish(first, RESULT)
            assert await queue.renew("dead", 60) == set()
            assert await queue.renew("me", 60) == {orphan.__class__(second.id, 2)}
            assert await queue.finish(second, RESULT)
            assert not await queue.finish(second, RESULT)

    asyncio.run(go())
