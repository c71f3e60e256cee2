"""Webhooks from what happens to what a receiver behind TLS gets."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from foldsight_server.store.housekeeping import DELIVERY_DAYS
from foldsight_server.store.queue import Claim, Result
from foldsight_server.webhooks import courier
from foldsight_server.webhooks.courier import Courier
from foldsight_server.webhooks.guard import Guard, allowed_networks
from foldsight_server.webhooks.post import Post
from foldsight_server.webhooks.signature import verify

from foldsight.errors import EngineFailed
from tests.webhook_receiver import HOST, Receiver, receiving

if TYPE_CHECKING:
    from conftest import Workplace

EVENTS = ["annotation.created", "comment.created", "job.failed", "job.finished"]
SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQ"
PDB = b"".join(
    f"ATOM  {i:5d}  CA  ALA A{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for i in range(1, 6)
)


async def names(host: str, port: int) -> list[str]:
    return ["127.0.0.1"] if host == HOST else ["93.184.215.14"]


@pytest.fixture
def receiver(
    workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Receiver, Courier]]:
    """A receiver, and a courier that may reach it; nothing is left to deliver from before."""
    workplace.sql("DELETE FROM webhooks")
    service = workplace.core.service
    guard = Guard(allowed_networks("127.0.0.0/8"), names)
    monkeypatch.setattr(service, "guard", guard)
    with receiving(tmp_path) as (server, trust):
        yield server, Courier(service.database, Post(guard, trust), service.metrics.webhook)


def project(workplace: Workplace, user: str = "ana", **more: Any) -> str:
    return str(workplace.good(user, "POST", "/projects", {"name": "Told", **more})["id"])


def hook(workplace: Workplace, place: str, url: str, events: list[str] = EVENTS) -> Any:
    return workplace.good("ana", "POST", f"{place}/webhooks", {"url": url, "events": events})


def settle(workplace: Workplace, carrier: Courier) -> int:
    tried = 0
    while found := workplace.run(carrier.deliver()):
        tried += found
    return tried


def finish(workplace: Workplace, job: str) -> None:
    queue = workplace.core.service.queue
    claim: Claim = workplace.run(queue.claim("test", 60))[0]
    assert claim.id == job
    workplace.run(queue.finish(claim, Result([], {"name": "x", "ran": {}})))


def test_what_happens_in_a_project_is_told_once_signed_and_without_the_sequence(
    workplace: Workplace, receiver: tuple[Receiver, Courier]
) -> None:
    server, carrier = receiver
    here, elsewhere = project(workplace), project(workplace)
    made = hook(workplace, f"/projects/{here}", server.url)
    for place in (here, elsewhere):
        job = workplace.good(
            "ana", "POST", "/jobs", {"sequence": SEQUENCE + "A", "name": place, "project": place}
        )
        finish(workplace, job["id"]) if job["state"] == "queued" else None
    comment = workplace.good("ana", "POST", f"/projects/{here}/comments", {"body": "secret words"})
    assert settle(workplace, carrier) == 2
    got = {headers["x-foldsight-event"]: (headers, body) for headers, body in server.got}
    assert set(got) == {"job.finished", "comment.created"}
    for headers, body in got.values():
        verify(made["secret"], headers["x-foldsight-signature"], body, int(time.time()))
        assert headers["host"].startswith(HOST)
        assert SEQUENCE.encode() not in body
        assert b"secret words" not in body
        assert json.loads(body)["project"] == here
    assert json.loads(got["comment.created"][1])["data"]["comment"] == comment["id"]
    assert json.loads(got["job.finished"][1])["data"]["state"] == "done"
    assert settle(workplace, carrier) == 0


def test_failures_and_annotations_of_an_organisations_projects_are_told(
    workplace: Workplace, receiver: tuple[Receiver, Courier]
) -> None:
    server, carrier = receiver
    org = workplace.good("ana", "POST", "/organizations", {"name": "Lab"})["id"]
    workplace.sql("UPDATE organizations SET plan = 'lab' WHERE id = %s", org)
    hook(workplace, f"/organizations/{org}", server.url)
    here = project(workplace, organization=org)
    job = workplace.good("ana", "POST", "/jobs", {"sequence": SEQUENCE + "C", "name": "f", "project": here})
    claim = workplace.run(workplace.core.service.queue.claim("test", 60))[0]
    workplace.run(workplace.core.service.queue.fault(claim, "refused", EngineFailed("It broke.")))
    structure = workplace.good("ana", "POST", f"/projects/{here}/structures", PDB)["id"]
    room = f"/rooms/{structure}/annotations"
    note = workplace.good("ana", "POST", room, {"residues": "A:1-3", "text": "private words"})
    workplace.good("ana", "POST", f"{room}/{note['id']}/comments", {"text": "a reply"})
    settle(workplace, carrier)
    told = [json.loads(body) for _, body in server.got]
    assert [item["event"] for item in told].count("annotation.created") == 1
    by_event = {item["event"]: item["data"] for item in told}
    assert (by_event["job.failed"]["job"], by_event["job.failed"]["error"]) == (job["id"], "engine_failed")
    assert by_event["annotation.created"]["annotation"] == note["id"]
    assert by_event["comment.created"]["annotation"] == note["id"]
    assert "private words" not in str(told)


def test_only_events_that_were_asked_for_come_and_nothing_of_what_was_rolled_back(
    workplace: Workplace, receiver: tuple[Receiver, Courier]
) -> None:
    server, carrier = receiver
    here = project(workplace)
    hook(workplace, f"/projects/{here}", server.url, ["job.finished"])
    workplace.good("ana", "POST", f"/projects/{here}/comments", {"body": "hello"})
    assert settle(workplace, carrier) == 0


def deliveries(workplace: Workplace, webhook: str) -> Any:
    return workplace.good("ana", "GET", f"/webhooks/{webhook}/deliveries")["deliveries"]


def say(workplace: Workplace, place: str) -> None:
    workplace.good("ana", "POST", f"/projects/{place}/comments", {"body": "hello"})


def due(workplace: Workplace) -> None:
    workplace.sql("UPDATE webhook_deliveries SET not_before = now(), tried = now() - interval '1 hour'")


def test_a_receiver_that_fails_is_tried_again_later_and_then_given_up(
    workplace: Workplace, receiver: tuple[Receiver, Courier]
) -> None:
    server, carrier = receiver
    here = project(workplace)
    made = hook(workplace, f"/projects/{here}", server.url)
    server.status = 500
    say(workplace, here)
    assert settle(workplace, carrier) == 1
    (row,) = deliveries(workplace, made["id"])
    assert (row["state"], row["attempts"], row["status"], row["error"]) == ("waiting", 1, 500, "answered 500")
    wait = workplace.sql("SELECT not_before - now() > interval '20 s' AS later FROM webhook_deliveries")
    assert wait == [{"later": True}]
    assert settle(workplace, carrier) == 0
    for _ in range(courier.TRIES - 1):
        due(workplace)
        assert settle(workplace, carrier) == 1
    (row,) = deliveries(workplace, made["id"])
    assert (row["state"], row["attempts"]) == ("failed", courier.TRIES)
    due(workplace)
    assert settle(workplace, carrier) == 0
    # A replay is a delivery of its own with the same event.
    server.status = 204
    again = workplace.good("ana", "POST", f"/webhooks/{made['id']}/deliveries/{row['id']}/replay")
    assert settle(workplace, carrier) == 1
    newest = deliveries(workplace, made["id"])[0]
    assert (newest["id"], newest["event_id"], newest["state"]) == (again["id"], row["event_id"], "delivered")
    assert workplace.good("ana", "GET", f"/webhooks/{made['id']}")["failing_since"] is None
    assert json.loads(server.got[0][1])["id"] == json.loads(server.got[-1][1])["id"]


@pytest.mark.parametrize(("status", "days", "note"), [(500, 4, "after 3 days"), (410, 0, "410 Gone")])
def test_a_receiver_that_fails_for_days_or_is_gone_is_disabled_with_a_note_until_it_is_enabled(
    workplace: Workplace, receiver: tuple[Receiver, Courier], status: int, days: int, note: str
) -> None:
    server, carrier = receiver
    here = project(workplace)
    made = hook(workplace, f"/projects/{here}", server.url)
    server.status = status
    if days:
        workplace.sql("UPDATE webhooks SET failing_since = now() - make_interval(days => %s)", days)
    say(workplace, here)
    settle(workplace, carrier)
    shown = workplace.good("ana", "GET", f"/webhooks/{made['id']}")
    assert note in shown["note"]
    assert shown["disabled"] is not None
    say(workplace, here)
    due(workplace)
    server.status = 200
    assert settle(workplace, carrier) == 0
    shown = workplace.good("ana", "PATCH", f"/webhooks/{made['id']}", {"enabled": True})
    assert (shown["disabled"], shown["note"], shown["failing_since"]) == (None, "", None)
    # What waited goes out; what happened meanwhile was not put by.
    assert settle(workplace, carrier) == 1


def test_redirects_are_not_followed_and_endless_answers_not_read(
    workplace: Workplace, receiver: tuple[Receiver, Courier]
) -> None:
    server, carrier = receiver
    here = project(workplace)
    made = hook(workplace, f"/projects/{here}", server.url)
    server.status = 302
    say(workplace, here)
    settle(workplace, carrier)
    assert deliveries(workplace, made["id"])[0]["error"] == "answered 302; redirects are not followed"
    server.status, server.endless = 200, True
    due(workplace)
    settle(workplace, carrier)
    assert deliveries(workplace, made["id"])[0]["state"] == "delivered"


def test_a_certificate_of_another_name_and_a_name_that_moved_inside_are_refused(
    workplace: Workplace, receiver: tuple[Receiver, Courier], tmp_path: Path
) -> None:
    server, _ = receiver
    here = project(workplace)
    made = hook(workplace, f"/projects/{here}", server.url.replace(HOST, "other.example"))
    say(workplace, here)

    async def loopback(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    allowed = Guard(allowed_networks("127.0.0.0/8"), loopback)
    trust = ssl.create_default_context(cafile=tmp_path / "hook.pem")
    database = workplace.core.service.database
    settle(workplace, Courier(database, Post(allowed, trust)))
    assert "certificate" in deliveries(workplace, made["id"])[0]["error"]
    due(workplace)
    settle(workplace, Courier(database, Post(Guard((), loopback), trust)))
    shown = deliveries(workplace, made["id"])[0]
    assert (shown["status"], shown["error"]) == (None, "other.example is not on the public internet.")
    assert server.got == []


def test_of_one_webhook_only_so_many_go_out_in_a_minute(
    workplace: Workplace, receiver: tuple[Receiver, Courier], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, carrier = receiver
    monkeypatch.setattr(courier, "RATE", 3)
    busy, calm = project(workplace), project(workplace)
    for place in (busy, calm):
        hook(workplace, f"/projects/{place}", server.url)
    for _ in range(5):
        say(workplace, busy)
    say(workplace, calm)
    assert settle(workplace, carrier) == 4
    told = [json.loads(body)["project"] for _, body in server.got]
    assert (told.count(busy), told.count(calm)) == (3, 1)
    workplace.sql("UPDATE webhook_deliveries SET tried = now() - interval '1 hour'")
    assert settle(workplace, carrier) == 2


def test_two_couriers_deliver_each_event_once(
    workplace: Workplace, receiver: tuple[Receiver, Courier]
) -> None:
    import asyncio

    server, carrier = receiver
    places = [project(workplace) for _ in range(4)]
    for place in places:
        hook(workplace, f"/projects/{place}", server.url)
        for _ in range(2):
            say(workplace, place)

    async def both() -> list[int]:
        return await asyncio.gather(*(carrier.deliver() for _ in range(4)))

    assert sum(workplace.run(both())) + settle(workplace, carrier) == 8
    ids = [json.loads(body)["id"] for _, body in server.got]
    assert len(ids) == len(set(ids)) == 8


def test_a_receiver_inside_is_refused_when_it_is_registered(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = project(workplace)
    monkeypatch.setattr(workplace.core.service, "guard", Guard(()))
    for url in (
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
    ):
        status, told = workplace.ask(
            "ana", "POST", f"/projects/{here}/webhooks", {"url": url, "events": ["job.failed"]}
        )
        assert (status, told["code"]) == (400, "bad_request"), url
    for url in ("http://hooks.example/", "file:///etc/passwd"):
        body = {"url": url, "events": ["job.failed"]}
        assert workplace.ask("ana", "POST", f"/projects/{here}/webhooks", body)[0] == 400


def test_the_secret_is_shown_once_and_the_log_to_owners_only(
    workplace: Workplace, receiver: tuple[Receiver, Courier]
) -> None:
    server, _ = receiver
    here = project(workplace)
    made = hook(workplace, f"/projects/{here}", server.url)
    assert made["secret"].startswith("whsec_")
    say(workplace, here)
    shown = [
        workplace.good("ana", "GET", f"/webhooks/{made['id']}"),
        workplace.good("ana", "GET", f"/projects/{here}/webhooks"),
        deliveries(workplace, made["id"]),
        workplace.good("ana", "GET", f"/projects/{here}/audit"),
    ]
    assert made["secret"] not in str(shown)
    assert "k=1" not in str(shown[3])
    workplace.good("ed", "GET", "/projects")
    workplace.good("ana", "PUT", f"/projects/{here}/members/ed", {"role": "editor"})
    delivery = shown[2][0]["id"]
    calls = [
        ("GET", f"/webhooks/{made['id']}", b""),
        ("PATCH", f"/webhooks/{made['id']}", {"url": "https://evil.example/"}),
        ("DELETE", f"/webhooks/{made['id']}", b""),
        ("GET", f"/webhooks/{made['id']}/deliveries", b""),
        ("POST", f"/webhooks/{made['id']}/deliveries/{delivery}/replay", b""),
    ]
    for method, path, body in calls:
        assert workplace.ask("ed", method, path, body)[0] == 403, (method, path)
        assert workplace.ask("eve", method, path, body)[0] == 404, (method, path)
        if method != "GET":
            assert workplace.ask("ana", method, path, body, may="annotate")[0] == 403
    assert (
        workplace.ask("ed", "POST", f"/projects/{here}/webhooks", {"url": server.url, "events": EVENTS})[0]
        == 403
    )
    free = workplace.ask(
        "ana", "POST", f"/projects/{here}/webhooks", {"url": server.url, "events": EVENTS}, plan="free"
    )
    assert free[0] == 403
    missing = "0b5c5f4c-0000-4000-8000-000000000000"
    assert workplace.ask("ana", "POST", f"/webhooks/{made['id']}/deliveries/{missing}/replay")[0] == 404
    workplace.good("ana", "DELETE", f"/webhooks/{made['id']}")
    assert workplace.ask("ana", "GET", f"/webhooks/{made['id']}")[0] == 404


def test_there_are_at_most_ten_and_old_deliveries_are_forgotten(
    workplace: Workplace, receiver: tuple[Receiver, Courier]
) -> None:
    server, _ = receiver
    here = project(workplace)
    made = [hook(workplace, f"/projects/{here}", server.url) for _ in range(10)]
    status, told = workplace.ask(
        "ana", "POST", f"/projects/{here}/webhooks", {"url": server.url, "events": EVENTS}
    )
    assert (status, told["code"]) == (429, "quota_exceeded")
    say(workplace, here)
    workplace.sql(
        "UPDATE webhook_deliveries SET created = now() - make_interval(days => %s) WHERE webhook_id = %s",
        DELIVERY_DAYS + 1, made[0]["id"],
    )  # fmt: skip
    workplace.run(workplace.core.service.housekeeping.sweep())
    assert (len(deliveries(workplace, made[0]["id"])), len(deliveries(workplace, made[1]["id"]))) == (0, 1)
