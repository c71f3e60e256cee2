"""The table of routes, the OpenAPI document, and what goes in and out, without a server."""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path

import pytest
from foldsight_server.api.bodies import Submit
from foldsight_server.api.calls import MAX_BODY, Call, Response, decode
from foldsight_server.api.routes import PREFIX, ROUTES, document
from foldsight_server.app import Application
from foldsight_server.identity import Identity, local_user
from foldsight_server.service import Service

from foldsight.errors import BadRequest


def dispatch(home: Path, method: str, path: str, body: bytes = b"") -> Response:
    core = Application(home)
    return asyncio.run(core.dispatch(method, path, local_user(), {}, body))


def test_every_route_is_in_the_document_with_a_sentence_and_its_parameters() -> None:
    paths = document()["paths"]
    for route in ROUTES:
        operation = paths[PREFIX + route.path][route.method.lower()]
        assert operation["summary"].endswith(".")
        names = {item["name"] for item in operation["parameters"]}
        assert names - {"Idempotency-Key"} == set(route.pattern.groupindex) | set(route.query)
        assert inspect.iscoroutinefunction(route.handler)
    json.dumps(document())


def test_operations_have_names_of_their_own() -> None:
    names = [op["operationId"] for path in document()["paths"].values() for op in path.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nothing", 404, "There is no /nothing"),
        ("DELETE", "/jobs", 405, "does not take DELETE"),
        ("GET", "/openapi.json", 200, ""),
    ],
)
def test_calls_that_need_no_database_leave_no_trace(
    tmp_path: Path, method: str, path: str, status: int, words: str
) -> None:
    response = dispatch(tmp_path, method, path)
    assert response.status == status
    assert words in json.loads(response.encoded()).get("detail", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "truncated"),
        (b"[]", "Expected `object`"),
        (b"{}", "missing required field `sequence`"),
        (b'{"sequence": 1}', "Expected `str`, got `int`"),
        (b'{"sequence": "A", "extra": 1}', "unknown field `extra`"),
        (b'{"sequence": "A", "seed": 1.5}', "seed"),
        (b'{"sequence": "\xff"}', "not UTF-8"),
        (b'{"sequence": "A\\u0000"}', "NUL character"),
        (b'{"sequence": "' + b"A" * MAX_BODY + b'"}', "larger than 1000 kB"),
        (b'{"sequence":' + b"[" * 100_000, "Expected `str`"),
    ],
)
def test_a_body_that_is_not_a_request_is_refused_in_a_sentence(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        decode(body, Submit)
    assert words in refused.value.message
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("text", ["x", "-1", "nan", "inf", "1e9"])
def test_numbers_of_the_query_are_bounded(tmp_path: Path, text: str) -> None:
    call = Call(Service(tmp_path), local_user(), query={"limit": text})
    with pytest.raises(BadRequest, match="Give a number from 0 to 1000"):
        call.number("limit", 50, 1000)


def test_a_reader_may_not_predict(tmp_path: Path) -> None:
    reader = Identity("r", "Reader", may="read")
    with pytest.raises(Exception, match="Reader may not predict here"):
        reader.require("predict")
    reader.require("read")
    local_user().require("admin")


def test_every_route_is_found_by_its_own_path_and_begins_with_a_word() -> None:
    from foldsight_server.app import _route

    for route in ROUTES:
        path = route.path.replace("{", "").replace("}", "")
        assert _route(route.method, path)[0] is route
        assert not route.path.startswith("/{")
