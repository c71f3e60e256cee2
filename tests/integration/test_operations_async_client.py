"""The asynchronous client against a real service."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from foldsight.client import Address, AsyncClient, connect_async
from foldsight.errors import BadRequest, NotFound, ServiceUnavailable
from foldsight.io.bundle import from_bundle

if TYPE_CHECKING:
    from conftest import Service

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQ"
PDB = b"".join(
    f"ATOM  {i:5d}  CA  ALA A{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for i in range(1, 6)
)


def test_eight_folds_at_once_from_submit_to_structure(shared: Service) -> None:
    address = shared.client().address

    async def fold(client: AsyncClient, number: int) -> int:
        request = {"sequence": SEQUENCE + "A" * number, "engine": "test-slow", "name": f"n{number}"}
        job = await client.submit(request)
        seen: list[str] = []
        done = await client.wait(job["id"], lambda held: seen.append(held["state"]), timeout=60)
        assert seen[-1] == done["state"] == "done"
        return len(from_bundle(await client.files(done)).structure.residues)

    async def work() -> None:
        async with AsyncClient(address) as client:
            found = await asyncio.gather(*(fold(client, number) for number in range(8)))
            assert found == [len(SEQUENCE) + number for number in range(8)]
            assert len(await client.jobs("done", limit=50)) == 8
            assert (await client.health())["ok"]
            assert "test-slow" in {engine["id"] for engine in await client.engines()}

    asyncio.run(work())


def test_the_workspace_is_awaited_and_its_lists_are_read_as_they_come(
    shared: Service, tmp_path: Path
) -> None:
    address = shared.client().address

    async def work() -> list[Any]:
        async with AsyncClient(address) as client:
            space = client.workspace
            project = (await space.create_project("Async"))["id"]
            path = tmp_path / "five.pdb"
            path.write_bytes(PDB)
            names = [f"s{number}" for number in range(3)]
            await asyncio.gather(*(space.upload(project, path, name=name) for name in names))
            found = [row["name"] async for row in space.structures(project)]
            (first,) = [row async for row in space.search("s1", kind="structure")]
            assert await space.structure_file(first["id"], "structure.pdb") == PDB
            assert len(await space.put_pockets(first["id"], "m", [{"residues": ["A:1"]}])) == 1
            with pytest.raises(BadRequest, match="visibility"):
                await space.change_project(project, visibility="nobody")
            await space.trash_project(project)
            with pytest.raises(NotFound, match="There is no project"):
                await space.project(project)
            return sorted(found)

    assert asyncio.run(work()) == ["s0", "s1", "s2"]


def test_a_fold_that_waits_is_no_fold_that_blocks(shared: Service) -> None:
    address = shared.client().address

    async def work() -> int:
        ticks = 0
        async with AsyncClient(address) as client:
            request = {"sequence": SEQUENCE + "W", "engine": "test-slow", "settings": {"seconds": 0.5}}
            waiting = asyncio.ensure_future(client.wait((await client.submit(request))["id"], timeout=60))
            while not waiting.done():
                await asyncio.sleep(0.01)
                ticks += 1
            assert waiting.result()["state"] == "done"
        return ticks

    assert asyncio.run(work()) > 5


def test_it_is_found_as_the_blocking_one_is_and_says_the_same_when_nobody_is_there(
    shared: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = shared.client()
    monkeypatch.setenv("FOLDSIGHT_URL", client.address.url)
    monkeypatch.setenv("FOLDSIGHT_TOKEN", client.address.token)

    async def work() -> None:
        async with await connect_async() as found:
            assert (await found.health())["version"] == client.health()["version"]
        async with AsyncClient(Address("http://127.0.0.1:9", "", "test")) as nobody:
            with pytest.raises(ServiceUnavailable, match="does not answer"):
                await nobody.health()

    asyncio.run(work())


def test_account_and_webhooks_are_operations_of_both_clients(shared: Service) -> None:
    blocking = shared.client().workspace
    project = blocking.create_project("Watched")["id"]
    url, events = "https://93.184.215.14/hook", ["job.finished"]
    made = blocking.add_webhook(project, url, events)
    assert made["secret"].startswith("whsec_")
    assert blocking.change_webhook(made["id"], enabled=False)["note"] == "disabled by local"
    upload = blocking.upload(project, PDB)["id"]

    async def work() -> None:
        async with AsyncClient(shared.client().address) as client:
            space = client.workspace
            assert [hook["id"] for hook in await space.webhooks(project)] == [made["id"]]
            assert [row async for row in space.deliveries(made["id"])] == []
            assert (await space.structure_disclosures(upload))["known"] is False
            assert (await space.account())["deletion"] is None
            log = await space.audit_log(limit=1)
            assert len(log) == 1
            assert all(entry["id"] > log[0]["id"] for entry in await space.audit_log(after=log[0]["id"]))
            await space.drop_webhook(made["id"])
            with pytest.raises(NotFound, match="There is no webhook"):
                await space.change_webhook(made["id"], enabled=True)

    asyncio.run(work())
