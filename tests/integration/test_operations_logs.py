"""The log of a real service: JSON on every line, and nothing confidential, whatever goes wrong."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from foldsight.errors import FoldSightError

if TYPE_CHECKING:
    from conftest import Service

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQ"


def lines(service: Service) -> list[dict[str, Any]]:
    """Read the log; the announcement on standard output is in the same file and is no log line."""
    text = (service.home / "service.log").read_text()
    return [json.loads(line) for line in text.splitlines() if not line.startswith("FoldSight serves on")]


def test_whatever_goes_wrong_no_sequence_token_or_address_is_logged(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLDSIGHT_LOG", "json")
    client = service.start()
    url, token = client.address.url + "/foldsight/api/v1", client.address.token
    ended = {}
    for engine in ("test-slow", "test-broken", "test-refusing", "test-poison"):
        job = client.submit({"sequence": SEQUENCE, "engine": engine, "name": "ana@lab.org"})
        ended[job["id"]] = client.wait(job["id"], timeout=90)["state"]
    assert sorted(ended.values()) == ["done", "failed", "failed", "failed"]
    with contextlib.suppress(FoldSightError):
        client.workspace.put_member("0b5c5f4c-0000-4000-8000-000000000000", "ana@lab.org", "viewer")
    asked = httpx.get(
        f"{url}/jobs", params={"state": SEQUENCE, "token": token}, headers={"X-Request-ID": "mine-1"},
        trust_env=False,
    )  # fmt: skip
    assert (asked.status_code, asked.headers["X-Request-ID"]) == (400, "mine-1")
    httpx.post(f"{url}/jobs", content=SEQUENCE, headers={"Authorization": f"token {token}"}, trust_env=False)
    service.stop()
    found, text = lines(service), (service.home / "service.log").read_text()
    for secret in (SEQUENCE, SEQUENCE[:30], token, "ana@lab.org"):
        assert secret not in text
    assert any(line.get("request") == "mine-1" and line["status"] == 400 for line in found)
    assert any(line.get("route") == "/jobs/{job}" and line["user"] == "local" for line in found)
    assert {line["job"] for line in found if "job" in line} <= set(ended)
    # Killed workers are told of by Dask, in its own words, through the same log.
    assert any(line["logger"] == "foldsight.workers" for line in found)
