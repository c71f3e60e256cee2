"""What Prometheus is told: counted where it happens, or asked of the database at each scrape.

What is counted belongs to one server and is summed over replicas. What is asked of the
database is the same from each of them: take the maximum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from foldsight.jobs import FINAL

Row = Mapping[str, Any]
#: Seconds in the queue: from dispatch at once to half a day.
_WAITS = (0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 43200)
#: Seconds of a run: from a cached file to a night.
_RUNS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 28800)
#: Seconds of a call; a long poll may be held for a minute.
_CALLS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60)
#: The label of a path that is no route: what strangers try must not become labels.
UNKNOWN = "unknown"


class Metrics:
    """The counts of one server, in a registry of their own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self._depth = Gauge(
            "foldsight_jobs", "Jobs that have not ended.", ["state", "plan"], registry=registry
        )
        self._submits = Counter(
            "foldsight_submits", "Requests by how they were answered.", ["engine", "answer"],
            registry=registry,
        )  # fmt: skip
        self._hits = Counter(
            "foldsight_cache_hits", "Jobs that an earlier result answered.", ["engine"], registry=registry
        )
        self._waits = Histogram(
            "foldsight_job_wait_seconds", "From submit to the first run.", ["plan"], buckets=_WAITS,
            registry=registry,
        )  # fmt: skip
        self._runs = Histogram(
            "foldsight_job_run_seconds", "From the first run to the end.", ["engine", "state"], buckets=_RUNS,
            registry=registry,
        )  # fmt: skip
        self._gpu = Counter(
            "foldsight_gpu_seconds", "Seconds that engines computed on a GPU.", ["engine"], registry=registry
        )
        self._refusals = Counter(
            "foldsight_refusals", "Calls that were refused, by the error's code.", ["reason"],
            registry=registry,
        )  # fmt: skip
        self._rooms = Gauge("foldsight_rooms", "Rooms that are open here.", registry=registry)
        self._members = Gauge(
            "foldsight_room_members", "Connections to rooms of this server.", registry=registry
        )
        self._workers = Gauge("foldsight_workers", "Workers of this server's cluster.", registry=registry)
        self._leads = Gauge("foldsight_dispatches", "Whether this server dispatches.", registry=registry)
        self._calls = Counter(
            "foldsight_http_requests", "Calls of the REST interface.", ["route", "method", "status"],
            registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "foldsight_http_request_seconds", "Time to answer a call.", ["route"], buckets=_CALLS,
            registry=registry,
        )  # fmt: skip
        self._webhooks = Counter(
            "foldsight_webhook_deliveries", "Tries to deliver an event, by what came of them.", ["outcome"],
            registry=registry,
        )  # fmt: skip
        self._billing = Counter(
            "foldsight_billing", "Looks at accounts at Stripe and meter events, by what came of them.",
            ["outcome"], registry=registry,
        )  # fmt: skip

    def billing(self, outcome: str) -> None:
        """Count what the bookkeeper did to an account or with a meter event."""
        self._billing.labels(outcome).inc()

    def call(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a call by the template of its route."""
        self._calls.labels(route, method if route != UNKNOWN else UNKNOWN, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """Count a refusal by the code of its error."""
        self._refusals.labels(reason).inc()

    def webhook(self, outcome: str) -> None:
        """Count a try to deliver an event: ``delivered``, ``failed`` or ``refused``."""
        self._webhooks.labels(outcome).inc()

    def job(self, what: str, row: Row) -> None:
        """Count what happened to a job; the queue tells.

        Parameters
        ----------
        what : str
            How a submit was answered (``queued``, ``cache`` or ``in_flight``), ``started``, or a
            final state.
        row : mapping
            The job's columns as far as they matter.
        """
        if what == "started":
            if row["attempt"] == 1:
                self._waits.labels(row["plan"] or UNKNOWN).observe(row["waited"])
        elif what in FINAL:
            self._ended(what, row)
        else:
            self._submits.labels(row["engine"], what).inc()
            if what == "cache":
                self._hits.labels(row["engine"]).inc()

    def _ended(self, state: str, row: Row) -> None:
        if row["cached"]:
            self._hits.labels(row["engine"]).inc()
            return
        if row["ran"] is not None:  # a job that was cancelled in the queue never ran
            self._runs.labels(row["engine"], state).observe(row["ran"])
        account = (row["summary"] or {}).get("ran") or {}
        if str(account.get("device", "")).startswith("cuda"):
            self._gpu.labels(row["engine"]).inc(account["seconds"])

    def look(self, *, rooms: int, members: int, workers: int, leads: bool) -> None:
        """Take note of what there is in this server now."""
        self._rooms.set(rooms)
        self._members.set(members)
        self._workers.set(workers)
        self._leads.set(leads)

    def depth(self, rows: list[dict[str, Any]]) -> None:
        """Take note of how many jobs of which plan wait and run."""
        self._depth.clear()
        for row in rows:
            self._depth.labels(row["state"], row["plan"] or UNKNOWN).set(row["jobs"])

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self.registry)
