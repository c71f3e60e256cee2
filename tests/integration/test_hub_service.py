"""The service on a real JupyterHub: who is let in, as whom, and what they may do there."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from foldsight_server import policy
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from foldsight.client import Address, Client
from foldsight.errors import NotSignedIn
from tests.hub_browser import Browser
from tests.hub_site import REACH, SHARED, HubSite, running_hub

PDB = b"".join(
    f"ATOM  {i:5d}  CA  {aa} A{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for i, aa in enumerate(["ALA", "CYS", "ASP", "GLU", "PHE"], start=1)
)


@pytest.fixture(scope="module")
def site() -> Iterator[HubSite]:
    with running_hub() as found:
        yield found
        assert "Traceback" not in (found.home / "hub.log").read_text(errors="replace"), found.log()


def call(
    site: HubSite, token: str, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    marks = {"Authorization": f"token {token}", **headers} if token else headers
    return httpx.request(method, site.api_url + path, json=body, headers=marks, timeout=60, trust_env=False)


def refused(answer: httpx.Response, status: int, sentence: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert re.search(sentence, told["detail"]), told
    assert told["hint"]


def test_a_token_of_the_hub_says_who_calls(site: HubSite) -> None:
    with Client(Address(site.base, site.may("alice"), "test")) as client:
        assert client.health()["user"] == "alice"
    bearer = {"Authorization": f"Bearer {site.may('bob')}"}
    answer = httpx.get(f"{site.api_url}/health", headers=bearer, trust_env=False)
    assert answer.json()["user"] == "bob"


def test_what_is_no_good_token_is_refused_with_a_sentence(site: HubSite) -> None:
    refused(call(site, "", "GET", "/projects"), 403, "token is missing")
    refused(call(site, "0" * 32, "GET", "/projects"), 401, "does not know this token")
    basic = base64.b64encode(b"alice:x").decode()
    refused(call(site, "", "GET", "/projects", Authorization=f"Basic {basic}"), 401, "holds no token")
    good = site.may("alice")
    assert call(site, good, "GET", "/projects").status_code == 200
    refused(call(site, "", "GET", f"/projects?token={good}"), 401, "in the URL")
    refused(call(site, good, "GET", f"/projects?token={good}"), 401, "in the URL")
    assert good not in site.log()


def test_wrong_scopes_are_refused(site: HubSite) -> None:
    other = str(site.token("alice", "read:users!user=alice")["token"])
    refused(call(site, other, "GET", "/projects"), 403, "may not reach the service foldsight")
    bare = str(site.token("alice", REACH)["token"])
    refused(call(site, bare, "GET", "/projects"), 403, "no scope of FoldSight")
    far = str(site.token("alice", "custom:foldsight:predict")["token"])
    refused(call(site, far, "GET", "/projects"), 403, "may not reach the service foldsight")
    # The Hub gives nobody more than they have: Carol is no admin.
    answer = site.ask_token("carol", REACH, "custom:foldsight:admin")
    assert answer.status_code == 400, answer.text


def test_an_expired_and_a_revoked_token_are_refused(site: HubSite) -> None:
    expired = str(site.token("alice", REACH, "custom:foldsight:read", seconds=1)["token"])
    made = site.token("alice", REACH, "custom:foldsight:read")
    site.until(lambda: _ended(site, expired), 10)
    with Client(Address(site.base, expired, "test")) as client, pytest.raises(NotSignedIn):
        client.jobs()
    site.revoke("alice", made["id"])
    # It was never used before: the Hub is asked at once. One in use is believed for half a minute more.
    refused(call(site, made["token"], "GET", "/projects"), 401, "expired or was revoked")


def _ended(site: HubSite, token: str) -> bool:
    answer = httpx.get(
        f"{site.url}/hub/api/user", headers={"Authorization": f"token {token}"}, trust_env=False
    )
    return answer.status_code == 403


def test_groups_of_the_hub_are_organisations(site: HubSite) -> None:
    alice, carol = site.may("alice"), site.may("carol")
    (lab,) = call(site, alice, "GET", "/organizations").json()["organizations"]
    assert (lab["name"], lab["plan"], lab["owner_id"], lab["role"]) == ("Baker lab", "lab", "alice", "owner")
    assert call(site, carol, "GET", "/organizations").json()["organizations"] == []
    assert call(site, site.may("bob"), "GET", "/organizations").status_code == 200
    path = f"/organizations/{lab['id']}/members"
    assert members(site, alice, path) == {("alice", "owner"), ("bob", "member"), (SHARED, "member")}
    for role in ("admin", "member"):
        assert call(site, alice, "PUT", f"{path}/bob", {"role": role}).status_code < 300
        call(site, site.may("bob"), "GET", "/projects")
        assert dict(members(site, alice, path))["bob"] == role, "the Hub does not take it back"
    site.regroup("POST", "lab-baker", "carol")
    # A new token is asked about anew, whatever the service remembers of others.
    (joined,) = call(site, site.may("carol"), "GET", "/organizations").json()["organizations"]
    assert (joined["id"], joined["role"]) == (lab["id"], "member")
    site.regroup("DELETE", "lab-baker", "carol")
    assert call(site, site.may("carol"), "GET", "/organizations").json()["organizations"] == []


def members(site: HubSite, token: str, path: str) -> set[tuple[str, str]]:
    return {(row["user_id"], row["role"]) for row in call(site, token, "GET", path).json()["members"]}


#: What each verb of the policy is at the door, as (method, path, body).
DEEDS: dict[policy.Verb, tuple[str, str, Any]] = {
    "see": ("GET", "/projects/{project}", None),
    "fork": ("POST", "/projects/{project}/fork", {}),
    "comment": ("POST", "/projects/{project}/comments", {"body": "hm"}),
    "edit": ("POST", "/projects/{project}/structures?name=mini", PDB),
    "predict": ("POST", "/jobs/forecast", {"sequence": "ACDEFGHIKLMNPQRSTVWY", "project": "{project}"}),
    "share": ("GET", "/projects/{project}/audit", None),
    "publish": ("PATCH", "/projects/{project}", {"visibility": "private"}),
    "delete": ("DELETE", "/projects/{project}", None),
}


def deed(site: HubSite, token: str, verb: policy.Verb, project: str) -> int:
    method, path, body = DEEDS[verb]
    options: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
    if isinstance(body, dict) and "project" in body:
        options["json"] = {**body, "project": project}
    headers = {"Authorization": f"token {token}"}
    url = site.api_url + path.format(project=project)
    return httpx.request(method, url, headers=headers, timeout=60, trust_env=False, **options).status_code


def new_project(site: HubSite, token: str) -> str:
    """Make a private project of the laboratory's, whose plan has shared projects."""
    (lab,) = call(site, token, "GET", "/organizations").json()["organizations"]
    body = {"name": "Protease", "organization": lab["id"]}
    return str(call(site, token, "POST", "/projects", body).json()["id"])


