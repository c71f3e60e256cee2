"""Plans and what is used of them, over the REST interface."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Workplace

LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def request(number: int, **more: Any) -> dict[str, Any]:
    return {"sequence": LETTERS + LETTERS[number % 20] * (number // 20 + 1), "name": f"p{number}", **more}


def test_ten_of_thirty_parallel_submits_are_admitted_and_all_are_accounted_for(workplace: Workplace) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(
            threads.map(lambda i: workplace.ask("free1", "POST", "/jobs", request(i), plan="free"), range(30))
        )
    assert sorted(status for status, _ in found) == [202] * 10 + [429] * 20
    refused = next(problem for status, problem in found if status == 429)
    assert (refused["code"], refused["title"]) == ("quota_exceeded", "Quota exceeded")
    usage = workplace.good("free1", "GET", "/usage", plan="free")
    account = usage["accounts"][0]
    assert account["predictions"] == {"used": 10, "allowance": 10, "left": 0, "beyond": 0}
    assert account["jobs"] == {"queued": 10, "running": 0}
    assert [row["used"] for row in account["days"]] == [10]
    done = next(job for status, job in found if status == 202)
    assert done["cost"] == 1
    workplace.good("free1", "POST", f"/jobs/{done['id']}/cancel", plan="free")
    account = workplace.good("free1", "GET", "/usage", plan="free")["accounts"][0]
    assert account["predictions"] == {"used": 9, "allowance": 10, "left": 1, "beyond": 0}


def test_a_forecast_says_cost_and_place_and_queues_nothing(workplace: Workplace) -> None:
    before = workplace.sql("SELECT count(*) AS n FROM jobs")
    found = {
        plan: workplace.good("asker", "POST", "/jobs/forecast", request(50), plan=plan)
        for plan in ("free", "lab")
    }
    assert workplace.sql("SELECT count(*) AS n FROM jobs") == before
    assert (found["free"]["cost"], found["free"]["left"], found["free"]["allowed"]) == (1, 10, True)
    waiting = workplace.sql("SELECT count(*) AS n FROM jobs WHERE state = 'queued'")[0]["n"]
    assert (found["free"]["position"], found["lab"]["position"]) == (waiting, 0)
    used_up = workplace.good("asker", "POST", "/jobs/forecast", request(50), plan="free", predictions=0)
    assert (used_up["allowed"], used_up["reason"][:21]) == (False, "All 0 predictions of ")


def test_an_organisations_predictions_are_charged_to_it(workplace: Workplace) -> None:
    workplace.good("member", "GET", "/projects", plan="free")
    org = workplace.good("head", "POST", "/organizations", {"name": "Lab of Head"})["id"]
    workplace.sql("UPDATE organizations SET plan = 'lab', seat_count = 5 WHERE id = %s", org)
    workplace.good("head", "PUT", f"/organizations/{org}/members/member", {"role": "member"})
    project = workplace.good("head", "POST", "/projects", {"name": "Ours", "organization": org})["id"]
    workplace.good("head", "PUT", f"/projects/{project}/members/member", {"role": "editor"}, plan="free")
    job = workplace.good("member", "POST", "/jobs", request(70, project=project), plan="free")
    own, shared = workplace.good("member", "GET", "/usage", plan="free")["accounts"]
    assert (own["predictions"]["used"], own["predictions"]["allowance"]) == (0, 10)
    assert (shared["account"], shared["predictions"]["used"]) == (f"org:{org}", 1)
    assert (shared["plan"]["title"], shared["predictions"]["allowance"]) == ("Lab", 500)
    assert shared["people"] == [{"user_id": "member", "name": "Member", "used": 1}]
    workplace.good("member", "POST", f"/jobs/{job['id']}/cancel", plan="free")
    shared = workplace.good("member", "GET", "/usage", plan="free")["accounts"][1]
    assert shared["predictions"]["used"] == 0
    assert workplace.good("stranger", "GET", "/usage", plan="free")["accounts"][0]["account"] == "stranger"


def test_a_guest_predicts_by_the_plan_of_whoever_pays(workplace: Workplace) -> None:
    workplace.good("guest", "GET", "/projects", plan="lab")
    project = workplace.good("host", "POST", "/projects", {"name": "Of the host"}, plan="lab")["id"]
    workplace.good("host", "PUT", f"/projects/{project}/members/guest", {"role": "editor"}, plan="lab")
    workplace.good("host", "GET", "/projects", plan="free")  # the lab plan is over
    workplace.sql("INSERT INTO usage VALUES ('host', date_trunc('month', now()), 9)")
    found = [
        workplace.ask("guest", "POST", "/jobs", request(number, project=project), plan="lab")[0]
        for number in (90, 91)
    ]
    assert found == [202, 429], "the host has one of ten left, whatever the guest may have at home"
    allowed = workplace.good("guest", "POST", "/jobs/forecast", request(92), plan="lab")
    assert (allowed["allowed"], allowed["left"]) == (True, 500)
    workplace.sql("UPDATE users SET plan = 'embedded' WHERE id = 'host'")
    refused = workplace.ask("guest", "POST", "/jobs", request(93, project=project), plan="lab")
    assert refused[0] == 429, "a plan that is not known is the smallest"


@pytest.mark.parametrize("may", ["read", "annotate"])
def test_a_token_without_the_scope_predicts_nothing(workplace: Workplace, may: str) -> None:
    assert workplace.ask("asker", "POST", "/jobs", request(80), may=may)[0] == 403


def test_the_plans_are_those_on_offer(workplace: Workplace) -> None:
    plans = workplace.good("asker", "GET", "/plans")["plans"]
    assert [(plan["title"], plan["price"], plan["predictions"]) for plan in plans] == [
        ("Free", 0, 10),
        ("Researcher", 79, 100),
        ("Lab", 299, 500),
    ]
    assert [plan["features"] for plan in plans] == [[], ["analysis"], ["analysis", "api", "collaboration"]]
