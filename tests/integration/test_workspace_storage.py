"""Files: checked when read, linked for an hour, removed only when nothing refers to them."""

from __future__ import annotations

import asyncio
import hashlib
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from foldsight_server.identity import nobody
from foldsight_server.links import LIFETIME, Links
from foldsight_server.store.objects import ObjectStore, path_of

from foldsight.errors import Failed, NotFound, ServiceUnavailable

if TYPE_CHECKING:
    from conftest import Workplace


def pdb(number: int) -> bytes:
    rows = (
        f"ATOM  {i:5d}  CA  ALA A{i:4d}    {i * 3.8:8.3f}{number:8.3f}   0.000  1.00 20.00           C\n"
        for i in range(1, 6)
    )
    return "".join(rows).encode()


def keep(workplace: Workplace, project: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = workplace.good("ana", "POST", f"/projects/{project}/structures", pdb(number))
    return found


@pytest.fixture(scope="module")
def project(workplace: Workplace) -> str:
    return str(workplace.good("ana", "POST", "/projects", {"name": "Files"})["id"])


def lies(workplace: Workplace, number: int) -> Path:
    digest = hashlib.sha256(pdb(number)).hexdigest()
    return Path(workplace.core.service.home / "objects" / path_of(digest))


def test_a_damaged_file_is_named_put_aside_and_can_be_stored_again(
    workplace: Workplace, project: str
) -> None:
    made = keep(workplace, project, 1)
    path = f"/structures/{made['id']}/files/structure.pdb"
    lies(workplace, 1).write_bytes(b"flipped" + pdb(1)[7:])
    status, problem = workplace.ask("ana", "GET", path)
    assert (status, problem["detail"]) == (500, "The stored file is damaged.")
    assert workplace.ask("ana", "GET", path)[0] == 404
    keep(workplace, project, 1)
    assert workplace.good("ana", "GET", path) == pdb(1)


def fetch(workplace: Workplace, url: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    caller, query = nobody("10.0.0.9"), dict(parse_qsl(parts.query))
    response = workplace.run(workplace.core.dispatch("GET", parts.path, caller, query))
    return response.status, response.encoded()


def test_a_link_opens_one_file_to_anybody_for_an_hour(workplace: Workplace, project: str) -> None:
    service = workplace.core.service
    made = keep(workplace, project, 2)
    now = [1_800_000_000.0]
    service.links = Links(service.objects, service.object_rows, clock=lambda: now[0])
    link = workplace.good("ana", "GET", f"/structures/{made['id']}/files/structure.pdb/link")
    assert fetch(workplace, link["url"]) == (200, pdb(2))
    now[0] += LIFETIME - 1
    assert fetch(workplace, link["url"])[0] == 200
    now[0] += 1
    status, text = fetch(workplace, link["url"])
    assert status == 403
    assert b"This link has ended." in text
    assert workplace.ask("stranger", "GET", f"/structures/{made['id']}/files/structure.pdb/link")[0] == 404


def test_a_forged_link_opens_nothing(workplace: Workplace, project: str) -> None:
    service = workplace.core.service
    service.links = Links(service.objects, service.object_rows)
    url = workplace.good(
        "ana", "GET", f"/structures/{keep(workplace, project, 3)['id']}/files/structure.pdb/link"
    )["url"]
    other = hashlib.sha256(pdb(2)).hexdigest()
    forged = [
        url.replace(hashlib.sha256(pdb(3)).hexdigest(), other),
        url.replace("structure.pdb", "structure.html"),
        url.replace("expires=", "expires=9"),
        url.replace("expires=", "expires=-"),
        url[:-2] + ("A" if url[-2] != "A" else "B") + url[-1],
        url.partition("&signature")[0],
        url.partition("?")[0],
        url + "é",
        f"/files/{other}/..%2F..%2Fpostgres?expires=1&signature=x",
    ]
    for bad in forged:
        status, text = fetch(workplace, bad)
        assert status == 403, bad
        assert b"none of ours" in text
    # Two replicas on one database make and check each other's links.
    twin = Links(service.objects, service.object_rows)
    parts = urlsplit(url)
    _, _, digest, name = parts.path.split("/")
    workplace.run(
        twin.check(digest, name, **{("ends" if k == "expires" else k): v for k, v in parse_qsl(parts.query)})
    )


def test_nobody_gets_no_further_than_a_link(workplace: Workplace) -> None:
    for path in ("/projects", "/health", "/openapi.json", "/jobs"):
        response = workplace.run(workplace.core.dispatch("GET", path, nobody("10.0.0.9"), {}))
        assert response.status == 403


def test_only_what_nothing_refers_to_is_removed(workplace: Workplace) -> None:
    project = workplace.good("ana", "POST", "/projects", {"name": "Sweep"})["id"]
    house = workplace.core.service.housekeeping
    kept, shared, gone, trashed = (keep(workplace, project, number)["id"] for number in (10, 11, 12, 13))
    workplace.good("ana", "POST", f"/projects/{project}/fork")
    loose = workplace.run(workplace.core.service.objects.put(pdb(14)))
    workplace.run(workplace.core.service.objects.put(pdb(15)))
    workplace.sql("UPDATE objects SET touched = now() - interval '2 days' WHERE digest <> %s",
                  hashlib.sha256(pdb(15)).hexdigest())  # fmt: skip
    workplace.sql("DELETE FROM structures WHERE id = %s OR forked_from = %s", gone, gone)
    workplace.sql("DELETE FROM structures WHERE id = %s", shared)
    workplace.good("ana", "DELETE", f"/structures/{trashed}")
    assert workplace.run(house.sweep())["objects"] == 2
    assert [lies(workplace, number).exists() for number in (10, 11, 12, 13, 14, 15)] == [
        True, True, False, True, False, True,
    ]  # fmt: skip
    assert workplace.run(workplace.core.service.objects.has(loose)) is False
    # Thirty days in the trash: gone, and its file once no fork holds it either.
    workplace.sql("UPDATE structures SET deleted = now() - interval '31 days' WHERE id = %s", trashed)
    workplace.sql("DELETE FROM structures WHERE forked_from = %s", trashed)
    swept = workplace.run(house.sweep())
    assert (swept["structures"], swept["objects"]) == (1, 1)
    assert workplace.good("ana", "GET", f"/structures/{kept}/files/structure.pdb") == pdb(10)


def test_storing_and_sweeping_at_once_loses_no_referenced_file(workplace: Workplace) -> None:
    """Writers store a few contents again and again while everything unreferenced is swept at no grace."""
    service = workplace.core.service
    project = workplace.good("ana", "POST", "/projects", {"name": "Race"})["id"]
    chance = random.Random(3)

    async def write(number: int) -> None:
        digest = await service.objects.put(pdb(number))
        # Within the grace of a second something refers to it.
        async with service.database.connection() as connection:
            await connection.execute(
                "INSERT INTO structures (project_id, created_by, name, sequence, sequence_length, "
                "sequence_hash, origin, files, bytes) VALUES (%s, 'ana', 'r', 'AAAAA', 5, 'x', 'uploaded', "
                "jsonb_build_array(jsonb_build_object('name', 's', 'bytes', 1, 'digest', %s::text)), 1)",
                (project, digest),
            )
        assert await service.objects.has(digest)
        if chance.random() < 0.5:
            async with service.database.connection() as connection:
                text = "DELETE FROM structures WHERE project_id = %s AND files @> %s::jsonb"
                await connection.execute(text, (project, f'[{{"digest": "{digest}"}}]'))

    async def storm() -> None:
        sweeps = asyncio.create_task(_sweep_until_cancelled(service.housekeeping))
        for _ in range(30):
            await asyncio.gather(*(write(chance.randrange(100, 104)) for _ in range(4)))
        sweeps.cancel()
        await asyncio.gather(sweeps, return_exceptions=True)

    workplace.run(storm())
    rows = workplace.sql(
        "SELECT DISTINCT files -> 0 ->> 'digest' AS d FROM structures WHERE project_id = %s", project
    )
    assert all(workplace.run(service.objects.has(row["d"])) for row in rows)


async def _sweep_until_cancelled(house: Any) -> None:
    while True:
        await house.collect(grace=1.0)
        await asyncio.sleep(0.01)


def test_a_store_of_any_kind_is_named_by_its_url(tmp_path: Path) -> None:
    async def go() -> None:
        store = ObjectStore("memory:///")
        digest = await store.put(b"abc")
        assert await store.put(b"abc") == digest
        assert await store.get(digest) == b"abc"
        await store.remove(digest)
        await store.remove(digest)
        assert not await store.has(digest)
        with pytest.raises(NotFound):
            await store.get(digest)
        (tmp_path / "o").mkdir()
        local = ObjectStore(f"file://{tmp_path}/o")
        assert local.local
        (tmp_path / "o" / path_of(await local.put(b"xyz"))).write_bytes(b"zyx")
        with pytest.raises(Failed, match="damaged"):
            await local.get(hashlib.sha256(b"xyz").hexdigest())
        with pytest.raises(ServiceUnavailable, match="cannot be opened"):
            await ObjectStore("nothing://x").put(b"1")

    asyncio.run(go())


@pytest.mark.parametrize("scheme", ["s3", "az"])
def test_a_buckets_own_links_end_within_the_hour(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    import base64

    key = base64.b64encode(b"k" * 32).decode()
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "y"), ("AWS_REGION", "eu-central-1"),
        ("AZURE_STORAGE_ACCOUNT_NAME", "lab"), ("AZURE_STORAGE_ACCOUNT_KEY", key),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    store = ObjectStore(f"{scheme}://bucket/foldsight")
    assert not store.local
    links = Links(store, None)  # type: ignore[arg-type]
    found = asyncio.run(links.make({"digest": "ab" * 32, "name": "structure.cif"}))
    assert "bucket" in found["url"]
    assert ("X-Amz-Expires=3600" if scheme == "s3" else "sig=") in found["url"]
