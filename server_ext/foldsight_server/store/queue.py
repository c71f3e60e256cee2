"""The durable queue: every step of a job is one fenced statement in PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from foldsight.errors import FoldSightError, NotFound, QuotaExceeded
from foldsight.jobs import Fault, State, Tally, judge
from foldsight.plans import Allow, Plan, Refuse, decide
from foldsight_server.store.database import Database
from foldsight_server.store.queries import sql

Row = dict[str, Any]
Connection = AsyncConnection[Row]
#: Is told what happened to a job once that is committed, with what is known of it then.
Told = Callable[[str, Row], None]


#: What is said of a job that will run again.
_AGAIN: dict[Fault, str] = {
    "broke": "its engine broke; it will run again",
    "worker_died": "its worker died; it will run again",
    "lost": "its worker or server was lost; it will run again",
}
#: Origins of structures that nobody had to predict.
_FREE = ("retrieved", "experimental")


@dataclass(frozen=True)
class Run:
    """One run of a job, numbered from 1; only the present one can end the job."""

    id: str
    attempt: int


@dataclass(frozen=True)
class Claim(Run):
    """A run that this dispatcher may start now."""

    request: dict[str, Any] = field(compare=False)
    cache_key: str = field(compare=False)
    #: Whether an equal request was answered before.
    known: bool = field(default=False, compare=False)

    @property
    def region(self) -> str | None:
        """Where it must run and its result must lie; settled when it was submitted."""
        return self.request.get("region")


@dataclass(frozen=True)
class Outlook:
    """What waits beside a claim: whether any does, whether one is due, and seconds until the next will be."""

    waiting: bool
    due: bool
    due_in: float | None


@dataclass(frozen=True)
class Result:
    """What a finished run leaves: files by name in the object store, and the summary."""

    files: list[dict[str, Any]]
    summary: dict[str, Any]

    @property
    def lasting(self) -> bool:
        """Whether the cache may keep it: not when a source that did not answer could better it."""
        return "provisional" not in (self.summary.get("facts") or {})

    @property
    def free(self) -> bool:
        """Whether it was retrieved, which no plan charges."""
        return self.summary.get("origin") in _FREE


@dataclass(frozen=True)
class Place:
    """Where a prediction goes and who pays; None is the caller's own project and account.

    ``region`` is that of the project's organisation.
    """

    project_id: str | None = None
    account: str | None = None
    region: str | None = None

    def values(self, user_id: str) -> dict[str, Any]:
        """Return what the statements want."""
        return {"project_id": self.project_id, "account": self.account or user_id}

    def bind(self, request: dict[str, Any], cache_key: str) -> tuple[dict[str, Any], str]:
        """Bind a request to the region; results of one region answer no request of another."""
        if self.region is None:
            return request, cache_key
        return {**request, "region": self.region}, f"{cache_key}@{self.region}"


OWN = Place()

#: Gives a stored result, None when it is gone.
Known = Callable[[], Awaitable[Result | None]]


def nobody_told(what: str, row: Row) -> None:
    """Tell nobody."""


class Queue:
    """Jobs in PostgreSQL.

    Parameters
    ----------
    database : Database
        An open one by the time that a method is called.
    told : callable, optional
        Hears of jobs that are submitted, start and end here.
    """

    def __init__(self, database: Database, told: Told = nobody_told) -> None:
        self._database, self._told = database, told

    async def submit(
        self,
        user: tuple[str, str],
        request: Mapping[str, Any],
        cache_key: str,
        plan: Plan,
        known: Known | None = None,
        *,
        place: Place = OWN,
    ) -> tuple[Row, bool]:
        """Queue a request, or answer it with a known result or with a job in flight.

        Parameters
        ----------
        user : tuple of str
            Id and name.
        request : mapping
        cache_key : str
        plan : Plan
        known : callable, optional
            Gives the result of an equal request; asked when one is stored under this key. Without it
            none is used.
        place : Place, optional

        Returns
        -------
        job : dict
            As :meth:`get` returns it.
        new : bool
            False when a job in flight is the same.

        Raises
        ------
        QuotaExceeded
            When the plan's allowance is used up; nothing is queued then.
        """
        job, answer = await self._submit(user, request, cache_key, plan, known, place)
        self._told(answer, {"engine": request["engine"]})
        return job, answer != "in_flight"

    async def _submit(
        self, user: tuple[str, str], request: Mapping[str, Any], cache_key: str, plan: Plan,
        known: Known | None, place: Place,
    ) -> tuple[Row, str]:  # fmt: skip
        values = {**_values(user, request, cache_key, plan), **place.values(user[0])}
        values["afresh"] = known is None
        async with (
            self._database.connection() as connection,
            # Only where it is charged do two statements stand or fall together.
            nullcontext() if plan.predictions is None else connection.transaction(),
        ):
            row = await _one(connection, "insert_queued", values)
            if row is not None:
                await _charge(connection, {**values, "id": row["id"]}, plan)
                return row, "queued"
        result = None if known is None else await known()
        async with self._database.connection() as connection:
            if result is not None:
                hit = {**values, "files": _jsonb(result.files), "summary": _jsonb(result.summary)}
                row = await _one(connection, "insert_done", hit)
                assert row is not None
                return row, "cache"
            same = await _one(connection, "in_flight", values)
        # It can have ended in between, or the result be gone; then this request becomes a job after all.
        if same is None:
            return await self._submit(user, request, cache_key, plan, known, place)
        return await self.get(user[0], str(same["id"])), "in_flight"

    async def get(self, user_id: str, job_id: str) -> Row:
        """Return a job of this user.

        Raises
        ------
        NotFound
        """
        async with self._database.connection() as connection:
            row = await _one(connection, "get", {"id": job_id, "user_id": user_id})
        if row is None:
            raise NotFound(f"There is no job {job_id}.", hint="List yours with: foldsight jobs")
        return row

    async def list(self, user_id: str, state: str | None, limit: int) -> list[Row]:
        """Return this user's jobs, newest first."""
        values = {"user_id": user_id, "state": state, "limit": limit}
        async with self._database.connection() as connection:
            cursor = await connection.execute(sql("list"), values)
            return await cursor.fetchall()

    async def cancel(self, user_id: str, job_id: str) -> bool:
        """Cancel a job that has not ended; False when it had."""
        values = {"id": job_id, "user_id": user_id}
        async with self._database.connection() as connection, connection.transaction():
            row = await _one(connection, "cancel", values)
            if row is not None:
                await connection.execute(sql("refund"), values)
                await connection.execute(sql("announce_cancel"), values)
                await connection.execute(sql("announce_job"), {**values, "state": "cancelled"})
        if row is not None:
            self._told("cancelled", row)
        return row is not None

    async def claim(self, owner: str, lease: float) -> tuple[Claim | None, Outlook]:
        """Take the next job under a lease, or none, and say what else waits."""
        async with self._database.connection() as connection:
            row = await _one(connection, "claim", {"owner": owner, "lease": lease})
        assert row is not None
        outlook = Outlook(row["waiting"], row["due"], row["due_in"])
        if row["id"] is None:
            return None, outlook
        self._told("started", row)
        return Claim(str(row["id"]), row["attempt"], row["request"], row["cache_key"], row["known"]), outlook

    async def result_of(self, cache_key: str) -> Result | None:
        """Return a result stored under this key."""
        async with self._database.connection() as connection:
            row = await _one(connection, "cached", {"cache_key": cache_key})
        return None if row is None else Result(row["files"], row["summary"])

    async def progress(self, claim: Claim, fraction: float, message: str) -> None:
        """Note how far a run is; ignored once it is not the present attempt."""
        values = {"id": claim.id, "attempt": claim.attempt, "progress": fraction, "message": _line(message)}
        async with self._database.connection() as connection:
            await connection.execute(sql("progress"), values)

    async def forget(self, cache_key: str) -> None:
        """Drop a result from the cache."""
        async with self._database.connection() as connection:
            await connection.execute(sql("forget"), {"cache_key": cache_key})

    async def finish(self, claim: Claim, result: Result, *, cached: bool = False) -> bool:
        """Store the one result; False when this attempt may no longer end the job."""
        values = {
            "id": claim.id, "attempt": claim.attempt, "cache_key": claim.cache_key, "cached": cached,
            "files": _jsonb(result.files), "summary": _jsonb(result.summary),
            "message": "from the cache" if cached else "done", "keep": result.lasting and not cached,
        }  # fmt: skip
        refunds = cached or result.free
        async with (
            self._database.connection() as connection,
            connection.transaction() if refunds else nullcontext(),
        ):
            row = await _one(connection, "finish", values)
            if row is None:
                return False
            if refunds:
                await connection.execute(sql("refund"), values)
        self._told("done", row)
        return True

    async def fault(self, run: Run, kind: Fault, error: FoldSightError) -> State | None:
        """Note that a run went wrong and return the state that follows.

        None when the run may no longer decide about the job. What the platform broke is
        not charged.
        """
        values: dict[str, Any] = {"id": run.id, "attempt": run.attempt}
        async with self._database.connection() as connection, connection.transaction():
            row = await _one(connection, "tally", values)
            if row is None:
                return None
            verdict = judge(Tally(**row), kind)
            values |= asdict(verdict.tally) | {"state": verdict.state, "delay": verdict.delay}
            values["error"] = _jsonb(error.to_dict())
            values["message"] = _AGAIN[kind] if verdict.again else _line(error.message)
            ended = await _one(connection, "after_fault", values)
            if verdict.state == "failed":
                await connection.execute(sql("refund"), values)
            await connection.execute(sql("announce_job"), values)
        if verdict.state == "failed" and ended is not None:
            self._told("failed", ended)
        return verdict.state

    async def renew(self, owner: str, lease: float) -> set[Run]:
        """Prolong every lease of this dispatcher and return the runs that still are its own."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(sql("renew"), {"owner": owner, "lease": lease})
            return {Run(str(row["id"]), row["attempt"]) for row in await cursor.fetchall()}

    async def orphans(self, owner: str, *, all_others: bool) -> tuple[Run, ...]:
        """Return runs whose dispatcher is gone."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(sql("orphans"), {"owner": owner, "all": all_others})
            return tuple(Run(str(row["id"]), row["attempt"]) for row in await cursor.fetchall())

    async def next_in(self) -> float | None:
        """Seconds until a queued job may run; None when none waits."""
        async with self._database.connection() as connection:
            row = await _one(connection, "waiting", {})
        seconds = None if row is None else next(iter(row.values()))
        return None if seconds is None else max(float(seconds), 0.0)

    async def busy(self) -> int:
        """Jobs of all users that have not ended."""
        async with self._database.connection() as connection:
            row = await _one(connection, "busy", {})
        return 0 if row is None else int(next(iter(row.values())))


