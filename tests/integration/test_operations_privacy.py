"""One's own account: taken along, forgotten, and what left the house."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from foldsight_server.identity import Identity
from foldsight_server.store.privacy import GRACE_DAYS
from foldsight_server.store.queue import Result

from foldsight.plans import PLANS

if TYPE_CHECKING:
    from conftest import Service, Workplace

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQ"
LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def pdb(number: int) -> bytes:
    """A file of its own for each number."""
    return b"".join(
        f"ATOM  {i:5d}  CA  ALA A{i:4d}    {i * 3.8:8.3f}{number:8.3f}   0.000  1.00 20.00\n".encode()
        for i in range(1, 6)
    )


def project(workplace: Workplace, user: str, **more: Any) -> str:
    return str(workplace.good(user, "POST", "/projects", {"name": f"Of {user}", **more})["id"])


def member(workplace: Workplace, owner: str, place: str, user: str, role: str) -> None:
    workplace.good(user, "GET", "/projects")
    workplace.good(owner, "PUT", f"/projects/{place}/members/{user}", {"role": role})


def done(workplace: Workplace, user: str, manifest: dict[str, Any] | None = None, **more: Any) -> str:
    """A finished job with a file or a manifest of its own."""
    service = workplace.core.service
    sequence = SEQUENCE + LETTERS[len(user)] * len(str(more)) + more.pop("tail", "")
    job = workplace.good(user, "POST", "/jobs", {"sequence": sequence, "name": "mine", **more})["id"]
    claim = workplace.run(service.queue.claim("test", 60))[0]
    data = json.dumps(manifest or {"of": job}).encode()
    name = "manifest.json" if manifest else "structure.cif"
    digest = workplace.run(service.objects.put(data))
    files = [{"name": name, "bytes": len(data), "digest": digest}]
    summary = {"origin": "predicted", "engine": "esmfold", "name": "mine"}
    assert workplace.run(service.queue.finish(claim, Result(files, summary)))
    return str(job)


def archive(workplace: Workplace, user: str) -> dict[str, bytes]:
    """The export, read as a client would."""
    caller = Identity(user, user.title(), PLANS["lab"])

    async def read() -> bytes:
        answer = await workplace.core.dispatch("GET", "/account/export", caller, {})
        assert answer.pieces is not None, answer.body
        return b"".join([piece async for piece in answer.pieces])

    with tarfile.open(fileobj=io.BytesIO(workplace.run(read()))) as held:
        return {item.name: held.extractfile(item).read() for item in held}  # type: ignore[union-attr]


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def test_an_export_holds_everything_of_a_person_and_nothing_of_others(workplace: Workplace) -> None:
    mine, theirs = project(workplace, "exa"), project(workplace, "exb")
    structure = workplace.good("exa", "POST", f"/projects/{mine}/structures", pdb(1))
    workplace.good("exb", "POST", f"/projects/{theirs}/structures", pdb(2))
    member(workplace, "exb", theirs, "exa", "commenter")
    workplace.good("exa", "POST", f"/projects/{theirs}/comments", {"body": "my words"})
    workplace.good("exb", "POST", f"/projects/{theirs}/comments", {"body": "their words"})
    job = done(workplace, "exa", project=mine)
    held = archive(workplace, "exa")
    assert lines(held["account-0001.ndjson"])[0]["id"] == "exa"
    assert [row["id"] for row in lines(held["jobs-0001.ndjson"])] == [job]
    assert structure["id"] in {row["id"] for row in lines(held["structures-0001.ndjson"])}
    assert [row["body"] for row in lines(held["comments-0001.ndjson"])] == ["my words"]
    assert pdb(1) in held.values()
    text = b"".join(held.values())
    assert pdb(2) not in text
    assert b"their words" not in text
    assert b"lease_owner" not in text
    assert workplace.core.service.exports == set()


def test_an_export_names_files_that_are_gone_and_is_sent_once_at_a_time(workplace: Workplace) -> None:
    mine = project(workplace, "exc")
    workplace.good("exc", "POST", f"/projects/{mine}/structures", pdb(3))
    service = workplace.core.service
    (row,) = workplace.sql("SELECT files FROM structures WHERE created_by = 'exc'")
    digest = row["files"][0]["digest"]
    workplace.run(service.objects.remove(digest))
    held = archive(workplace, "exc")
    assert held["MISSING"].decode().startswith(digest)
    service.exports.add("exc")
    assert workplace.ask("exc", "GET", "/account/export")[0] == 409
    service.exports.discard("exc")


def test_an_export_streams_over_http(shared: Service) -> None:
    import httpx

    client = shared.client()
    client.workspace.create_project("Exported")
    headers = {"Authorization": f"token {client.address.token}"}
    url = f"{client.address.url}/foldsight/api/v1/account/export"
    with httpx.stream("GET", url, headers=headers, trust_env=False) as answer:
        assert answer.headers["content-type"] == "application/x-tar"
        assert "content-length" not in answer.headers
        data = b"".join(answer.iter_bytes())
    with tarfile.open(fileobj=io.BytesIO(data)) as held:
        assert {"README", "account-0001.ndjson", "projects-0001.ndjson"} <= set(held.getnames())


def test_deletion_takes_the_id_once_more_an_admin_token_and_can_be_withdrawn(workplace: Workplace) -> None:
    workplace.good("dora", "GET", "/projects")
    ask = ("dora", "POST", "/account/deletion")
    assert workplace.ask(*ask, {"confirm": "somebody"})[0] == 400
    assert workplace.ask(*ask, {"confirm": "dora"}, may="predict")[0] == 403
    first = workplace.good(*ask, {"confirm": "dora"})["deletion"]
    assert workplace.good(*ask, {"confirm": "dora"})["deletion"] == first
    (row,) = workplace.sql("SELECT due - asked AS grace FROM account_deletions WHERE user_id = 'dora'")
    assert row["grace"].days == GRACE_DAYS
    assert workplace.run(workplace.core.service.privacy.forget_due()) == 0
    workplace.good("dora", "DELETE", "/account/deletion")
    assert workplace.good("dora", "GET", "/account")["deletion"] is None
    assert workplace.ask("dora", "DELETE", "/account/deletion")[0] == 404


def test_on_a_laptop_the_account_is_the_folder(shared: Service) -> None:
    import httpx

    client = shared.client()
    answer = httpx.post(
        f"{client.address.url}/foldsight/api/v1/account/deletion", json={"confirm": "local"},
        headers={"Authorization": f"token {client.address.token}"}, trust_env=False,
    )  # fmt: skip
    assert (answer.status_code, answer.json()["hint"]) == (403, "Delete the folder FOLDSIGHT_HOME.")


def test_an_organisation_with_members_and_no_admin_is_in_the_way(workplace: Workplace) -> None:
    org = workplace.good("boss", "POST", "/organizations", {"name": "Lab"})["id"]
    workplace.sql("UPDATE organizations SET plan = 'lab', seat_count = 5 WHERE id = %s", org)
    workplace.good("worker", "GET", "/projects")
    workplace.good("boss", "PUT", f"/organizations/{org}/members/worker", {"role": "member"})
    status, told = workplace.ask("boss", "POST", "/account/deletion", {"confirm": "boss"})
    assert (status, told["detail"]) == (409, "Nobody would answer for the members of Lab.")
    workplace.good("boss", "PUT", f"/organizations/{org}/members/worker", {"role": "admin"})
    told = workplace.good("boss", "POST", "/account/deletion", {"confirm": "boss"})["consequences"]
    assert told["organizations_passed_on"] == [{"id": org, "name": "Lab", "to": "worker"}]


def everything(workplace: Workplace) -> str:
    """Every row of every table as text."""
    tables = workplace.sql("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    return "\n".join(str(workplace.sql(f"SELECT * FROM {row['name']}")) for row in tables)


def test_a_deleted_account_is_gone_from_every_table_and_what_others_rest_on_stays(
    workplace: Workplace, tmp_path: Path
) -> None:
    gone, stays = "zoe@lab.example", "yan"
    service = workplace.core.service
    own, handed, theirs = project(workplace, gone), project(workplace, gone), project(workplace, stays)
    member(workplace, gone, handed, stays, "owner")
    member(workplace, stays, theirs, gone, "editor")
    structure = workplace.good(gone, "POST", f"/projects/{own}/structures", pdb(5))
    kept = workplace.good(gone, "POST", f"/projects/{theirs}/structures", pdb(6))
    workplace.good(gone, "POST", f"/projects/{theirs}/comments", {"body": "stays, without a name"})
    workplace.good(gone, "POST", f"/rooms/{structure['id']}/annotations", {"residues": "A:1", "text": "mine"})
    private = done(workplace, gone, tail="WWW")
    together = done(workplace, gone, project=theirs, tail="YYY")
    (row,) = workplace.sql("SELECT files FROM jobs WHERE id = %s", private)
    digests = [row["files"][0]["digest"]]
    org = workplace.good(gone, "POST", "/organizations", {"name": "Of one"})["id"]
    before = workplace.sql("SELECT count(*) AS n FROM audit_log")[0]["n"]
    told = workplace.good(gone, "POST", "/account/deletion", {"confirm": gone})["consequences"]
    assert own in [item["id"] for item in told["projects_deleted"]]
    assert told["projects_passed_on"] == [{"id": handed, "name": f"Of {gone}", "to": stays}]
    assert told["organizations_deleted"] == [{"id": org, "name": "Of one"}]
    workplace.run(service.rooms.close())
    workplace.sql("UPDATE account_deletions SET due = now() WHERE user_id = %s", gone)
    workplace.sql("UPDATE objects SET touched = now() - interval '2 days'")
    assert workplace.run(service.housekeeping.sweep())["accounts"] == 1
    rest = everything(workplace).replace(f"Of {gone}", "")  # the name of the project that was handed on
    assert gone not in rest
    assert workplace.ask(stays, "GET", f"/projects/{own}")[0] == 404
    assert workplace.good(stays, "GET", f"/projects/{handed}")["owner_id"] == stays
    shown = workplace.good(stays, "GET", f"/structures/{kept['id']}")
    assert shown["created_by"].startswith("gone-")
    (comment,) = workplace.good(stays, "GET", f"/projects/{theirs}/comments")["comments"]
    assert (comment["author"], comment["body"]) == ("deleted account", "stays, without a name")
    assert workplace.good(stays, "GET", f"/jobs/{together}")["state"] == "done"
    assert workplace.sql("SELECT 1 FROM jobs WHERE id = %s", private) == []
    assert workplace.sql("SELECT 1 FROM rooms WHERE id = %s", own) == []
    assert [workplace.run(service.objects.has(digest)) for digest in digests] == [False]
    # The audit log is as long as before and a little longer; nobody in it is the person.
    actors = workplace.sql("SELECT actor FROM audit_log WHERE action = 'account.deleted'")
    assert [row["actor"] for row in actors] == [shown["created_by"]]
    assert workplace.sql("SELECT count(*) AS n FROM audit_log")[0]["n"] == before + 2
    # Who comes again under the old name is somebody new.
    assert workplace.good(gone, "GET", "/projects")["projects"][0]["personal"]


def test_the_room_of_a_project_goes_with_it_when_the_trash_is_emptied(workplace: Workplace) -> None:
    place = project(workplace, "tess")
    structure = workplace.good("tess", "POST", f"/projects/{place}/structures", pdb(7))["id"]
    workplace.sql("INSERT INTO rooms (id, snapshot) VALUES (%s, '')", place)
    workplace.good("tess", "DELETE", f"/projects/{place}")
    workplace.sql("UPDATE projects SET deleted = now() - interval '31 days' WHERE id = %s", place)
    workplace.run(workplace.core.service.housekeeping.sweep())
    assert workplace.sql("SELECT 1 FROM rooms WHERE id = %s", place) == []
    assert workplace.sql("SELECT 1 FROM structures WHERE id = %s", structure) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "UPDATE audit_log SET action = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "UPDATE usage_records SET quantity = 0",
        "BEGIN; SET LOCAL foldsight.forgets = 'yes'; UPDATE audit_log SET action = 'x'; COMMIT",
        "BEGIN; SET LOCAL foldsight.forgets = 'yes'; UPDATE usage_records SET quantity = 9; COMMIT",
    ],
)
def test_what_was_done_can_never_be_rewritten(workplace: Workplace, statement: str) -> None:
    workplace.sql(
        "INSERT INTO usage_records (account, user_id, kind, quantity, period)"
        " VALUES ('a', 'b', 'x', 1, '2026-01-01')"
    )
    project(workplace, "auditee")
    workplace.sql("INSERT INTO audit_log (actor, action, subject) VALUES ('a', 'b', 'c')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        workplace.sql(statement)


def audit(workplace: Workplace, user: str, **query: str) -> list[dict[str, Any]]:
    answer = workplace.good(user, "GET", "/audit", query=query)
    assert isinstance(answer, bytes)
    return lines(answer)


def test_the_audit_log_comes_page_by_page_to_who_answers_for_it(workplace: Workplace) -> None:
    place = project(workplace, "aud")
    member(workplace, "aud", place, "help", "editor")
    workplace.good("aud", "PATCH", f"/projects/{place}", {"visibility": "public"})
    whole = [row for row in audit(workplace, "aud") if row["project_id"] == place]
    assert {row["actor"] for row in whole} == {"aud"}
    assert len(whole) >= 2
    paged: list[dict[str, Any]] = []
    while page := audit(workplace, "aud", limit="1", after=str(paged[-1]["id"] if paged else 0)):
        assert len(page) == 1
        paged += page
    assert [row for row in paged if row["project_id"] == place] == whole
    assert [row for row in audit(workplace, "help") if row["project_id"] == place] == []
    assert [row for row in audit(workplace, "stranger") if row["project_id"] == place] == []


def test_what_left_the_house_is_told_for_jobs_and_structures(workplace: Workplace) -> None:
    sent = ["The MD5 of the sequence, and the accession P69905, to alphafold.ebi.ac.uk."]
    sources = [{"name": "AlphaFold DB", "identifier": "P69905"}]
    place = project(workplace, "lea")
    manifest = {"network": "hash", "sent": sent, "sources": sources}
    job = done(workplace, "lea", manifest, project=place, tail="LLLL")
    told = {"network": "hash", "known": True, "sent": sent, "sources": sources}
    assert workplace.good("lea", "GET", f"/jobs/{job}/disclosures") == told
    (structure,) = workplace.good("lea", "GET", f"/projects/{place}/structures")["structures"]
    assert workplace.good("lea", "GET", f"/structures/{structure['id']}/disclosures") == told
    waiting = workplace.good("lea", "POST", "/jobs", {"sequence": SEQUENCE + "GGGGG", "name": "w"})["id"]
    assert workplace.good("lea", "GET", f"/jobs/{waiting}/disclosures")["known"] is False
    upload = workplace.good("lea", "POST", f"/projects/{place}/structures", pdb(8))["id"]
    assert workplace.good("lea", "GET", f"/structures/{upload}/disclosures")["known"] is False
    assert workplace.ask("stranger", "GET", f"/jobs/{job}/disclosures")[0] == 404
    assert workplace.ask("stranger", "GET", f"/structures/{structure['id']}/disclosures")[0] == 404
