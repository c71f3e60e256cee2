"""Sockets of the Hub's service and what a user's server passes on, without a Hub."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from foldsight_server.hub import handlers
from foldsight_server.hub.handlers import Site, routes
from foldsight_server.identity import Identity
from tornado import httpserver, netutil, web
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from foldsight import hub
from foldsight.errors import BadRequest, NotAllowed, NotSignedIn, ServiceUnavailable
from foldsight.plans import INSTITUTE

proxy = pytest.importorskip("foldsight_server.hub.proxy")
ADA = Identity("ada", "Ada", INSTITUTE, "predict")


class Gate:
    """Knows Ada by the token ``good``, until told otherwise."""

    def __init__(self) -> None:
        self.says: Identity | Exception = ADA

    async def identify(self, token: str) -> Identity:
        if token != "good":
            raise NotSignedIn("Nobody has this token.")
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


class Core:
    """Follows a job that never ends."""

    async def follow(self, job_id: str, identity: Identity) -> AsyncIterator[dict[str, Any]]:
        yield {"id": job_id, "user": identity.id, "may": identity.may}
        await asyncio.Event().wait()


def served(test: Callable[[str, Gate], Coroutine[Any, Any, None]]) -> None:
    """Run a test against the routes on a port."""

    async def main() -> None:
        gate = Gate()
        site: Any = Site(Core(), gate, None)  # type: ignore[arg-type]
        (listening,) = netutil.bind_sockets(0, "127.0.0.1")
        server = httpserver.HTTPServer(web.Application(routes(site, "/base", "/api")))
        server.add_sockets([listening])
        await test(f"127.0.0.1:{listening.getsockname()[1]}", gate)
        server.stop()
        await server.close_all_connections()

    asyncio.run(main())


async def follow(place: str, token: str = "good", **headers: str) -> Any:
    marks = {"Authorization": f"token {token}", **headers} if token else headers
    return await websocket_connect(HTTPRequest(f"ws://{place}/base/api/jobs/7/events", headers=marks))


def test_a_socket_knows_its_caller_and_wants_a_token() -> None:
    async def test(place: str, gate: Gate) -> None:
        connection = await follow(place, Origin=f"http://{place}")
        assert await connection.read_message() == '{"id": "7", "user": "ada", "may": "predict"}'
        connection.close()
        while await connection.read_message() is not None:
            """Until it is closed."""
        for wrong, status in (
            ({"token": ""}, 401),
            ({"token": "bad"}, 401),
            ({"Origin": "http://else"}, 403),
        ):
            with pytest.raises(HTTPClientError) as fault:
                await follow(place, **wrong)  # type: ignore[arg-type]
            assert fault.value.code == status

    served(test)


@pytest.mark.parametrize(
    "says", [NotSignedIn("revoked"), NotAllowed("no scope"), Identity("ada", "Ada", INSTITUTE, "read")]
)
def test_a_socket_ends_when_its_token_is_no_longer_what_it_was(
    says: Identity | Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "BELIEVED", 0.01)

    async def test(place: str, gate: Gate) -> None:
        connection = await follow(place)
        await connection.read_message()
        gate.says = ServiceUnavailable("The Hub is away.")
        await asyncio.sleep(0.05)
        assert connection.close_code is None, "those who are in stay in while the Hub is away"
        gate.says = says
        assert await connection.read_message() is None
        assert connection.close_code == 4401
        connection.close()

    served(test)


@pytest.mark.parametrize("path", ["/..", "/jobs/../x", "/jobs/%2e%2e/%2e%2e/hub", "/./x", "/jobs/%2E./x?a=1"])
def test_nothing_is_passed_on_that_leads_out_of_the_interface(path: str) -> None:
    with pytest.raises(BadRequest):
        asyncio.run(_sent("http://127.0.0.1:9", path))


def test_a_service_that_is_away_is_named_so() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(ServiceUnavailable, match="does not answer"):
            asyncio.run(_sent(f"http://127.0.0.1:{held.getsockname()[1]}", "/jobs"))


async def _sent(url: str, path: str) -> None:
    upstream = proxy.Upstream(url)
    try:
        await upstream.send("GET", path, {})
    finally:
        await upstream.http.aclose()


@pytest.mark.parametrize(
    ("guest", "path", "token"),
    [
        ("ada", "/projects", "server"),
        ("bob", "/projects", "bob's"),
        ("bob", "/jobs", "server"),
        ("bob", "/jobs/7/events", "server"),
        ("bob", "/analyses", "server"),
        ("bob", "/jobsboard", "bob's"),
        ("bob", "/rooms/7", "bob's"),
    ],
)
def test_a_guest_is_themselves_but_for_what_computes(
    guest: str, path: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "server")
    provider = SimpleNamespace(hub_auth=SimpleNamespace(get_token=lambda _: "bob's"))
    handler = SimpleNamespace(current_user=SimpleNamespace(username=guest), identity_provider=provider)
    assert proxy.token_for(handler, path) == token


def test_a_guest_without_a_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "server")
    provider = SimpleNamespace(hub_auth=SimpleNamespace(get_token=lambda _: None))
    handler = SimpleNamespace(current_user=SimpleNamespace(username="bob"), identity_provider=provider)
    with pytest.raises(NotAllowed):
        proxy.token_for(handler, "/projects")


def test_a_service_that_cannot_start_says_why_in_a_sentence() -> None:
    told = dict.fromkeys(
        ("JUPYTERHUB_SERVICE_NAME", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_SERVICE_PREFIX"), "x"
    )
    words, environment = [sys.executable, "-m", "foldsight_server"], {**os.environ, **told}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "JUPYTERHUB_SERVICE_URL is not set." in done.stderr
    assert "Traceback" not in done.stderr


def test_the_hub_says_where_the_service_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(httpx, "get", lambda url, **_: httpx.Response(told["status"], json=told.get("model")))
    monkeypatch.setattr(hub.time, "sleep", lambda _: None)
    server = {
        "JUPYTERHUB_USER": "ada",
        "JUPYTERHUB_API_TOKEN": "t",
        "JUPYTERHUB_API_URL": "http://hub:8081/hub/api",
    }
    for url, found in (("http://fs:10101", "http://fs:10101"), ("http://0.0.0.0:10101", "http://hub:10101")):
        told.update(status=200, model={"url": url, "prefix": "/services/foldsight/"})
        assert hub.service_url(server) == f"{found}/services/foldsight"
    told.update(status=200, model={"url": "", "prefix": "/services/foldsight/"})
    assert hub.service_url(server) is None
    for status in (403, 404):
        told.update(status=status, model={})
        assert hub.service_url(server) is None
    told.update(status=503)
    with pytest.raises(ServiceUnavailable, match=r"does not answer \(503\)"):
        hub.service_url(server)
