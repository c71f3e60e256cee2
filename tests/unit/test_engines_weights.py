"""Weights on disk: consent, download, digests, what is refused. Files here are hand-made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from foldsight.engines import hub, weights
from foldsight.engines.esmfold.engine import EsmFold
from foldsight.engines.hub import Listing, Wanted
from foldsight.errors import BadFile, BadRequest, ConsentNeeded, NetworkOff, Refused, SourceFailed

FILES = {"config.json": b"{}", "model.safetensors": b"not really weights"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOLDSIGHT_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("FOLDSIGHT_NETWORK", "hash")
    small = weights.Origin("maker/engine", "abc123", len(b"".join(FILES.values())), "MIT")
    monkeypatch.setitem(weights.ORIGINS, "esmfold", small)
    return tmp_path / "esmfold"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A hub that serves what is in this dict; its listing is always that of FILES."""
    served = dict(FILES)

    def listing(repo: str, revision: str, patterns: Any) -> Listing:
        wanted = {name: Wanted(len(data), sha(data)) for name, data in FILES.items()}
        return Listing(repo, "f" * 40, wanted)

    def download(what: Listing, folder: Path, progress: Any) -> None:
        for name, data in served.items():
            (folder / name).write_bytes(data)

    monkeypatch.setattr(hub, "listing", listing)
    monkeypatch.setattr(hub, "download", download)
    return served


def put(folder: Path, **changes: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(changes.get(name.split(".")[0], data))


def test_a_download_needs_consent_and_says_size_source_and_licence() -> None:
    with pytest.raises(ConsentNeeded) as caught:
        weights.pull("esmfold")
    assert "maker/engine" in caught.value.message
    assert "MIT" in caught.value.message
    assert "--yes" in caught.value.hint


def test_a_download_is_recorded_with_its_commit_and_digests(upstream: Any, folder: Path) -> None:
    found = weights.pull("esmfold", consent=True)
    assert found.state == "recorded"
    assert found.revision == "f" * 40
    record = json.loads((folder / weights.RECORD).read_text())
    assert record["files"]["config.json"] == {"sha256": sha(b"{}"), "bytes": 2}
    assert weights.verify("esmfold").digest == found.digest == weights.fingerprint("esmfold")


def test_a_second_pull_does_nothing(upstream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    weights.pull("esmfold", consent=True)
    monkeypatch.setattr(hub, "listing", None)
    assert weights.pull("esmfold").state == "recorded"


def test_a_file_that_is_not_what_the_hub_lists_is_deleted(upstream: dict[str, bytes], folder: Path) -> None:
    upstream["model.safetensors"] = b"something else!!!!"
    with pytest.raises(SourceFailed, match="did not arrive whole"):
        weights.pull("esmfold", consent=True)
    assert not (folder / "model.safetensors").exists()
    assert weights.status("esmfold").state == "incomplete"


def test_with_the_network_off_nothing_is_downloaded() -> None:
    with pytest.raises(NetworkOff, match="off") as caught:
        weights.pull("esmfold", consent=True, network="off")
    assert "by hand" in caught.value.hint


def test_an_unreachable_hub_says_how_to_do_without(upstream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*args: Any) -> Any:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(hub, "listing", unreachable)
    with pytest.raises(SourceFailed, match="cannot be reached") as caught:
        weights.pull("esmfold", consent=True)
    assert "foldsight engines verify esmfold" in caught.value.hint


def test_what_the_hub_client_raises_offline_is_known_as_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.invalid")
    try:
        hub.listing("maker/engine", "main", weights.PATTERNS)
    except hub.unreachable():
        return
    pytest.fail("hub.invalid answered")


def test_no_room_is_said_before_the_download(upstream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = weights.Origin("maker/engine", "abc123", 1 << 60, "MIT")
    monkeypatch.setitem(weights.ORIGINS, "esmfold", huge)
    with pytest.raises(Refused, match="no room"):
        weights.pull("esmfold", consent=True)


def test_an_engine_without_weights_is_refused() -> None:
    with pytest.raises(BadRequest, match="no weights to download"):
        weights.pull("template")
    with pytest.raises(BadRequest, match="no weights to download"):
        weights.verify("nonsense")


def test_a_folder_copied_by_hand_is_usable_and_recorded_at_first_verification(folder: Path) -> None:
    put(folder)
    assert weights.status("esmfold").state == "unverified"
    assert weights.fingerprint("esmfold").startswith("unverified:")
    assert weights.verify("esmfold").state == "recorded"
    assert not weights.fingerprint("esmfold").startswith("unverified:")


def test_verify_names_the_file_that_changed(folder: Path) -> None:
    put(folder)
    weights.verify("esmfold")
    put(folder, model=b"not really WEIGHTS")
    with pytest.raises(BadFile, match=r"model\.safetensors is not the file"):
        weights.verify("esmfold")


def test_missing_and_half_weights_are_told_apart(folder: Path) -> None:
    assert weights.status("esmfold").state == "missing"
    with pytest.raises(Refused, match="no weights"):
        weights.verify("esmfold")
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert weights.status("esmfold").state == "incomplete"
    with pytest.raises(Refused, match="not complete"):
        weights.verify("esmfold")


def test_an_index_names_the_shards_that_must_be_there(folder: Path) -> None:
    put(folder)
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert weights.status("esmfold").state == "incomplete"
    (folder / "model-2.safetensors").write_bytes(b"x")
    assert weights.status("esmfold").state == "unverified"


def test_pickled_weights_do_not_count(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    assert weights.status("esmfold").state == "incomplete"


def test_a_damaged_record_is_refused(folder: Path) -> None:
    put(folder)
    (folder / weights.RECORD).write_text("{")
    with pytest.raises(BadFile, match="damaged"):
        weights.status("esmfold")
    (folder / weights.RECORD).unlink()
    (folder / "model.safetensors.index.json").write_text("[]")
    with pytest.raises(BadFile, match="damaged"):
        weights.status("esmfold")
    assert EsmFold().available().status in ("missing_weights", "not_installed")


def test_every_neural_engine_has_an_origin_with_a_pinned_or_recorded_revision() -> None:
    for origin in weights.ORIGINS.values():
        assert origin.repo.count("/") == 1
        assert origin.revision
        assert origin.licence
