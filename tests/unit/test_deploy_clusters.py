"""Kinds of clusters: found by name, given our words, refused clearly; the classes are stand-ins."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from foldsight_server.dispatch import clusters
from foldsight_server.dispatch.clusters import Wanted, address

from foldsight.errors import BadRequest

NEEDS = {
    "cuda": "dask-cuda",
    "gateway": "dask-gateway",
    "jobqueue": "dask-jobqueue",
    "kubernetes": "dask-kubernetes",
}


class FakeCluster:
    """Remembers how it was made; as much of a Dask cluster as is asked for."""

    scheduler_address = "tls://10.0.0.1:8786"
    security = SimpleNamespace(tls_cert="CERT", tls_key="KEY")

    def __init__(self, **words: Any) -> None:
        self.words, self.asked = words, ()
        self.worker_spec = {0: {}, 1: {}}
        made.append(self)

    def adapt(self, minimum: int, maximum: int) -> None:
        self.asked = (minimum, maximum)

    def scale(self, workers: int) -> None:
        self.asked = (workers,)

    def close(self, timeout: float = 0) -> None:
        self.asked = ("closed",)


made: list[FakeCluster] = []


@pytest.fixture(autouse=True)
def packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made.clear()
    for name, cls in {
        "dask_cuda": "LocalCUDACluster",
        "dask_gateway": "GatewayCluster",
        "dask_jobqueue": "SLURMCluster",
        "dask_kubernetes.operator": "KubeCluster",
    }.items():
        module = ModuleType(name)
        setattr(module, cls, FakeCluster)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "dask_kubernetes", ModuleType("dask_kubernetes"))
    for part in ("CA", "CERT", "KEY"):
        (tmp_path / part).write_text(part)
        monkeypatch.setenv(f"FOLDSIGHT_DASK_{part}", str(tmp_path / part))


def test_every_kind_is_installed_by_name() -> None:
    assert clusters.kinds() == sorted(["local", *NEEDS])


def test_an_unknown_kind_is_refused_with_the_names_of_the_known() -> None:
    with pytest.raises(BadRequest, match="'lokal', which is no kind of cluster") as caught:
        clusters.kind("lokal")
    assert "jobqueue, kubernetes, local" in caught.value.hint


@pytest.mark.parametrize("name", NEEDS)
def test_a_missing_package_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("dask_")]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadRequest, match=f"needs {NEEDS[name]}") as caught:
        clusters.kind(name)(Wanted(1))
    assert caught.value.hint == f"pip install {NEEDS[name]}"


def test_batch_jobs_preload_the_engines_and_take_one_run_each() -> None:
    wanted = Wanted(2, {"queue": "gpu", "memory": "32GB", "most": 8})
    running = clusters.kind("jobqueue")(wanted)
    words = made[0].words
    assert (words["queue"], words["cores"], words["protocol"]) == ("gpu", 1, "tls://")
    assert words["worker_extra_args"] == wanted.arguments
    assert "foldsight_server.dispatch.preload" in wanted.arguments
    assert "FOLD=1" in wanted.arguments
    assert (made[0].asked, running.workers) == ((2, 8), 2)
    assert "BEGIN" in running.tls["cert"]
    with pytest.raises(BadRequest, match="no class 'Slurm'"):
        clusters.kind("jobqueue")(Wanted(1, {"class": "Slurm"}))


def test_gpus_of_this_machine_are_spoken_to_over_tls() -> None:
    running = clusters.kind("cuda")(Wanted(9))
    words = made[0].words
    assert "n_workers" not in words
    assert (words["protocol"], words["resources"], words["host"]) == ("tls", {"FOLD": 1}, "127.0.0.1")
    assert running.workers == 2


def test_a_gateway_gives_the_certificates_of_its_cluster() -> None:
    running = clusters.kind("gateway")(Wanted(1, {"address": "https://gateway"}))
    assert running.tls == {"ca_file": "CERT", "cert": "CERT", "key": "KEY"}
    assert (made[0].words, made[0].asked) == ({"address": "https://gateway"}, (1,))


def test_the_operator_is_given_a_worker_command_with_our_preload(monkeypatch: pytest.MonkeyPatch) -> None:
    running = clusters.kind("kubernetes")(Wanted(3, {"namespace": "foldsight", "most": 6}))
    words = made[0].words
    assert words["worker_command"][:2] == ["dask", "worker"]
    assert (words["n_workers"], words["namespace"], made[0].asked) == (3, "foldsight", (3, 6))
    assert running.tls == {"ca_file": "CA", "cert": "CERT", "key": "KEY"}
    monkeypatch.delenv("FOLDSIGHT_DASK_KEY")
    with pytest.raises(BadRequest, match="FOLDSIGHT_DASK_KEY is not set"):
        clusters.kind("kubernetes")(Wanted(1))


@pytest.mark.parametrize("text", ["[1]", "{", '"x"'])
def test_options_that_are_no_object_are_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="FOLDSIGHT_CLUSTER_OPTIONS is no JSON"):
        clusters.options(text)
    assert clusters.options(None) == {}


def test_an_address_elsewhere_must_be_encrypted(tmp_path: Path) -> None:
    assert address.read({}) is None
    assert address.read({"FOLDSIGHT_DASK_ADDRESS": "tcp://127.0.0.1:8786"}) == address.Address(
        "tcp://127.0.0.1:8786"
    )
    for url in ("tcp://scheduler:8786", "scheduler:8786", "tls://"):
        with pytest.raises(BadRequest, match="is not encrypted"):
            address.read({"FOLDSIGHT_DASK_ADDRESS": url})
    files = {f"FOLDSIGHT_DASK_{part}": str(tmp_path / part) for part in ("CA", "CERT", "KEY")}
    asked = {"FOLDSIGHT_DASK_ADDRESS": "tls://scheduler:8786", **files}
    found = address.read(asked)
    assert found is not None
    assert found.tls["key"] == str(tmp_path / "KEY")
    with pytest.raises(BadRequest, match="FOLDSIGHT_DASK_CA names /nowhere, which is no file"):
        address.read({**asked, "FOLDSIGHT_DASK_CA": "/nowhere"})
    del asked["FOLDSIGHT_DASK_KEY"]
    with pytest.raises(BadRequest, match="FOLDSIGHT_DASK_KEY is not set"):
        address.read(asked)
