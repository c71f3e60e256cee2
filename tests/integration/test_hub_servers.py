"""Users' own servers on a real JupyterHub: they pass everything on to the service and hold no secret."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from foldsight_server.rooms.document import read_all
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from foldsight.io.pdb_writer import pdb_text
from foldsight.sequence import ALPHABET
from tests.hub_browser import Browser, in_kernel
from tests.hub_site import ROOT, SHARED, HubSite, running_hub
from tests.room_client import ONE, RoomClient, together, until

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
    browsers = {user: Browser(site.url, user) for user in ("alice", "bob")}
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


def test_the_front_end_is_open_like_jupyterlabs_own(site: HubSite) -> None:
    static = ROOT / "widgets/foldsight_widgets/static"
    name = next((path.name for path in static.glob("engine-*.js")), "")
    if not name:
        pytest.skip("the front end is not built")
    # A browser imports a module without the Hub's mark against forged requests.
    url = f"{site.url}/user/alice/foldsight/static/{name}"
    sent = httpx.get(url, headers={"Sec-Fetch-Mode": "cors"}, trust_env=False)
    assert (sent.status_code, sent.headers["Content-Type"]) == (200, "text/javascript")
    assert sent.headers["Content-Encoding"] == "gzip"
    assert httpx.get(url.replace(name, "none.js"), trust_env=False).status_code == 404


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
        found, name, projects = json.loads(asyncio.run(in_kernel(people[user], server, code)))
        assert (found, name) == ("hub", server)
        assert "Personal" in projects


def test_a_local_room_is_the_same_in_kernel_and_page_and_nobody_elses(
    site: HubSite, people: dict[str, Browser]
) -> None:
    code = (
        "import os, httpx\nfrom foldsight import hub\n"
        "marks = {'Authorization': 'token ' + os.environ['JUPYTERHUB_API_TOKEN']}\n"
        "place = hub.service_url() + '/foldsight/api/v1/rooms/local-x/about'\n"
        "print(httpx.get(place, headers=marks).text)"
    )
    kernel = json.loads(asyncio.run(in_kernel(people["alice"], "alice", code)))
    page = people["alice"].call("alice", "GET", "/rooms/local-x/about").json()
    other = people["bob"].call("bob", "GET", "/rooms/local-x/about").json()
    assert kernel["id"] == page["id"] != other["id"]
    assert people["bob"].call("bob", "GET", f"/rooms/{page['id']}/about").json()["id"] != page["id"]


def test_job_events_come_through(site: HubSite, people: dict[str, Browser]) -> None:
    job = people["alice"].call("alice", "POST", "/jobs", json=fold()).json()["id"]
    states = asyncio.run(_states(site, people["alice"], job))
    assert states[-1] == "done"
    files = people["alice"].call("alice", "GET", f"/jobs/{job}").json()["result"]["files"]
    name = files[0]["name"]
    sent = people["alice"].call("alice", "GET", f"/jobs/{job}/files/{name}")
    assert len(sent.content) == files[0]["bytes"]
    link = people["alice"].call("alice", "GET", f"/jobs/{job}/files/{name}/link").json()["url"]
    scene = people["alice"].send("alice", "GET", f"{site.url}/user/alice/foldsight/scene?job={job}")
    assert scene.status_code == 200, scene.text
    missing = people["alice"].send(
        "alice", "GET", f"{site.url}/user/alice/foldsight/scene?job={uuid.uuid4()}"
    )
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
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


def test_two_people_on_two_servers_share_a_room(
    site: HubSite, people: dict[str, Browser], capsys: pytest.CaptureFixture[str]
) -> None:
    project = lab_project(site, bob="editor", carol="viewer")
    path = f"/projects/{project}/structures?name=one.pdb"
    structure = at_service(site, "alice", "POST", path, content=pdb_text(ONE).encode())["id"]
    took = asyncio.run(_together(site, people, project, structure))
    with capsys.disabled():
        middle, late = np.percentile(took, [50, 95]) * 1e3
        print(f"\nannotation from one user's server to another's: {len(took)} times, ", end="")
        print(f"median {middle:.1f} ms, p95 {late:.1f} ms")


async def _together(site: HubSite, people: dict[str, Browser], project: str, structure: str) -> list[float]:
    alice, bob = [await joined(site, people[user], user, user, project) for user in ("alice", "bob")]
    guest = await joined(site, people["bob"], "bob", SHARED, project)
    took = []
    for number in range(50):
        writer, reader = (alice, bob) if number % 2 else (bob, alice)
        heard = len(reader.heard)
        await writer.note(f"{number}", structure=structure)
        await until(lambda count=heard, who=reader: len(who.heard) > count)  # type: ignore[misc]
        took.append(reader.heard[heard][0] - writer.began)
    # Over the shared server too it is Bob who writes, not the server's account.
    await guest.note("by the shared server", structure=structure)
    await together(*(client.all_saved() for client in (alice, bob, guest)))
    await until(lambda: alice.texts() == bob.texts() == guest.texts())
    assert len(alice.texts()) == 51
    assert {item.author for item in read_all(alice.doc)} == {"alice", "bob"}
    forged = await joined(site, people["bob"], "alice", "bob", project)
    await forged.note("in the name of Alice", structure=structure)
    await until(lambda: forged.closed)
    assert forged.closed is not None
    assert forged.closed[0] in (4403, 4422), forged.closed
    assert len(alice.texts()) == 51
    carol = {"Authorization": f"token {site.may('carol')}"}
    viewer = RoomClient(f"{site.api_url.replace('http', 'ws', 1)}/rooms/{project}", "carol", "carol", **carol)
    await viewer.connect()
    await viewer.note("by a viewer", structure=structure)
    await until(lambda: viewer.closed)
    assert viewer.closed is not None
    assert viewer.closed[0] == 4403, viewer.closed
    assert len(alice.texts()) == 51
    await together(*(client.close() for client in (alice, bob, guest, forged, viewer)))
    return took


async def joined(site: HubSite, browser: Browser, user: str, server: str, room: str) -> RoomClient:
    """Enter a room as a page of a server does."""
    address = f"{site.server_url(server).replace('http', 'ws', 1)}/rooms/{room}"
    return await RoomClient(address, user, user, **browser.socket_headers(server)).connect()
