"""Two people in real browsers on a real JupyterHub: sign-in, their servers, a ticket, one room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.browser.test_fold_magic import FASTA
from tests.browser.test_lab_extension import run
from tests.hub_browser import API
from tests.hub_site import HubSite, running_hub

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

#: JavaScript: call the interface of this server as JupyterLab does; give status and answer.
CALL = """async ([method, path, body]) => {
    const xsrf = document.cookie.match(/_xsrf=([^;]*)/)?.[1] ?? '';
    const headers = {'X-XSRFToken': xsrf, 'Content-Type': 'application/json'};
    const answer = await fetch(path, {method, headers, body: body && JSON.stringify(body)});
    return [answer.status, await answer.json()];
}"""
#: JavaScript: open a websocket; give the first byte that comes, or how it was closed.
OPEN = """(path) => new Promise((resolve) => {
    const socket = new WebSocket(location.origin.replace('http', 'ws') + path);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event) => { resolve(new Uint8Array(event.data)[0]); socket.close(); };
    socket.onclose = (event) => resolve(['closed', event.code]);
})"""
#: JavaScript: get a ticket from the service through a hidden frame.
TICKET = """() => new Promise((resolve) => {
    addEventListener('message', (event) => event.origin === location.origin && resolve(event.data));
    const frame = document.createElement('iframe');
    frame.hidden = true;
    frame.src = '/services/foldsight/ticket';
    document.body.append(frame);
})"""


@pytest.fixture(scope="module")
def site() -> Iterator[HubSite]:
    with running_hub(lab=True) as found:
        found.start_servers("alice", "bob")
        yield found


@pytest.fixture(scope="module")
def pages(site: HubSite, chromium: Any) -> Iterator[dict[str, Any]]:
    """JupyterLab of each person's own server, signed in through the Hub's form."""
    found = {}
    for user in ("alice", "bob"):
        page = chromium.new_context().new_page()
        page.goto(f"{site.url}/hub/login?next=/user/{user}/lab")
        page.fill("#username_input", user)
        page.fill("#password_input", "x")
        page.click("#login_submit")
        page.wait_for_selector(".jp-Launcher", timeout=120_000)
        found[user] = page
    yield found
    for page in found.values():
        page.context.close()


def call(page: Any, user: str, method: str, path: str, body: Any = None) -> Any:
    return page.evaluate(CALL, [method, f"/user/{user}{API}{path}", body])


def test_a_page_of_ones_own_server_speaks_for_oneself(pages: dict[str, Any]) -> None:
    for user, page in pages.items():
        status, health = call(page, user, "GET", "/health")
        assert (status, health["user"]) == (200, user)
        status, made = call(page, user, "POST", "/projects", {"name": f"of {user}"})
        assert (status, made["owner_id"]) == (201, user)
    assert call(pages["alice"], "bob", "GET", "/health")[0] == 403


def test_a_room_opens_through_the_server_and_by_a_ticket_at_the_service(
    site: HubSite, pages: dict[str, Any]
) -> None:
    page = pages["bob"]
    _, made = call(page, "bob", "POST", "/projects", {"name": "shared"})
    through = f"/user/bob{API}/rooms/{made['id']}"
    assert page.evaluate(OPEN, through) == 0, "the first message of a room is a step of synchronization"
    told = page.evaluate(TICKET)
    assert (told["user"], told["may"]) == ("bob", "annotate")
    room = f"{told['rooms']}{made['id']}"
    assert page.evaluate(OPEN, f"{room}?ticket={told['ticket']}") == 0
    assert page.evaluate(OPEN, f"{room}?ticket={told['ticket']}") == ["closed", 1006]
    assert page.evaluate(OPEN, room) == ["closed", 1006]
    # Alice is a stranger to that project, whichever way she comes.
    assert pages["alice"].evaluate(OPEN, f"/user/alice{API}/rooms/{made['id']}") == ["closed", 4404]


def test_a_cookie_is_no_token_for_the_interface(site: HubSite, pages: dict[str, Any]) -> None:
    page = pages["alice"]
    status, told = page.evaluate(CALL, ["GET", f"/services/foldsight{API}/projects", None])
    assert (status, told["code"]) == (403, "not_allowed")
    page.context.new_page().goto(f"{site.base}/")
    shown = page.context.pages[-1]
    assert "Signed in as alice" in shown.inner_text("body")
    assert httpx.get(f"{site.base}/", trust_env=False).status_code == 302


def test_jupyterlab_folds_at_the_service_and_shows_the_result(site: HubSite, pages: dict[str, Any]) -> None:
    page = pages["alice"]
    run(page, "foldsight:fold")
    text, fold = page.locator(".fsl-text"), page.locator(".fsl-form button[type=submit]")
    text.fill(FASTA)
    page.locator(".fsl-good", has_text="NEDD8").wait_for(timeout=30_000)
    fold.click()
    done = page.locator(".fsl-job[data-state=done]", has_text="NEDD8").first
    done.wait_for(timeout=120_000)
    done.get_by_role("button", name="Open").click()
    page.wait_for_selector(".fsl-document:visible .foldsight-view[data-state=ready]", timeout=120_000)
    assert not list((site.home / "homes" / "alice").rglob("postgres")), "nothing is kept in her own server"
