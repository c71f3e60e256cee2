"""A browser on a JupyterHub, for tests: what people do there without scripts."""

from __future__ import annotations

import asyncio
import json
import uuid
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlsplit

import httpx
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

API = "/foldsight/api/v1"
NAVIGATE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"}


class Browser:
    """What a browser does on the Hub: cookies, sign-in, redirects; no scripts."""

    def __init__(self, url: str, user: str) -> None:
        self.url, self.user = url, user
        self.http = httpx.Client(follow_redirects=True, timeout=60, trust_env=False, cookies=CookieJar())
        page = self.http.get(f"{url}/hub/login", headers=NAVIGATE)
        answer = self.http.post(
            f"{url}/hub/login",
            data={"username": user, "password": "x", "_xsrf": _field(page.text, "_xsrf")},
            headers=NAVIGATE,
        )
        assert answer.status_code in (200, 404), answer.status_code

    def visit(self, url: str) -> httpx.Response:
        """Go to a page; the Hub's page that asks whether another's server may know who comes is agreed to."""
        page = self.http.get(url, headers=NAVIGATE)
        if urlsplit(str(page.url)).path.endswith("/oauth2/authorize") and page.status_code == 200:
            scopes = _fields(page.text, "scopes")
            data: dict[str, Any] = {"_xsrf": _field(page.text, "_xsrf"), "scopes": scopes}
            page = self.http.post(str(page.url), data=data, headers={**NAVIGATE, "Referer": str(page.url)})
        return page

    def enter(self, server: str) -> None:
        """Open a server's page once, which signs in there."""
        page = self.visit(f"{self.url}/user/{server}/files/none.html")
        there = page.status_code == 404 and "/hub/" not in str(page.url)
        assert there, (page.status_code, str(page.url), page.text[-500:])

    def call(self, server: str, method: str, path: str, **options: Any) -> httpx.Response:
        """Call the interface of a server as its page would."""
        return self.send(server, method, f"{self.url}/user/{server}{API}{path}", **options)

    def send(self, server: str, method: str, url: str, **options: Any) -> httpx.Response:
        """Send what a page of a server does: cookies and the token against forged requests."""
        marks = [cookie for cookie in self.http.cookies.jar if cookie.name == "_xsrf"]
        mine = [str(cookie.value) for cookie in marks if cookie.path == f"/user/{server}/"]
        headers = {"X-XSRFToken": mine[0] if mine else "", "Sec-Fetch-Mode": "cors"}
        return self.http.request(method, url, headers=headers, **options)

    def socket_headers(self, server: str) -> dict[str, str]:
        """Return the headers with which a page of a server opens a websocket."""
        path = f"/user/{server}/"
        cookies = [item for item in self.http.cookies.jar if path.startswith(item.path)]
        held = "; ".join(f"{item.name}={item.value}" for item in cookies)
        return {"Cookie": held, "Origin": self.url, "Sec-Fetch-Mode": "websocket"}

    def close(self) -> None:
        """Close it."""
        self.http.close()


async def in_kernel(browser: Browser, server: str, code: str) -> str:
    """Run code in a kernel of a server and return what it prints."""
    base = f"{browser.url}/user/{server}/api/kernels"
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


def _fields(page: str, name: str) -> list[str]:
    found: list[str] = []

    class Form(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            held = dict(attrs)
            if tag == "input" and held.get("name") == name:
                found.append(held.get("value") or "")

    Form().feed(page)
    return found


def _field(page: str, name: str) -> str:
    found = _fields(page, name)
    assert found, f"the page has no {name}"
    return found[0]
