"""Log lines: their ids, and what is never in them."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from foldsight_server.app import Application
from foldsight_server.identity import Identity, local_user
from foldsight_server.operations import logs
from foldsight_server.operations.logs import Json, Text, about, redact, request_id, who

from foldsight.errors import BadRequest
from foldsight.plans import PLANS

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV"


def record(message: str, *values: object, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord(
        "foldsight.test", logging.INFO, "here.py", 1, message, values, more.pop("exc", None)
    )
    vars(made).update(more)
    return made


def line(made: logging.LogRecord) -> dict[str, Any]:
    text = Json().format(made)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize(
    "secret",
    [
        SEQUENCE,
        SEQUENCE.lower(),
        " ".join(SEQUENCE[at : at + 10] for at in range(0, 70, 10)),
        f">sp|P1|X\\n{SEQUENCE[:60]}\\n{SEQUENCE[60:]}WWWWWWWWWWWWWWWWWWWWWW",
        "ana.lopez+x@biochem.uni-x.edu",
    ],
)
def test_sequences_and_addresses_are_taken_out_whoever_wrote_them(secret: str) -> None:
    said = redact(f"the request {secret!r} broke")
    assert not any(
        part in said for part in secret.replace("\\n", " ").split() if len(part) > 8 or "@" in part
    )
    assert said.startswith("the request ")
    assert said.endswith(" broke")


@pytest.mark.parametrize(
    "text",
    [
        "GET /rooms/x?token=abc123&k=2",
        "ticket=abc123",
        "Authorization: token abc123",
        "Authorization: Bearer abc123",
        "{'authorization': 'bearer abc123', 'k': 2}",
        'the header "token abc123abc123abc123" was wrong',
        "postgresql://fold:abc123@db/foldsight",
        "stripe said sk_live_abc123abc123",
        "FOLDSIGHT_TOKEN is unset but token: abc123",
        "/files/0a/x.cif?expires=1&signature=abc123",
        "password=abc123",
    ],
)
def test_tokens_are_taken_out(text: str) -> None:
    assert "abc123" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "The token is missing or wrong. Set FOLDSIGHT_TOKEN.",
        "job 3f0c1c1e-6a3d-4a3a-9d3e-0f2b8f0a7c11 was lost; it will run again",
        "object 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 is damaged",
        "applied migrations: 0001_jobs.sql, 0002_deaths_and_names.sql",
        "swept: {'projects': 1, 'structures': 0, 'objects': 3}",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert redact(text) == text


def test_a_line_has_its_ids_and_facts_and_its_traceback_is_redacted_in_one_line() -> None:
    try:
        raise ValueError(f"cannot fold {SEQUENCE} of ana@lab.org")
    except ValueError:
        broken = record("job %s broke", "7", exc=sys.exc_info())
    with about(request="r1", user="ana"), about(job="j1"):
        found = line(broken)
        plain = Text().format(broken)
    assert (found["request"], found["user"], found["job"]) == ("r1", "ana", "j1")
    assert found["message"] == "job 7 broke"
    assert "ValueError: cannot fold <sequence> of <e-mail>" in found["exception"]
    assert plain.split("\n")[0].endswith("job 7 broke request=r1 user=ana job=j1")
    assert SEQUENCE not in plain
    facts = line(record("200 GET", facts={"status": 200, "note": "ana@lab.org"}))
    assert (facts["status"], facts["note"]) == (200, "<e-mail>")
    assert "request" not in facts


def test_tasks_take_the_ids_of_where_they_were_begun_and_keep_them_apart() -> None:
    seen: list[dict[str, Any]] = []

    async def work(name: str) -> None:
        with about(job=name):
            await asyncio.sleep(0)
            seen.append(line(record("at work")))

    async def both() -> None:
        with about(request="r1"):
            await asyncio.gather(work("a"), work("b"))

    asyncio.run(both())
    assert sorted((found["request"], found["job"]) for found in seen) == [("r1", "a"), ("r1", "b")]


def test_a_request_id_is_passed_through_unless_it_could_forge_a_line() -> None:
    assert request_id("abc-123") == "abc-123"
    for bad in ("", "a b", "x" * 65, 'a"\n{"level": "error"}', "ana@lab.org"):
        assert request_id(bad) not in ("", bad)


def test_a_user_known_by_an_address_is_logged_by_a_digest() -> None:
    assert who("ana") == "ana"
    assert who("ana@lab.org") == who("ana@lab.org") != who("bo@lab.org")


def ask(core: Application, path: str, caller: Identity, headers: dict[str, str]) -> Any:
    return asyncio.run(core.dispatch("GET", path, caller, {}, headers=headers))


def test_a_call_is_logged_once_with_its_route_and_answered_with_its_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    core = Application(tmp_path)
    caller = Identity("ana@lab.org", "Ana", PLANS["lab"])
    caplog.handler.setFormatter(Json())
    with caplog.at_level(logging.INFO, logs.ACCESS):
        answer = ask(core, "/plans", caller, {"x-request-id": "trace-7"})
        other = ask(core, f"/{SEQUENCE}", local_user(), {})
    first, second = (json.loads(text) for text in caplog.text.splitlines())
    assert answer.headers["X-Request-ID"] == first["request"] == "trace-7"
    assert other.headers["X-Request-ID"] == second["request"]
    assert (first["route"], first["status"], first["user"]) == ("/plans", 200, who("ana@lab.org"))
    assert (second["route"], second["status"]) == ("unknown", 404)
    assert "@" not in caplog.text
    assert SEQUENCE not in caplog.text


def test_a_format_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadRequest, match="FOLDSIGHT_LOG is 'xml'"):
        logs.set_up({"FOLDSIGHT_LOG": "xml"}, "text")
