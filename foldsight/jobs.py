"""The life of a job, as one table.

A request that breaks the rules is refused at the door and never becomes a job. A job
that finds, while it runs, that nobody has a structure ends ``failed`` with an error whose
``refused`` is true.
"""

from __future__ import annotations

from typing import Literal

State = Literal["queued", "running", "done", "failed", "cancelled"]

STATES: tuple[State, ...] = ("queued", "running", "done", "failed", "cancelled")

#: Every step a job may take, and why.
TRANSITIONS: dict[tuple[State, State], str] = {
    ("queued", "running"): "claimed by the dispatcher",
    ("queued", "done"): "answered from the cache",
    ("queued", "cancelled"): "cancelled before it ran",
    ("running", "done"): "the one result was stored",
    ("running", "failed"): "refused, or its attempts are used up",
    ("running", "queued"): "its worker, lease or server was lost; it will run again",
    ("running", "cancelled"): "cancelled while it ran",
}

FINAL: frozenset[State] = frozenset({"done", "failed", "cancelled"})

#: Runs that a job may break by its own fault.
MAX_ATTEMPTS = 2
#: Runs that may be lost through no fault of the job.
MAX_INFRA_RETRIES = 5


def may(before: State, after: State) -> bool:
    """Whether a job may go from one state to the other."""
    return (before, after) in TRANSITIONS


def retries_after_fault(attempts: int, *, refused: bool) -> bool:
    """Whether a job runs again after its own fault; a refusal is an answer, not a fault."""
    return not refused and attempts < MAX_ATTEMPTS


def backoff(infra_retries: int) -> float:
    """Seconds before a job runs again after its n-th lost run: 0.5, 1, 2, 4, 8."""
    return float(0.5 * 2 ** (max(infra_retries, 1) - 1))
