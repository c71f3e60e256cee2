"""Regions: read from a file, and enforced where files are written and where jobs are sent."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from foldsight_server.dispatch.places import NoPlace, Worker
from foldsight_server.dispatch.pools import Pools
from foldsight_server.dispatch.task import packed
from foldsight_server.hub.settings import read_settings
from foldsight_server.store.objects import ObjectStore
from foldsight_server.store.queue import Claim, Place
from foldsight_server.store.regions import Region, read_regions, require_known

from foldsight.errors import BadFile, BadRequest, Failed, NotFound


def regions_file(folder: Path, text: str) -> dict[str, str]:
    (folder / "regions.toml").write_text(text)
    return {"FOLDSIGHT_REGIONS": str(folder / "regions.toml")}


def files(place: Path) -> list[str]:
    return sorted(path.name for path in place.rglob("*") if path.is_file())


def claim(region: str | None) -> Claim:
    return Claim("1", 1, {"kind": "fold"} | ({"region": region} if region else {}), "key")


def test_the_file_says_where_things_lie(tmp_path: Path) -> None:
    found = read_regions(regions_file(tmp_path, '[eu]\nobjects = "s3://eu/x"\naddress = "tls://eu:8786"\n'))
    assert found == {"eu": Region("s3://eu/x", "tls://eu:8786")}
    assert read_regions({}) == {}


@pytest.mark.parametrize(
    "text",
    [
        '[eu]\nobjects = "s3://one"\n[us]\nobjects = "s3://one/"',
        '[EU]\nobjects = "s3://one"',
        '[eu]\nobjects = "/folder"',
        '[eu]\nobject = "s3://one"',
        "[eu",
    ],
)
def test_a_file_that_binds_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadFile):
        read_regions(regions_file(tmp_path, text))


def test_a_group_of_the_hub_names_a_region_that_exists(tmp_path: Path) -> None:
    hub = tmp_path / "hub.toml"
    hub.write_text('[groups.lab]\norganization = "Lab"\nregion = "eu"\n')
    group = read_settings({"FOLDSIGHT_HUB_CONFIG": str(hub)}).groups["lab"]
    require_known({"eu": Region("s3://eu")}, {"group lab": group.region, "group other": None}, "hub.toml")
    with pytest.raises(BadFile, match="group lab is bound to the region 'eu'"):
        require_known({"us": Region("s3://us")}, {"group lab": group.region}, "hub.toml")


def test_files_of_a_region_lie_there_and_nowhere_else(tmp_path: Path) -> None:
    for name in ("common", "eu"):
        (tmp_path / name).mkdir()
    store = ObjectStore(tmp_path / "common", regions={"eu": (tmp_path / "eu").as_uri()})

    async def use() -> None:
        digest = await store.put(b"of europe", "eu")
        assert (files(tmp_path / "eu"), files(tmp_path / "common")) == ([digest], [])
        assert await store.get(digest) == b"of europe"
        assert await store.has(digest)
        # The same bytes for somebody else are another copy.
        await store.put(b"of europe")
        assert files(tmp_path / "common") == [digest]
        await store.remove(digest)
        assert files(tmp_path / "eu") == files(tmp_path / "common") == []
        with pytest.raises(NotFound):
            await store.get(digest)
        with pytest.raises(Failed, match="no place for files of the region 'us'"):
            await store.put(b"x", "us")
        assert files(tmp_path) == []

    asyncio.run(use())


def test_a_result_of_one_region_answers_no_request_of_another() -> None:
    request: dict[str, Any] = {"kind": "fold"}
    assert Place(region="eu").bind(request, "key") == ({"kind": "fold", "region": "eu"}, "key@eu")
    assert Place(region="us").bind(request, "key")[1] == "key@us"
    assert Place().bind(request, "key") == (request, "key")
    assert "region" not in request


class Common(Pools):
    """The common cluster with a worker for each mark; it remembers where runs were sent."""

    def __init__(self, known: dict[str, Region], *marks: str) -> None:
        super().__init__(lambda _: None, known)
        self._places.renew({str(number): [mark] if mark else [] for number, mark in enumerate(marks)})
        self.sent: list[str] = []

    async def _actor(self, worker: Worker) -> Any:
        return SimpleNamespace(run=partial(self._run, worker))

    async def _run(self, worker: Worker, _: bytes) -> bytes:
        self.sent.append(worker.address)
        return packed({"files": {}})


def test_a_job_of_a_region_goes_to_its_workers_or_nowhere() -> None:
    known = {"eu": Region("s3://eu")}

    async def go() -> None:
        pools = Common(known, "REGION_eu", "")
        for region in ("eu", None, "eu", None):
            assert await pools.execute(claim(region), []) == {"files": {}}
        assert pools.sent == ["0", "1", "0", "1"]
        with pytest.raises(NoPlace, match="No worker with REGION_eu"):
            await Common(known, "OTHER").execute(claim("eu"), [])
        with pytest.raises(NoPlace, match="'us' is not known"):
            await pools.execute(claim("us"), [])

    asyncio.run(go())


def test_a_scheduler_of_a_region_must_be_encrypted() -> None:
    with pytest.raises(BadRequest, match="is not encrypted"):
        Pools(lambda _: None, {"eu": Region("s3://eu", "tcp://eu:8786")})