@pytest.mark.parametrize("role", [None, *policy.ROLES])
def test_every_role_has_its_verbs_through_the_hub(site: HubSite, role: policy.Role | None) -> None:
    alice, carol = site.may("alice"), site.may("carol")
    call(site, carol, "GET", "/projects")
    project = new_project(site, alice)
    if role is not None:
        answer = call(site, alice, "PUT", f"/projects/{project}/members/carol", {"role": role})
        assert answer.status_code < 300, answer.text
    for verb in policy.VERBS:
        status = deed(site, carol, verb, project)
        if policy.allows(role, verb):
            assert status < 300, (role, verb, status)
        else:
            assert status == (404 if role is None else 403), (role, verb, status)


@pytest.mark.parametrize("scope", policy.SCOPES)
def test_every_scope_has_its_verbs_through_the_hub(site: HubSite, scope: policy.Scope) -> None:
    project = new_project(site, site.may("alice"))
    token = site.may("alice", scope)
    for verb in policy.VERBS:
        allowed = policy.allows("owner", verb, scope)
        assert (deed(site, token, verb, project) < 300) == allowed, (scope, verb)


def test_a_browser_signs_in_through_the_hub_and_gets_a_ticket_for_one_websocket(site: HubSite) -> None:
    browser = Browser(site.url, "bob")
    page = browser.visit(f"{site.base}/")
    assert "Signed in as bob, plan Lab" in page.text
    asyncio.run(_one_websocket(site, browser.visit))
    fetched = browser.http.get(f"{site.base}/ticket", headers={"Sec-Fetch-Mode": "cors"})
    assert (fetched.status_code, "ticket" in fetched.text) == (401, False)
    # A cookie is good for the pages alone: the interface wants a token.
    refused(browser.http.get(f"{site.api_url}/projects"), 403, "token is missing")
    browser.close()
    stranger = httpx.get(f"{site.base}/ticket", headers={"Sec-Fetch-Mode": "navigate"}, trust_env=False)
    assert stranger.status_code == 302
    assert "/hub/api/oauth2/authorize" in stranger.headers["Location"]


async def _one_websocket(site: HubSite, visit: Callable[[str], httpx.Response]) -> None:
    page = await asyncio.to_thread(visit, f"{site.base}/ticket")
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    (ticket,) = re.findall(r'"ticket": "([\w-]+)"', page.text)
    bob = site.may("bob")
    project = await asyncio.to_thread(new_project, site, bob)
    address = f"{site.api_url.replace('http', 'ws', 1)}/rooms/{project}"
    for query in ("", "?ticket=made-up", f"?token={bob}"):
        assert await _status(address + query) == 401
    assert await _status(f"{address}?ticket={ticket}", Origin="https://elsewhere.example") == 403
    # That attempt took the ticket: whoever it was, it is gone.
    assert await _status(f"{address}?ticket={ticket}", Origin=site.url) == 401
    page = await asyncio.to_thread(visit, f"{site.base}/ticket")
    (ticket,) = re.findall(r'"ticket": "([\w-]+)"', page.text)
    socket = await websocket_connect(f"{address}?ticket={ticket}")
    assert isinstance(await socket.read_message(), bytes)
    socket.close()
    while await socket.read_message() is not None:
        """Until it is closed."""
    assert await _status(f"{address}?ticket={ticket}") == 401


async def _status(address: str, **headers: str) -> int:
    try:
        socket = await websocket_connect(HTTPRequest(address, headers=headers))
    except HTTPClientError as fault:
        return fault.code
    socket.close()
    return 101
