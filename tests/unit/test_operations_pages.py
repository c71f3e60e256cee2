"""The operator's pages under a prefix, as a Hub's service has them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from foldsight_server.app import Application
from foldsight_server.web.operations import pages
from tornado import httpserver, netutil, web

BASE = "/services/foldsight"
Ask = Callable[..., Awaitable[httpx.Response]]


def serve(home: Path, local: bool, visit: Callable[[Ask], Awaitable[None]]) -> None:
    """Serve the pages of an application that is not started, and visit them."""

    async def run() -> None:
        server = httpserver.HTTPServer(web.Application(pages(Application(home), BASE, local=local)))
        sockets = netutil.bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await visit(client.get)
        server.stop()
        await server.close_all_connections()

    asyncio.run(run())


def test_probes_answer_before_anything_has_started(tmp_path: Path) -> None:
    async def visit(ask: Ask) -> None:
        alive, ready = await ask(f"{BASE}/health"), await ask(f"{BASE}/ready")
        assert (alive.status_code, alive.json()) == (200, {"alive": True})
        assert (ready.status_code, ready.json()["parts"]["database"]) == (503, "is not open yet")
        assert ready.headers["Cache-Control"] == "no-store"
        assert (await ask("/health")).status_code == 404

    serve(tmp_path, False, visit)


def test_on_a_hub_metrics_take_the_token_even_from_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def visit(ask: Ask) -> None:
        assert (await ask(f"{BASE}/metrics")).status_code == 403
        monkeypatch.setenv("FOLDSIGHT_METRICS_TOKEN", "scrape-me")
        assert (await ask(f"{BASE}/metrics")).status_code == 403
        told = await ask(f"{BASE}/metrics", headers={"Authorization": "Bearer scrape-me"})
        assert told.status_code == 200
        assert "foldsight_dispatches 0.0" in told.text

    serve(tmp_path, False, visit)


def test_on_a_server_of_its_own_this_machine_may_look(tmp_path: Path) -> None:
    async def visit(ask: Ask) -> None:
        assert (await ask(f"{BASE}/metrics")).status_code == 200
        assert (await ask(f"{BASE}/metrics", headers={"Forwarded": "for=127.0.0.1"})).status_code == 403

    serve(tmp_path, True, visit)
