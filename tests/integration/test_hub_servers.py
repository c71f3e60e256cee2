"""Users' own servers on a real JupyterHub: they pass everything on to the service and hold no secret."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from foldsight.sequence import ALPHABET
from tests.hub_site import SHARED, Browser, HubSite, running_hub

LETTERS = ALPHABET.replace("P", "")


@pytest.fixture(scope="module")
def site() -> Iterator[HubSite]:
    with running_hub() as found:
        found.start_servers("alice", "bob", SHARED)
        yield found
        assert "Traceback" not in (found.home / "hub.log").read_text(errors="replace"), found.log()


@pytest.fixture(scope="module")
def people(site: HubSite) -> Iterator[dict[str, Browser]]:
    """Browsers of people, signed in on the shared server."""
    browsers = {user: site.browser(user) for user in ("alice", "bob")}
    for user, browser in browsers.items():
        browser.enter(user)
        browser.enter(SHARED)
    yield browsers
    for browser in browsers.values():
        browser.close()


def at_service(site: HubSite, user: str, method: str, path: str, **options: Any) -> Any:
    headers = {"Authorization": f"token {site.may(user)}"}
    url = site.api_url + path
    return httpx.request(method, url, headers=headers, timeout=60, trust_env=False, **options).json()


def lab_project(site: HubSite, **members: str) -> str:
    """Make a project of the laboratory's with members, and return its id."""
    (lab,) = at_service(site, "alice", "GET", "/organizations")["organizations"]
    body = {"name": "Protease", "organization": lab["id"]}
    project = str(at_service(site, "alice", "POST", "/projects", json=body)["id"])
    for user, role in members.items():
        at_service(site, user, "GET", "/projects")
        path = f"/projects/{project}/members/{user}"
        assert "code" not in at_service(site, "alice", "PUT", path, json={"role": role})
    return project


def fold(**more: Any) -> dict[str, Any]:
    text = "".join(random.Random(uuid.uuid4().int).choices(LETTERS, k=30))
    settings = {"seconds": 0.01}
    return {
        "sequence": text,
        "name": "q",
        "engine": "test-slow",
        "settings": settings,
        "network": "off",
        **more,
    }


def test_an_own_server_passes_its_owner_on(site: HubSite, people: dict[str, Browser]) -> None:
    answer = people["alice"].call("alice", "GET", "/health")
    assert (answer.status_code, answer.json()["user"]) == (200, "alice")
    assert answer.headers["Content-Type"].startswith("application/json")
    made = people["alice"].call("alice", "POST", "/projects", json={"name": "By the page"})
    assert made.status_code == 201, made.text
    assert at_service(site, "alice", "GET", f"/projects/{made.json()['id']}")["owner_id"] == "alice"
    missing = people["alice"].call("alice", "GET", f"/projects/{uuid.uuid4()}")
    assert missing.status_code == 404
    assert missing.headers["Content-Type"] == "application/problem+json"


def test_nobody_else_is_let_into_a_server(site: HubSite, people: dict[str, Browser]) -> None:
    assert httpx.get(f"{site.server_url('alice')}/health", trust_env=False).status_code == 403
    assert people["bob"].call("alice", "GET", "/health").status_code == 403
    forged = people["alice"].http.post(f"{site.server_url('alice')}/projects", json={"name": "forged"})
    assert forged.status_code == 403
    out = people["alice"].call("alice", "GET", "/jobs/%2e%2e/%2e%2e/%2e%2e/%2e%2e/hub/api/user")
    assert out.status_code in (400, 404), out.text


def test_a_server_on_a_hub_has_no_database_and_starts_nothing(site: HubSite) -> None:
    for user in ("alice", "bob", SHARED):
        own = site.home / "homes" / user
        assert not list(own.rglob("postgres"))
        assert not list(own.rglob("service.json"))
    assert len(site.processes("postgres", "-D")) <= 1
    assert len(site.processes("foldsight_server")) >= 1


