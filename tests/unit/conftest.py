"""A service in this very process, for tests of what lies above it: api, magic and command line."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldsight.confidence import Confidence
from foldsight.engines import registry
from foldsight.errors import EngineFailed, NoStructure
from foldsight.io.bundle import to_bundle
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.sources import http


@cache
def canned() -> Prediction:
    """Return ubiquitin as if the template engine had built it."""
    structure = Library(STARTER.parent / "nowhere", STARTER).structure("1ubi")
    values = np.linspace(40, 98, len(structure.residues)).astype(np.float32)
    facts = {"template": "1ubi", "chain": "A", "identity": 0.58, "coverage": 0.94}
    manifest = FoldManifest("template", "1", "homology", "key", name="canned", facts=facts)
    return Prediction(structure, Confidence("template_support", values), manifest)


class FakeService:
    """Answers as :class:`foldsight.client.Client` does, at once and without a server.

    What becomes of a job is told by its name: ``nobody...`` is refused, ``broken...`` fails,
    all others get the canned prediction, with PAE when the name holds ``pae``.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.rows: dict[str, dict[str, Any]] = {}
        self.interrupt = False
        self._numbers = itertools.count(1)

    def submit(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.requests.append(dict(request))
        id = f"job-{next(self._numbers)}"
        self.rows[id] = {
            "id": id, "kind": "fold", "name": request["name"], "state": "queued", "progress": 0.0,
            "message": "", "engine": request["engine"], "request": dict(request), "error": None,
            "created": "2026-11-23T02:00:00.000+00:00", "started": None, "finished": None,
            "position": 0, "cached": False, "version": 1, "result": None,
        }  # fmt: skip
        return dict(self.rows[id])

    def get(self, job_id: str, **_: Any) -> dict[str, Any]:
        return dict(self.rows[job_id])

    def jobs(self, state: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        rows = [dict(row) for row in self.rows.values() if state in (None, row["state"])]
        return rows[::-1][:limit]

    def cancel(self, job_id: str) -> dict[str, Any]:
        self.rows[job_id]["state"] = "cancelled"
        return dict(self.rows[job_id])

    def wait(
        self, job_id: str, on_update: Callable[[Any], None] | None = None, timeout: float | None = None
    ) -> dict[str, Any]:
        if self.interrupt:
            raise KeyboardInterrupt
        row = self.rows[job_id]
        if row["state"] == "queued":
            row.update(state="running", progress=0.4, message="threading")
            if on_update is not None:
                on_update(dict(row))
            self._finish(row)
        if on_update is not None:
            on_update(dict(row))
        return dict(row)

    def files(self, job: Mapping[str, Any]) -> dict[str, bytes]:
        prediction = canned()
        if "pae" in job["name"]:
            size = len(prediction.structure.residues)
            pae = np.full((size, size), 7.25, dtype=np.float32)
            prediction = replace(prediction, confidence=replace(prediction.confidence, pae=pae))
        return to_bundle(prediction)

    def health(self) -> dict[str, Any]:
        return {"ok": True, "version": "test"}

    def _finish(self, row: dict[str, Any]) -> None:
        if row["name"].startswith("nobody"):
            fault = NoStructure("No engine has a structure.", hint="What would help: add one.")
            row.update(state="failed", error=fault.to_dict())
        elif row["name"].startswith("broken"):
            row.update(state="failed", error=EngineFailed("The engine stopped.").to_dict())
        else:
            row.update(state="done", result={"files": [], "summary": canned().summary()})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> FakeService:
    """Put the fake in the place of the service, and the data folder into a temporary one."""
    import foldsight.api.folding
    import foldsight.client

    fake = FakeService()
    monkeypatch.setenv("FOLDSIGHT_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("FOLDSIGHT_NETWORK", "off")
    monkeypatch.setattr(foldsight.client, "connect", lambda: fake)
    monkeypatch.setattr(foldsight.api.folding, "connect", lambda: fake)
    return fake


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(*engines: Any) -> None:
        monkeypatch.setattr(registry, "_engines", lambda: {engine.id: engine for engine in engines})

    return install


@pytest.fixture
def ipython(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A shell of IPython in a folder of its own, whatever environment the tests were started from."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.chdir(tmp_path)
    found = InteractiveShell()
    found.history_manager.enabled = False
    yield found
    found.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def sources_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources with an empty cache, asked as by default; no name is looked up and nobody waits."""
    monkeypatch.setenv("FOLDSIGHT_HOME", str(tmp_path))
    monkeypatch.delenv("FOLDSIGHT_NETWORK", raising=False)
    monkeypatch.setattr(http, "_resolves", lambda host: True)
    monkeypatch.setattr(http, "_unreachable", {})
    monkeypatch.setattr(http, "_sleep", lambda seconds: None)
