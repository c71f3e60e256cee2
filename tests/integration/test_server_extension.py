"""FoldSight inside a Jupyter server: who is let in, what is served, and one real job by websocket."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from foldsight_server.web.base import static_folder
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

pytest_plugins = ["pytest_jupyter.jupyter_server"]

API = ("foldsight", "api", "v1")
UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"
#: What opens a websocket, sent by hand where it must fail.
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

Fetch = Callable[..., Any]


@pytest.fixture
def jp_server_config(home: Path) -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"foldsight_server": True}}}


@pytest.fixture(autouse=True)
def jp_server_cleanup(jp_asyncio_loop: Any, home: Path) -> Iterator[None]:
    """The plugin's own fixture, but done before the data folder goes."""
    yield
    jp_asyncio_loop.run_until_complete(ServerApp.instance()._cleanup())
    ServerApp.clear_instance()


@pytest.fixture
def nothing_started(home: Path) -> Iterator[None]:
    yield
    assert list(home.iterdir()) == []


async def status(fetch: Any) -> int:
    try:
        return int((await fetch).code)
    except HTTPClientError as fault:
        return int(fault.code)


async def test_nobody_gets_in_without_the_token(
    jp_fetch: Fetch, jp_serverapp: Any, http_server_client: Any, nothing_started: None
) -> None:
    base = jp_serverapp.base_url
    for path in ("health", "jobs", "engines", "openapi.json"):
        url = f"{base}foldsight/api/v1/{path}"
        assert await status(http_server_client.fetch(url, follow_redirects=False)) in (302, 403)
    # A page of another site has the browser's cookie at best, never the token or the XSRF cookie.
    evil = {"Origin": "http://evil.example"}
    post = http_server_client.fetch(f"{base}foldsight/api/v1/jobs", method="POST", body="{}", headers=evil)
    assert await status(post) in (403, 404)


async def test_the_openapi_document_covers_every_route(jp_fetch: Fetch, nothing_started: None) -> None:
    document = json.loads((await jp_fetch(*API, "openapi.json")).body)
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]["/foldsight/api/v1/jobs"]) == {"get", "post"}
    body = document["paths"]["/foldsight/api/v1/jobs"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Submit"
    assert "sequence" in document["components"]["schemas"]["Submit"]["required"]


async def test_the_engine_file_is_served_packed_and_for_ever(
    jp_fetch: Fetch, jp_serverapp: Any, http_server_client: Any, nothing_started: None
) -> None:
    folder = static_folder()
    engines = sorted(folder.glob("engine-*.js")) if folder is not None else []
    if not engines:
        pytest.skip("the front end is not built")
    name = engines[0].name
    got = await jp_fetch(
        "foldsight", "static", name, headers={"Accept-Encoding": "gzip"}, decompress_response=False
    )
    assert got.headers["Content-Encoding"] == "gzip"
    assert "immutable" in got.headers["Cache-Control"]
    assert got.headers["Content-Type"] == "text/javascript"
    assert gzip.decompress(got.body) == engines[0].read_bytes()
    assert len(got.body) < 0.4 * engines[0].stat().st_size
    for wrong in ("engine-0.js", "..%2F__init__.py", "%2e%2e/assets.py"):
        assert await status(jp_fetch("foldsight", "static", wrong)) == 404
    url = f"{jp_serverapp.base_url}foldsight/static/{name}"
    assert await status(http_server_client.fetch(url, follow_redirects=False)) in (302, 403)


@pytest.mark.slow
async def test_a_job_through_the_extension_with_its_events(
    jp_fetch: Fetch, jp_ws_fetch: Fetch, jp_http_port: int
) -> None:
    body = json.dumps({"sequence": UBIQUITIN, "name": "ubiquitin", "engine": "template", "network": "off"})
    host = {"Host": f"localhost:{jp_http_port}"}  # as the websocket says it: cookies go by it
    queued = await jp_fetch(*API, "jobs", method="POST", body=body, headers=dict(host), request_timeout=60)
    job = json.loads(queued.body)
    assert (queued.code, job["state"]) == (202, "queued")
    cookies = [text.partition(";")[0] for text in queued.headers.get_list("Set-Cookie")]
    signed_in = {"Cookie": "; ".join(cookies), "Authorization": ""}
    for evil in ({"Authorization": ""}, {**signed_in, **host, "Origin": "http://evil.example"}):
        shake = jp_fetch(*API, "jobs", job["id"], "events", headers={**HANDSHAKE, **evil})
        assert await status(shake) == 403
    by_cookie = await jp_ws_fetch(*API, "jobs", job["id"], "events", headers=dict(signed_in))
    assert json.loads(await by_cookie.read_message())["id"] == job["id"]
    by_cookie.close()
    socket = await jp_ws_fetch(*API, "jobs", job["id"], "events")
    seen = []
    while (message := await socket.read_message()) is not None:
        seen.append(json.loads(message))
    assert seen[-1]["state"] == "done", seen[-1]["error"]
    assert [view["version"] for view in seen] == sorted({view["version"] for view in seen})
    assert seen[-1]["result"]["summary"]["confidence"]["kind"] == "template_support"
    cif = await jp_fetch(*API, "jobs", job["id"], "files", "structure.cif")
    assert (cif.headers["Content-Type"], b"_atom_site" in cif.body) == ("chemical/x-mmcif", True)
    listed = json.loads((await jp_fetch(*API, "jobs", params={"state": "done"})).body)["jobs"]
    assert [view["id"] for view in listed] == [job["id"]]
    again = json.loads((await jp_fetch(*API, "jobs", method="POST", body=body)).body)
    assert (again["state"], again["cached"]) == ("done", True)
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*API, "jobs", method="POST", body='{"sequence": "MKTX"}')
    assert refused.value.code == 422
    error = json.loads(refused.value.response.body)
    assert (error["code"], error["refused"]) == ("bad_sequence", True)
    socket.close()
    missing = await jp_ws_fetch(*API, "jobs", "00000000-0000-0000-0000-000000000000", "events")
    assert json.loads(await missing.read_message())["code"] == "not_found"
    missing.close()