def test_what_guests_write_is_theirs_and_what_computes_is_the_laboratorys(
    site: HubSite, people: dict[str, Browser]
) -> None:
    project = lab_project(site, bob="editor")
    for user in ("alice", "bob"):
        said = people[user].call(SHARED, "POST", f"/projects/{project}/comments", json={"body": f"of {user}"})
        assert said.status_code == 201, said.text
        assert said.json()["author_id"] == user
    # A guest's own token may annotate there and no more: who runs the server could read it.
    away = people["alice"].call(SHARED, "PATCH", f"/projects/{project}", json={"visibility": "public"})
    assert (away.status_code, away.json()["code"]) == (403, "not_allowed")
    before = charges(site)
    queued = people["bob"].call(SHARED, "POST", "/jobs", json=fold())
    assert queued.status_code == 202, queued.text
    shown = people["alice"].call(
        SHARED, "GET", f"/jobs/{queued.json()['id']}", params={"wait": 30, "since": 0}
    )
    assert shown.status_code == 200
    after = charges(site)
    assert after["lab"] == before["lab"] + 1
    assert (after["alice"], after["bob"], after[SHARED]) == (before["alice"], before["bob"], before[SHARED])
    assert people["bob"].call("bob", "POST", "/jobs", json=fold()).status_code == 202
    assert charges(site)["bob"] == before["bob"] + 1


def charges(site: HubSite) -> dict[str, int]:
    """Return what each account has used: of the laboratory, of people, of the shared account itself."""
    found = {}
    for user in ("alice", "bob", SHARED):
        for row in at_service(site, user, "GET", "/usage")["accounts"]:
            name = "lab" if row["account"].startswith("org:") else user
            found[name] = int(row["predictions"]["used"])
    return found


def test_a_kernel_finds_the_service_without_being_told(site: HubSite, people: dict[str, Browser]) -> None:
    code = (
        "from foldsight.client import connect\nimport json\nwith connect() as c:\n"
        "    print(json.dumps([c.address.found, c.health()['user'], "
        "[p['name'] for p in c.workspace.projects()]]))"
    )
    for user, server in (("alice", "alice"), ("bob", SHARED)):
        found, name, projects = json.loads(asyncio.run(in_kernel(site, people[user], server, code)))
        assert (found, name) == ("hub", server)
        assert "Personal" in projects


async def in_kernel(site: HubSite, browser: Browser, server: str, code: str) -> str:
    """Run code in a kernel of a server and return what it prints."""
    base = f"{site.url}/user/{server}/api/kernels"
    made = await asyncio.to_thread(browser.send, server, "POST", base, json={"name": "python3"})
    assert made.status_code == 201, made.text
    address = f"{base.replace('http', 'ws', 1)}/{made.json()['id']}/channels"
    socket = await websocket_connect(HTTPRequest(address, headers=browser.socket_headers(server)))
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "s"}
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    asked = {"header": {**header, "version": "5.3", "date": ""}, "parent_header": {}, "metadata": {}}
    await socket.write_message(json.dumps({**asked, "channel": "shell", "content": content}))
    said = ""
    while True:
        message = await asyncio.wait_for(socket.read_message(), 60)
        assert isinstance(message, str)
        told = json.loads(message)
        if told["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        assert told["msg_type"] != "error", told["content"]
        said += told["content"]["text"] if told["msg_type"] == "stream" else ""
        if told["msg_type"] == "status" and told["content"]["execution_state"] == "idle":
            break
    socket.close()
    while await socket.read_message() is not None:
        """Until it is closed."""
    await asyncio.to_thread(browser.send, server, "DELETE", f"{base}/{made.json()['id']}")
    return said


def test_job_events_come_through(site: HubSite, people: dict[str, Browser]) -> None:
    job = people["alice"].call("alice", "POST", "/jobs", json=fold()).json()["id"]
    states = asyncio.run(_states(site, people["alice"], job))
    assert states[-1] == "done"
    files = people["alice"].call("alice", "GET", f"/jobs/{job}").json()["result"]["files"]
    name = files[0]["name"]
    sent = people["alice"].call("alice", "GET", f"/jobs/{job}/files/{name}")
    assert len(sent.content) == files[0]["bytes"]
    link = people["alice"].call("alice", "GET", f"/jobs/{job}/files/{name}/link").json()["url"]
    for place in (site.server_url("alice"), site.api_url):
        assert httpx.get(place + link, trust_env=False).content == sent.content


async def _states(site: HubSite, browser: Browser, job: str) -> list[str]:
    address = site.server_url("alice").replace("http", "ws", 1) + f"/jobs/{job}/events"
    socket = await websocket_connect(HTTPRequest(address, headers=browser.socket_headers("alice")))
    states = []
    while (message := await asyncio.wait_for(socket.read_message(), 60)) is not None:
        told = json.loads(message)
        assert "state" in told, told
        states.append(told["state"])
    socket.close()
    assert (socket.close_code, socket.close_reason) == (1000, "ended")
    return states
