"""Jobs through a scheduler that the operator runs, over TLS."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from foldsight_server.dispatch.cluster import Cluster
from foldsight_server.dispatch.clusters.address import Address
from foldsight_server.store.embedded import EmbeddedPostgres

from foldsight.calls import post
from foldsight.errors import ServiceUnavailable
from tests.dask_site import Authority, running, variables

if TYPE_CHECKING:
    from conftest import Service

Until = Callable[..., None]
TESTS = Path(__file__).parents[1]
#: What workers need to find the engines of the tests.
PLACES = os.pathsep.join([str(TESTS / "integration" / "engines"), str(TESTS)])
LETTERS = "MKTAYIAKQRQISFVKSHFSRQ"


def request(name: str, **settings: float) -> dict[str, object]:
    return {"sequence": LETTERS, "name": name, "engine": "test-slow", "settings": settings, "network": "off"}


def test_jobs_run_on_workers_of_a_scheduler_over_tls(
    service: Service, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "ca")
    tls = authority.issue("everybody")
    with running(tmp_path, tls, PYTHONPATH=PLACES, FOLDSIGHT_HOME=str(service.home)) as site:
        first = site.worker()
        for name, value in {"FOLDSIGHT_DASK_ADDRESS": site.address, **variables(tls)}.items():
            monkeypatch.setenv(name, value)
        client = service.start()
        job = client.submit(request("over tls", seconds=0.2))
        done = client.wait(job["id"], timeout=60)
        assert (done["state"], done["attempt"]) == ("done", 1), service.log()
        assert service.children("cluster_process") == []
        # Workers come and go; what ran on the one that went runs on the other.
        job = client.submit(request("moved", seconds=1.5))
        until(lambda: service.runs()["start moved"])
        first.kill()
        site.worker()
        done = client.wait(job["id"], timeout=90)
        assert (done["state"], done["attempt"]) == ("done", 2), service.log()


def test_an_organisation_of_a_region_computes_and_keeps_its_files_there(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = Authority(tmp_path / "ca").issue("everybody")
    kept = tmp_path / "eu"
    kept.mkdir()
    with running(tmp_path, tls, PYTHONPATH=PLACES, FOLDSIGHT_HOME=str(service.home)) as site:
        site.worker()
        words = {"objects": kept.as_uri(), "address": site.address, "ca": tls["ca_file"]}
        words |= {"cert": tls["cert"], "key": tls["key"]}
        lines = [f'{word} = "{value}"' for word, value in words.items()]
        (tmp_path / "regions.toml").write_text("\n".join(["[eu]", *lines]))
        monkeypatch.setenv("FOLDSIGHT_REGIONS", str(tmp_path / "regions.toml"))
        client = service.start()
        ours = client.do(post("/organizations", {"name": "Lab"}))
        project = client.do(post("/projects", {"name": "P", "organization": ours["id"]}))["id"]
        with psycopg.connect(EmbeddedPostgres(service.home / "postgres").dsn) as held:
            held.execute("UPDATE organizations SET region = 'eu'")
        place = {"project": project}
        bound = client.wait(client.submit({**request("bound", seconds=0.1), **place})["id"], timeout=90)
        assert bound["state"] == "done", bound["error"]
        digests = {hashlib.sha256(data).hexdigest() for data in client.files(bound).values()}
        here, there = service.home / "objects", tmp_path / "eu"
        assert digests <= {path.name for path in there.rglob("*")}
        assert not digests & {path.name for path in here.rglob("*")}
        # The same request elsewhere is computed elsewhere: results do not cross regions.
        free = client.wait(client.submit(request("bound", seconds=0.1))["id"], timeout=90)
        assert (free["state"], free["cached"]) == ("done", False), free["error"]
        assert digests & {path.name for path in here.rglob("*")}


def test_a_client_of_another_authority_is_refused(tmp_path: Path) -> None:
    own, foreign = Authority(tmp_path / "own"), Authority(tmp_path / "foreign")

    async def connect(url: str) -> None:
        cluster = Cluster(lambda _: None, Address(url, foreign.issue("stranger")))
        try:
            await cluster.start()
        finally:
            await cluster.close()

    with running(tmp_path, own.issue("everybody")) as site, pytest.MonkeyPatch.context() as patch:
        patch.setattr("foldsight_server.dispatch.cluster.START_LIMIT", 3.0)
        with pytest.raises(ServiceUnavailable, match="does not answer"):
            asyncio.run(connect(site.address))
