"""A job: its states, what may happen to it, and what a fault means for it; pure.

A request that breaks the rules is refused at the door and never becomes a job. A job
that finds, while it runs, that nobody has a structure ends ``failed`` with an error whose
``refused`` is true.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, get_args

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]

STATES: Final[tuple[State, ...]] = get_args(State)

#: Every step a job may take, and why.
TRANSITIONS: Final[dict[tuple[State, State], str]] = {
    ("queued", "running"): "claimed by the dispatcher",
    ("queued", "cancelled"): "cancelled before it ran",
    ("running", "done"): "the one result was stored",
    ("running", "failed"): "refused, or its attempts are used up",
    ("running", "queued"): "it broke, or its worker, lease or server was lost; it will run again",
    ("running", "cancelled"): "cancelled while it ran",
}

#: States in which nothing more happens.
FINAL: Final[frozenset[State]] = frozenset({"done", "failed", "cancelled"})

#: Runs that a job may break by its own fault.
MAX_ATTEMPTS: Final = 2
#: Runs that may be lost through no fault of the job.
MAX_INFRA_RETRIES: Final = 5
#: Workers that may die under a job before it is held to be what kills them.
MAX_WORKER_DEATHS: Final = 3
#: Seconds before a job runs again after its first lost run; they double with each.
FIRST_BACKOFF: Final = 0.5

#: How a run can go wrong: a refusal is an answer; the engine broke; the worker died while it
#: ran the job; or the run went down with its cluster, server or lease.
Fault: TypeAlias = Literal["refused", "broke", "worker_died", "lost"]


@dataclass(frozen=True)
class Tally:
    """What went wrong with a job so far.

    Attributes
    ----------
    attempts : int
        Runs that broke by the job's own fault.
    infra_retries : int
        Runs that were lost with their worker, cluster or server.
    worker_deaths : int
        Those of them whose worker died while it ran this job.
    """

    attempts: int = 0
    infra_retries: int = 0
    worker_deaths: int = 0

    def plus(self, fault: Fault) -> Tally:
        """Return the tally after one more fault."""
        if fault in ("refused", "broke"):
            return replace(self, attempts=self.attempts + 1)
        died = self.worker_deaths + (fault == "worker_died")
        return replace(self, infra_retries=self.infra_retries + 1, worker_deaths=died)


@dataclass(frozen=True)
class Verdict:
    """What becomes of a job after a fault: queued again in ``delay`` seconds, or failed."""

    again: bool
    tally: Tally
    delay: float = 0.0

    @property
    def state(self) -> State:
        """The state that follows."""
        return "queued" if self.again else "failed"


def judge(before: Tally, fault: Fault) -> Verdict:
    """Decide whether a job runs again after a fault.

    Examples
    --------
    >>> judge(Tally(attempts=1), "broke").state
    'failed'
    >>> judge(Tally(attempts=1, infra_retries=2), "lost").delay
    2.0
    """
    tally = before.plus(fault)
    if fault in ("refused", "broke"):
        return Verdict(fault == "broke" and tally.attempts < MAX_ATTEMPTS, tally)
    again = tally.infra_retries <= MAX_INFRA_RETRIES and tally.worker_deaths < MAX_WORKER_DEATHS
    return Verdict(again, tally, FIRST_BACKOFF * 2 ** (tally.infra_retries - 1))
