"""Probes of a service: alive, ready, and what is missing when it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from foldsight_server.operations import health

if TYPE_CHECKING:
    from conftest import Service, Workplace


def ask(url: str, path: str) -> httpx.Response:
    return httpx.get(url + path, trust_env=False)


def test_a_running_service_lives_and_becomes_ready_without_a_token(
    shared: Service, until: Callable[..., None]
) -> None:
    url = shared.client().address.url
    assert ask(url, "/health").json() == {"alive": True}
    until(lambda: ask(url, "/ready").status_code == 200)
    parts = dict.fromkeys(("database", "migrations", "objects", "scheduler"), "ok")
    assert ask(url, "/ready").json() == {"ready": True, "missing": [], "parts": parts}


def ready(workplace: Workplace) -> Any:
    return workplace.run(health.readiness(workplace.core.service))


def test_a_server_that_nobody_dispatches_for_is_not_ready(workplace: Workplace) -> None:
    found = ready(workplace)
    assert (found["ready"], found["missing"]) == (False, ["scheduler"])
    assert found["parts"]["scheduler"] == "no server dispatches"


def test_a_migration_that_is_lacking_is_named(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [*health.migrations(), (9999, "9999_later.sql", "SELECT 1")]
    monkeypatch.setattr(health, "migrations", lambda: known)
    assert ready(workplace)["parts"]["migrations"] == "9999_later.sql is not applied"


def test_a_store_and_a_database_that_do_not_answer_are_missing_and_not_described(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: str) -> bool:
        raise OSError("bucket secret-bucket of key AKIA")

    def unreachable() -> Any:
        raise OSError("host db.internal refused user admin")

    service = workplace.core.service
    monkeypatch.setattr(service.objects, "has", away)
    monkeypatch.setattr(service.database, "connection", unreachable)
    found = ready(workplace)
    assert found["missing"] == ["database", "migrations", "objects", "scheduler"]
    assert found["parts"]["objects"] == "does not answer (OSError)"
    assert not any(word in str(found) for word in ("secret", "AKIA", "internal", "admin"))


def test_before_the_database_is_open_the_service_is_not_ready(home: Any) -> None:
    import asyncio

    from foldsight_server.service import Service as Parts

    found = asyncio.run(health.readiness(Parts(home)))
    assert found["parts"]["database"] == "is not open yet"
    assert not found["ready"]
