"""Where webhooks may go, and how they are signed, without a network."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
from typing import Any

import pytest
from foldsight_server.webhooks.courier import TRIES, delay
from foldsight_server.webhooks.guard import Guard, Target, allowed_networks, is_public
from foldsight_server.webhooks.post import Post
from foldsight_server.webhooks.signature import TOLERANCE, new_secret, sign, verify

from foldsight.errors import BadRequest, NotAllowed


class Names:
    """Names and what they resolve to, answer after answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def look(url: str, *addresses: str, allow: str = "") -> Target:
    guard = Guard(allowed_networks(allow), Names(list(addresses)))
    return asyncio.run(guard.target(url))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.127.255.255", "224.0.0.1", "239.1.1.1", "255.255.255.255",
        "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "ff02::1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1",
        "2001:0:1::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::7f00:1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(BadRequest, match="not on the public internet") as refused:
        look("https://hooks.example/x", address)
    assert address.partition("%")[0] not in refused.value.message + refused.value.hint


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_taken(address: str) -> None:
    assert look("https://hooks.example/x?y=1", address) == Target("hooks.example", 443, "/x?y=1", (address,))


def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    with pytest.raises(BadRequest, match="not on the public internet"):
        look("https://hooks.example/", "8.8.8.8", "10.0.0.1")
    with pytest.raises(BadRequest, match="not on the public internet"):
        look("https://hooks.example/")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "ftp://hooks.example/", "https:///x", "https://", "//hooks.example/",
        "https://user@hooks.example/", "https://user:pw@hooks.example/", "https://hooks.example/#part",
        "https://hooks.example:0/", "https://hooks.example:99999/", "https://hooks.example:x/",
        "https://[::1/", "https://hooks.example/ x", "https://hooks.example/\r\nHost: y", "https://ho\x00st/",
        "https://hooks.example/" + "x" * 2000, "https://hooks.example/ä", "gopher://127.0.0.1:6379/_x",
    ],
)  # fmt: skip
def test_a_url_that_is_not_plainly_https_is_refused(url: str) -> None:
    with pytest.raises(BadRequest):
        look(url, "8.8.8.8")


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "[::ffff:7f00:1]"]
)
def test_numbers_and_other_spellings_of_this_machine_are_resolved_before_they_are_judged(host: str) -> None:
    with pytest.raises(BadRequest):
        asyncio.run(Guard(()).target(f"https://{host}/"))


def test_the_operator_may_allow_a_network() -> None:
    assert look("https://hooks.lab/", "10.1.2.3", allow="10.1.0.0/16, fd00::/8").addresses == ("10.1.2.3",)
    with pytest.raises(BadRequest, match="not on the public internet"):
        look("https://hooks.lab/", "10.2.2.3", allow="10.1.0.0/16")
    with pytest.raises(BadRequest, match="FOLDSIGHT_WEBHOOK_ALLOW"):
        allowed_networks("10.1.0.0/99")


def test_python_alone_would_have_let_some_of_them_through() -> None:
    for text in ("64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1"):
        assert not is_public(ipaddress.ip_address(text))


def test_a_name_that_changes_its_mind_is_looked_up_once_and_its_first_answer_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import httpx

    names, gone_to = Names(["8.8.8.8"], ["127.0.0.1"]), []

    class Transport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            gone_to.append((request.url.host, request.headers["host"], request.extensions["sni_hostname"]))
            return httpx.Response(302, headers={"location": "https://127.0.0.1/"})

    client = httpx.AsyncClient
    monkeypatch.setattr(
        httpx, "AsyncClient", lambda **options: client(**{**options, "verify": False}, transport=Transport())
    )
    delivery: dict[str, Any] = {
        "id": "d", "url": "https://hooks.example/x", "event": "job.finished", "payload": {}, "secret": "s",
    }  # fmt: skip
    outcome = asyncio.run(Post(Guard((), names)).send(delivery))
    assert (names.asked, gone_to) == (1, [("8.8.8.8", "hooks.example", "hooks.example")])
    assert (outcome.status, outcome.delivered) == (302, False)
    assert outcome.error == "answered 302; redirects are not followed"


def test_a_signature_is_an_hmac_over_time_and_body_and_grows_old() -> None:
    secret, body, now = new_secret(), b'{"id":"1"}', 1_700_000_000
    header = sign(secret, body, now)
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    assert header == f"t={now},v1={digest}"
    verify(secret, header, body, now + TOLERANCE)
    for given, sent, moment, words in [
        (header, body + b" ", now, "not of this body"),
        (header.replace(f"t={now}", f"t={now + 1}"), body, now, "not of this body"),
        (header, body, now + TOLERANCE + 1, "too old"),
        ("v1=" + digest, body, now, "no time"),
        (f"t={now}", body, now, "not of this body"),
        ("", body, now, "no time"),
    ]:
        with pytest.raises(NotAllowed, match=words):
            verify(secret, given, sent, moment)
    with pytest.raises(NotAllowed):
        verify(new_secret(), header, body, now)


def test_tries_come_later_and_later_and_end() -> None:
    pauses = [delay(number) for number in range(1, TRIES + 1)]
    assert pauses[-1] is None
    waits = [pause for pause in pauses if pause is not None]
    assert waits == sorted(waits)
    assert 12 * 3600 < sum(waits) < 24 * 3600