async def _one(connection: Connection, statement: str, values: Mapping[str, Any]) -> Row | None:
    cursor = await connection.cursor(row_factory=dict_row).execute(sql(statement), values)
    return await cursor.fetchone()


async def _charge(connection: Connection, values: Mapping[str, Any], plan: Plan) -> None:
    if plan.predictions is None:
        return
    counted = {**values, "limit": plan.predictions}
    row = await _one(connection, "charge", counted)
    if row is None:
        row = await _one(connection, "charge_beyond", counted)
    if row is None:
        verdict = decide(plan.predictions, plan, free=False)
        assert isinstance(verdict, Refuse)
        raise QuotaExceeded(verdict.reason, hint=verdict.hint)


def _line(text: str) -> str:
    return text[:300].replace("\0", "")


def _jsonb(value: Any) -> Jsonb:
    """Return a value as PostgreSQL's JSON, which knows neither NaN nor the NUL character."""
    return Jsonb(value, dumps=lambda held: msgspec.json.encode(held).replace(b"\\u0000", b"\\ufffd"))


def _values(user: tuple[str, str], request: Mapping[str, Any], cache_key: str, plan: Plan) -> dict[str, Any]:
    verdict = decide(0, plan, free=False)
    return {
        "user_id": user[0],
        "user_name": user[1],
        "own_plan": None,
        "kind": request["kind"],
        "name": request["name"],
        "engine": request["engine"],
        "request": _jsonb(dict(request)),
        "cache_key": cache_key,
        "plan": plan.id,
        "head_start": plan.head_start,
        "max_running": plan.max_running,
        "charged": isinstance(verdict, Allow) and verdict.charge > 0,
    }
