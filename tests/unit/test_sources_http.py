"""The HTTP client: polite, bounded, cached, quick when offline."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from foldsight.errors import NetworkOff, NotFound, SourceFailed
from foldsight.sources import cache, http
from foldsight.sources.http import Http

URL = "https://service.example/thing"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDSIGHT_HOME", str(tmp_path))
    monkeypatch.setattr(http, "_resolves", lambda host: True)
    monkeypatch.setattr(http, "_unreachable", {})


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seen: list[float] = []
    monkeypatch.setattr(http, "_sleep", seen.append)
    return seen


@pytest.fixture
def client() -> Http:
    return Http("Service", ("service.example", ".files.example"))


@respx.mock
def test_it_names_itself(client: Http) -> None:
    route = respx.get(URL).respond(200, content=b"hello")
    assert client.get(URL, network="hash").content == b"hello"
    assert route.calls[0].request.headers["User-Agent"].startswith("foldsight/")


@respx.mock
def test_an_answer_is_kept_for_a_day(client: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    route = respx.get(URL, params={"a": "1"}).respond(200, content=b"x\ny")
    first = client.get(URL, network="hash", params={"a": "1"})
    again = client.get(URL, network="off", params={"a": "1"})  # the cache needs no network
    assert again == first
    assert route.call_count == 1
    tomorrow = time.time() + cache.CACHE_SECONDS + 1
    monkeypatch.setattr(cache.time, "time", lambda: tomorrow)
    client.get(URL, network="hash", params={"a": "1"})
    assert route.call_count == 2


def test_with_the_network_off_nothing_is_asked(client: Http) -> None:
    with respx.mock, pytest.raises(NetworkOff) as caught:
        client.get(URL, network="off")
    assert caught.value.refused


@respx.mock
def test_a_busy_service_is_waited_for_as_it_asks(client: Http, waits: list[float]) -> None:
    answers = [httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(503), httpx.Response(200)]
    respx.get(URL).mock(side_effect=answers)
    assert client.get(URL, network="hash").found
    assert waits == [7.0, 1.0]


@respx.mock
def test_a_service_that_stays_busy_fails(client: Http, waits: list[float]) -> None:
    route = respx.get(URL).respond(500)
    with pytest.raises(SourceFailed, match="too busy"):
        client.get(URL, network="hash")
    assert route.call_count == http.ATTEMPTS
    assert len(waits) == http.ATTEMPTS - 1


@respx.mock
def test_an_unreasonable_wait_is_not_waited(client: Http, waits: list[float]) -> None:
    respx.get(URL).respond(429, headers={"Retry-After": "3600"})
    with pytest.raises(SourceFailed, match="3600 s"):
        client.get(URL, network="hash")
    assert waits == []


@respx.mock
def test_an_unreachable_host_is_given_up_at_once_and_remembered(client: Http) -> None:
    route = respx.get(URL).mock(side_effect=httpx.ConnectError("no route"))
    for _ in range(3):
        with pytest.raises(SourceFailed, match="cannot be reached"):
            client.get(URL, network="hash")
    assert route.call_count == 1


@respx.mock
def test_a_service_that_hangs_is_tried_twice_at_most(client: Http) -> None:
    route = respx.get(URL).mock(side_effect=httpx.ReadTimeout("silence"))
    with pytest.raises(SourceFailed, match="no answer in time"):
        client.get(URL, network="hash")
    assert route.call_count == 2


@respx.mock
def test_an_answer_that_trickles_is_cut_off(client: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "WHOLE_SECONDS", -1.0)
    respx.get(URL).respond(200, content=b"x")
    with pytest.raises(SourceFailed, match="too slowly"):
        client.get(URL, network="hash")


def test_a_name_that_does_not_resolve_costs_seconds_at_most(
    client: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(*args: Any, **kwargs: Any) -> Any:
        time.sleep(1.0)
        raise OSError("unreachable")

    monkeypatch.undo()
    monkeypatch.setattr(http, "_unreachable", {})
    monkeypatch.setattr(http, "_through_proxy", lambda url: False)
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.05)
    monkeypatch.setattr(http.socket, "getaddrinfo", hangs)
    began = time.monotonic()
    with pytest.raises(SourceFailed, match="name is not known"):
        client.get(URL + "?offline", network="hash")
    assert time.monotonic() - began < 0.8


@respx.mock
def test_too_large_an_answer_is_cut_off(client: Http) -> None:
    respx.get(URL).respond(200, content=b"x" * 2000)
    with pytest.raises(SourceFailed, match="more than"):
        client.get(URL, network="hash", limit=1000)


@respx.mock
def test_redirects_stay_with_the_source(client: Http) -> None:
    respx.get(URL).respond(302, headers={"Location": "https://a.files.example/x"})
    respx.get("https://a.files.example/x").respond(200, content=b"moved")
    assert client.get(URL, network="hash").content == b"moved"
    respx.get(f"{URL}/2").respond(302, headers={"Location": "http://169.254.169.254/secrets"})
    with pytest.raises(SourceFailed, match="not one of its addresses"):
        client.get(f"{URL}/2", network="hash")


@respx.mock
def test_circles_are_left(client: Http) -> None:
    respx.get(URL).respond(302, headers={"Location": URL})
    with pytest.raises(SourceFailed, match="circles"):
        client.get(URL, network="hash")


@pytest.mark.parametrize("url", ["http://service.example/", "https://evil.example/", "file:///etc/passwd",
                                 "https://service.example.evil/", "https://files.example/"])  # fmt: skip
def test_only_https_and_known_hosts_are_asked(client: Http, url: str) -> None:
    with respx.mock, pytest.raises(SourceFailed, match="not one of its addresses"):
        client.get(url, network="hash")


@respx.mock
def test_not_found_is_an_answer_and_other_faults_are_not(client: Http) -> None:
    respx.get(URL).respond(404)
    answer = client.get(URL, network="hash")
    assert not answer.found
    with pytest.raises(NotFound, match="no entry X"):
        client.must(answer, "entry X")
    respx.get(f"{URL}/403").respond(403)
    with pytest.raises(SourceFailed, match="HTTP 403"):
        client.get(f"{URL}/403", network="hash")


@respx.mock
def test_what_is_not_json_is_a_fault_of_the_source(client: Http) -> None:
    respx.get(URL).respond(200, content=b"<html>")
    with pytest.raises(SourceFailed, match="JSON"):
        client.get(URL, network="hash").json()


@respx.mock
def test_a_home_that_cannot_be_written_costs_the_cache_only(
    client: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("FOLDSIGHT_HOME", str(blocker))
    respx.get(URL).respond(200, content=b"ok")
    assert client.get(URL, network="hash").content == b"ok"


@respx.mock
def test_a_date_to_come_back_at_is_honoured(client: Http, waits: list[float]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    respx.get(URL).mock(side_effect=[httpx.Response(429, headers={"Retry-After": soon}), httpx.Response(200)])
    assert client.get(URL, network="hash").found
    assert waits == [pytest.approx(20.0, abs=2.0)]


@respx.mock
def test_what_retry_after_may_not_hold_is_no_wait_of_its_own(client: Http, waits: list[float]) -> None:
    respx.get(URL).mock(
        side_effect=[httpx.Response(503, headers={"Retry-After": "soon"}), httpx.Response(200)]
    )
    assert client.get(URL, network="hash").found
    assert waits == [0.5]


@respx.mock
def test_two_gigabytes_are_not_taken_in(client: Http) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(2000):
            sent += 1_000_000
            yield bytes(1_000_000)

    respx.get(URL).respond(200, content=endless())
    tracemalloc.start()
    with pytest.raises(SourceFailed, match="more than 3 MB"):
        client.get(URL, network="hash", limit=3_000_000)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent <= 4_000_000
    assert held < 12_000_000


@respx.mock
def test_a_size_announced_as_too_large_is_not_read_at_all(client: Http) -> None:
    def never() -> Iterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    respx.get(URL).respond(200, headers={"Content-Length": "2000000000"}, content=never())
    with pytest.raises(SourceFailed, match="more than 1 MB"):
        client.get(URL, network="hash", limit=1_000_000)


@respx.mock
def test_a_broken_connection_is_named_as_one(client: Http) -> None:
    respx.get(URL).mock(side_effect=httpx.RemoteProtocolError("peer closed connection"))
    with pytest.raises(SourceFailed, match="broke off"):
        client.get(URL, network="hash")


@respx.mock
def test_the_next_page_is_kept_with_the_answer(client: Http) -> None:
    respx.get(URL).respond(200, headers={"Link": "<x>; rel=next", "X-Total-Results": "7", "Server": "s"})
    first = client.get(URL, network="hash")
    assert first.headers == {"link": "<x>; rel=next", "x-total-results": "7"}
    again = client.get(URL, network="off")
    assert again == first
    assert (first.cached, again.cached) == (False, True)


@respx.mock
def test_json_nested_without_end_is_a_fault_of_the_source(client: Http) -> None:
    respx.get(URL).respond(200, content=b"[" * 200_000)
    with pytest.raises(SourceFailed, match="JSON"):
        client.get(URL, network="hash").json()
