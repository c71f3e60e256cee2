"""Hostile requests against a running service, each refused: a table of what people try."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from conftest import Service

API = "/foldsight/api/v1"
SQL = "'); DROP TABLE structures; --"
PDB = b"".join(
    f"ATOM  {i:5d}  CA  ALA A{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for i in range(1, 6)
)


@pytest.fixture(scope="module")
def door(shared: Service) -> dict[str, Any]:
    client = shared.client()
    project = client.workspace.create_project("Target")["id"]
    structure = client.workspace.upload(project, PDB, name="s")["id"]
    headers = {"Authorization": f"token {client.address.token}"}
    found = httpx.Client(base_url=client.address.url + API, headers=headers, trust_env=False)
    return {"http": found, "client": client, "project": project, "structure": structure}


@pytest.fixture(scope="module")
def http(door: dict[str, Any]) -> Any:
    with door["http"] as found:
        yield found


def problem(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    return found


#: Every place that takes a text: where, as what.
TEXTS = [
    ("POST", "/projects", "name"),
    ("POST", "/projects", "description"),
    ("PATCH", "/projects/{project}", "name"),
    ("POST", "/organizations", "name"),
    ("POST", "/organizations", "institution"),
    ("PATCH", "/structures/{structure}", "organism"),
    ("PATCH", "/structures/{structure}", "uniprot"),
    ("POST", "/projects/{project}/comments", "body"),
]


@pytest.mark.parametrize(("method", "path", "field"), TEXTS)
def test_sql_in_a_text_is_a_text(
    http: httpx.Client, door: dict[str, Any], method: str, path: str, field: str
) -> None:
    body = {"name": "x", field: SQL} if method == "POST" and field not in ("body",) else {field: SQL}
    found = http.request(method, path.format(**door), json=body)
    assert found.status_code < 300, found.text
    assert found.json().get(field, SQL) == SQL
    assert http.get("/structures/{structure}".format(**door)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/search?q={quote(SQL)}",
        "/search?q=a%27%3A%2A%20%7C%20b%20%26%20%21%28c",
        f"/search?q=x&kind={quote(SQL)}",
        f"/search?q=x&project={quote(SQL)}",
        "/search?q=%00",
        "/search?q=x&offset=1e308",
        f"/projects?cursor={quote(SQL)}",
        "/projects?cursor=WyJ4IiwieSJd",
        "/projects?limit=-1",
        "/projects?limit=NaN",
        "/projects?trash=1%27",
        f"/projects/{quote(SQL, safe='')}",
        "/projects/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/projects/%00",
        "/projects/%ff%fe",
        "/jobs/..%2f..%2fservice.json",
        "/structures/%F0%9F%92%A9",
        "/mentions?seen=yes%0d%0aX-Evil:%201",
    ],
)
def test_odd_queries_and_paths_are_answered_in_a_sentence(http: httpx.Client, path: str) -> None:
    found = http.get(path)
    assert found.status_code in (200, 400, 404)
    assert "X-Evil" not in found.headers
    if found.status_code != 200:
        assert problem(found)["refused"] is True


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..%2f..", "/etc/passwd", "structure.pdb/..", "\0", "%00"]
)
def test_a_file_name_is_looked_up_never_opened(http: httpx.Client, door: dict[str, Any], name: str) -> None:
    for base in (f"/structures/{door['structure']}/files/", f"/files/{'a' * 64}/"):
        found = http.get(base + quote(name, safe=""))
        assert problem(found)["status"] in (403, 404)


def test_a_structures_name_leaves_no_trace_in_headers_or_paths(
    http: httpx.Client, door: dict[str, Any]
) -> None:
    evil = '../../x";\r\nX-Evil: 1'
    refused = http.post("/projects/{project}/structures".format(**door), params={"name": evil}, content=PDB)
    assert problem(refused)["status"] == 400
    made = http.post(
        "/projects/{project}/structures".format(**door), params={"name": '../../x";'}, content=PDB
    )
    assert [item["name"] for item in made.json()["files"]] == ["structure.pdb"]
    file = http.get(f"/structures/{made.json()['id']}/files/structure.pdb")
    assert file.headers["Content-Disposition"] == 'attachment; filename="structure.pdb"'
    assert file.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"[" * 100_000, 400),
        (b'{"name": "\\u0000"}', 400),
        (b'{"name": "\\ud800"}', 400),
        (b'{"name": "a\\nb"}', 400),
        (b'{"name": "x", "owner_id": "root"}', 400),
        (b'{"name": "x", "visibility": "root"}', 400),
        (b'{"name": {"$ne": null}}', 400),
        (b'{"name": "' + b"x" * 201 + b'"}', 400),
        (b'{"name": "x", "description": "' + b"x" * 1_000_000 + b'"}', 400),
    ],
)
def test_a_body_that_is_too_much_or_too_odd_is_refused(http: httpx.Client, body: bytes, status: int) -> None:
    assert problem(http.post("/projects", content=body))["status"] == status


def test_a_body_beyond_all_bounds_is_not_read(door: dict[str, Any]) -> None:
    address = urlsplit(door["client"].address.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as line:
        head = f"POST {API}/projects HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n"
        line.sendall(head.encode())
        assert line.recv(100).startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
    assert door["client"].health()["ok"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "token x"},
        {"Authorization": "Basic cm9vdDpyb290"},
        {"Authorization": "token é".encode()},
        {"Cookie": "token=x; _xsrf=1", "X-XSRFToken": "1"},
        {"X-Forwarded-User": "local", "X-Remote-User": "local"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_without_the_token_nothing_is_said(
    door: dict[str, Any], headers: dict[str, Any], method: str
) -> None:
    url = door["client"].address.url + API
    with httpx.Client(trust_env=False) as stranger:
        found = stranger.request(method, f"{url}/projects/{door['project']}", headers=headers)
        assert (found.status_code, "Target" in found.text) == (
            403 if method in ("GET", "PATCH", "DELETE") else 405,
            False,
        )


def test_a_page_of_another_origin_gets_no_leave(http: httpx.Client) -> None:
    """No cookie signs anybody in, so a foreign page has nothing to ride on, and it may not read answers."""
    for method in ("OPTIONS", "GET", "POST"):
        found = http.request(method, "/projects", headers={"Origin": "https://evil.example"})
        assert not [name for name in found.headers if name.lower().startswith("access-control-")]


def test_a_key_is_a_word(http: httpx.Client) -> None:
    for key in ("", "a" * 201, "a b", SQL):
        found = http.post("/projects", json={"name": "x"}, headers={"Idempotency-Key": key})
        assert problem(found)["status"] == 400


def test_formulas_and_markup_travel_as_json_that_no_browser_runs(http: httpx.Client) -> None:
    found = http.post("/projects", json={"name": "<script>alert(1)</script>"})
    assert found.headers["Content-Type"] == "application/json"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(found.text)["name"] == "<script>alert(1)</script>"
