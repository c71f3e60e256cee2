"""Metrics of a service that folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from foldsight_server.operations.scrape import scrape

from tests.scraped import Scraped

if TYPE_CHECKING:
    from conftest import Service, Workplace

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQ"


def test_a_job_that_ran_is_in_the_metrics_and_its_repeat_is_a_cache_hit(shared: Service) -> None:
    client = shared.client()
    for _ in range(2):
        job = client.submit({"sequence": SEQUENCE, "engine": "test-slow", "name": "counted"})
        assert client.wait(job["id"], timeout=60)["state"] == "done"
    found = Scraped(httpx.get(client.address.url + "/metrics", trust_env=False).text)
    assert found.value("foldsight_submits_total", "test-slow", "queued") == 1
    assert found.value("foldsight_submits_total", "test-slow", "cache") == 1
    assert found.value("foldsight_cache_hits_total", "test-slow") == 1
    assert found.value("foldsight_job_wait_seconds_count", "embedded") == 1
    assert found.value("foldsight_job_run_seconds_count", "test-slow", "done") == 1
    assert found.value("foldsight_http_requests_total", "/jobs", "POST", "202") == 2
    assert found.value("foldsight_dispatches") == 1
    # The result says who else saw the sequence: nobody.
    assert client.get(job["id"])["result"]["summary"]["ran"]["sent"] == []


def test_metrics_are_refused_through_a_proxy(shared: Service) -> None:
    url = shared.client().address.url + "/metrics"
    forwarded = {"X-Forwarded-For": "127.0.0.1"}
    assert httpx.get(url, headers=forwarded, trust_env=False).status_code == 403


def test_jobs_wait_under_their_plan(workplace: Workplace) -> None:
    for plan in ("free", "lab"):
        workplace.good("ana", "POST", "/jobs", {"sequence": SEQUENCE, "name": plan}, plan=plan)
    found = Scraped(workplace.run(scrape(workplace.core.service)).decode())
    assert found.value("foldsight_jobs", "queued", "free") == 1
    assert found.value("foldsight_jobs", "queued", "lab") == 1
