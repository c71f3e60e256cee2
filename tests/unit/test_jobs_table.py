"""The life of a job: the table of states, and what a fault means for it."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from foldsight_server.store.queries import statements

from foldsight.jobs import (
    FINAL,
    MAX_ATTEMPTS,
    MAX_INFRA_RETRIES,
    MAX_WORKER_DEATHS,
    STATES,
    TRANSITIONS,
    Fault,
    Tally,
    judge,
)


def test_final_states_are_those_that_nothing_leaves() -> None:
    assert {before for before, _ in TRANSITIONS} == set(STATES) - FINAL
    assert {state for pair in TRANSITIONS for state in pair} == set(STATES)


def test_the_sql_takes_no_step_that_the_table_does_not_know() -> None:
    found = set()
    for text in statements().values():
        if (
            not text.lstrip("- ").upper().startswith(("UPDATE", "A", "T", "O", "F"))
            or "UPDATE jobs" not in text
        ):
            continue
        after = re.search(r"SET[^;]*?\bstate = '(\w+)'", text.partition("WHERE")[0])
        before = re.findall(r"state = '(\w+)'|state IN \(([^)]*)\)", text.partition("WHERE")[2])
        if after:
            states = {s for pair in before for part in pair for s in re.findall(r"\w+", part)}
            found |= {(state, after[1]) for state in states if state != after[1]}
    assert found >= {("queued", "running"), ("running", "done"), ("queued", "cancelled")}
    assert found <= set(TRANSITIONS)


def run_until_failed(fault: Fault) -> list[Tally]:
    """Return the tally after each run of a job that always has the same fault."""
    tallies, verdict = [], judge(Tally(), fault)
    while verdict.again:
        tallies.append(verdict.tally)
        verdict = judge(verdict.tally, fault)
    return [*tallies, verdict.tally]


@pytest.mark.parametrize(
    ("fault", "runs"),
    [
        ("refused", 1),
        ("broke", MAX_ATTEMPTS),
        ("worker_died", MAX_WORKER_DEATHS),
        ("lost", MAX_INFRA_RETRIES + 1),
    ],
)
def test_a_fault_that_comes_again_and_again_ends_the_job(fault: Fault, runs: int) -> None:
    assert len(run_until_failed(fault)) == runs


@pytest.mark.parametrize("fault", get_args(Fault))
def test_a_verdict_leads_to_a_state_of_the_table(fault: Fault) -> None:
    assert ("running", judge(Tally(), fault).state) in TRANSITIONS


def test_lost_workers_and_the_jobs_own_faults_are_counted_apart() -> None:
    verdict = judge(Tally(attempts=1, infra_retries=4, worker_deaths=1), "lost")
    assert verdict.again
    assert verdict.tally == Tally(attempts=1, infra_retries=5, worker_deaths=1)
    assert not judge(Tally(attempts=1, infra_retries=4), "broke").again


def test_the_back_off_doubles_and_own_faults_have_none() -> None:
    delays = [judge(Tally(infra_retries=n), "lost").delay for n in range(MAX_INFRA_RETRIES)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert judge(Tally(), "broke").delay == 0.0
