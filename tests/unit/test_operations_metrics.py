"""Metrics without a service: what is counted, who may read it, and the dashboard over it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from foldsight_server.api.routes import ROUTES
from foldsight_server.app import Application, template
from foldsight_server.identity import local_user
from foldsight_server.operations.metrics import Metrics
from foldsight_server.web.operations import may_scrape
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from tests.scraped import Scraped

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "foldsight.json"


def values(metrics: Metrics) -> Scraped:
    """Return what a scrape shows."""
    return Scraped(metrics.text().decode())


def ended(**changes: Any) -> dict[str, Any]:
    return {"engine": "esmfold", "cached": False, "summary": None, "ran": 12.0, **changes}


def test_jobs_are_counted_by_what_happened_to_them() -> None:
    metrics = Metrics()
    for answer in ("queued", "queued", "cache", "in_flight"):
        metrics.job(answer, {"engine": "esmfold"})
    metrics.job("started", {"attempt": 1, "plan": "lab", "waited": 3.0})
    metrics.job("started", {"attempt": 2, "plan": "lab", "waited": 90.0})
    metrics.job("done", ended(summary={"ran": {"device": "cuda:0", "seconds": 9.5}}))
    metrics.job("done", ended(summary={"ran": {"device": "cpu", "seconds": 70.0}}))
    metrics.job("done", ended(cached=True))
    metrics.job("cancelled", ended(ran=None))
    found = values(metrics)
    assert found.value("foldsight_submits_total", "esmfold", "queued") == 2
    assert found.value("foldsight_cache_hits_total", "esmfold") == 2
    assert found.value("foldsight_job_wait_seconds_count", "lab") == 1
    assert found.value("foldsight_job_wait_seconds_sum", "lab") == 3.0
    assert found.value("foldsight_job_run_seconds_count", "esmfold", "done") == 2
    assert found.value("foldsight_gpu_seconds_total", "esmfold") == 9.5
    assert found.value("foldsight_job_run_seconds_count", "esmfold", "cancelled") is None


def test_the_depth_of_the_queue_forgets_plans_that_have_none() -> None:
    metrics = Metrics()
    metrics.depth(
        [{"state": "queued", "plan": "free", "jobs": 4}, {"state": "queued", "plan": None, "jobs": 1}]
    )
    assert values(metrics).value("foldsight_jobs", "queued", "free") == 4
    assert values(metrics).value("foldsight_jobs", "queued", "unknown") == 1
    metrics.depth([])
    assert "foldsight_jobs" not in values(metrics).names()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_call_is_counted_under_a_route_and_never_under_an_id(route: Any) -> None:
    path = re.sub(r"{\w+}", "0b5c5f4c", route.path)
    assert "0b5c5f4c" not in template(path)


async def _calls(core: Application) -> None:
    await core.dispatch("GET", "/plans", local_user(), {})
    await core.dispatch("BREW", "/coffee/42", local_user(), {})
    await core.dispatch("DELETE", "/plans", local_user(), {})


def test_calls_and_refusals_are_counted_and_what_strangers_try_is_no_label(tmp_path: Path) -> None:
    import asyncio

    core = Application(tmp_path)
    asyncio.run(_calls(core))
    found = values(core.service.metrics)
    assert found.value("foldsight_http_requests_total", "/plans", "GET", "200") == 1
    assert found.value("foldsight_http_requests_total", "/plans", "DELETE", "405") == 1
    assert found.value("foldsight_http_requests_total", "unknown", "unknown", "404") == 1
    assert found.value("foldsight_refusals_total", "not_found") == 1
    assert found.value("foldsight_refusals_total", "wrong_method") == 1


def request(address: str = "127.0.0.1", **headers: str) -> HTTPServerRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    made = HTTPServerRequest(
        start_line=RequestStartLine("GET", "/metrics", "HTTP/1.1"),
        headers=HTTPHeaders({"Host": "here", **named}),
    )
    made.remote_ip = address
    return made


@pytest.mark.parametrize(
    ("made", "token", "local", "may"),
    [
        (request(), "", True, True),
        (request("::1"), "", True, True),
        (request("10.0.0.7"), "", True, False),
        (request(), "", False, False),
        (request(X_Forwarded_For="9.9.9.9"), "", True, False),
        (request(X_Real_Ip="127.0.0.1"), "", True, False),
        (request(), "secret", True, False),
        (request(Authorization="Bearer wrong"), "secret", True, False),
        (request("10.0.0.7", Authorization="Bearer secret"), "secret", False, True),
    ],
)
def test_metrics_are_for_this_machine_or_for_who_has_the_token(
    made: HTTPServerRequest, token: str, local: bool, may: bool
) -> None:
    assert may_scrape(made, token, local) is may


def known_names() -> set[str]:
    """Every name that a query may use."""
    return {
        name + suffix
        for family in Metrics().registry.collect()
        for name in [family.name]
        for suffix in {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}[
            family.type
        ]
    }


def test_every_query_of_the_dashboard_names_a_metric_that_exists_and_every_metric_is_shown() -> None:
    board = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    used = set(re.findall(r"foldsight_\w+", " ".join(queries)))
    assert used <= known_names()
    families = {family.name for family in Metrics().registry.collect()}
    shown = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in used}
    assert shown == families
    for query in queries:
        assert query.count("(") == query.count(")")
        assert "foldsight_" in query


def test_the_operators_page_tells_of_every_metric_and_of_no_other() -> None:
    page = DASHBOARD.parents[2] / "docs" / "operators" / "observability.md"
    table = [line for line in page.read_text().splitlines() if line.startswith("| `foldsight_")]
    told = {name for line in table for name in re.findall(r"`(foldsight_\w+)`", line.split("|")[1])}
    families = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in Metrics().registry.collect()
    }
    assert told == families


def test_the_dashboard_groups_by_labels_that_its_metrics_have() -> None:
    metrics = Metrics()
    labels = {
        label for family in metrics.registry._names_to_collectors.values() for label in family._labelnames
    }
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            grouped = re.findall(r"by \(([^)]*)\)", target["expr"])
            named = {name.strip() for group in grouped for name in group.split(",")}
            assert named <= labels | {"le"}, panel["title"]
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= named
