"""Weights on disk: where they come from, whether they are whole, and which they are.

Each engine has one folder, ``<weights>/<engine id>``, holding ``config.json`` and
safetensors files; a site without internet copies it there by hand. Nothing is ever
unpickled. The file ``foldsight-weights.json`` in the folder records every digest.

Upstream digests are taken from the hub's own listing and checked while downloading. Of
a folder that was copied by hand they are recorded when first verified (trust on first
use), and compared ever after.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from foldsight import settings
from foldsight.engines.origins import ORIGINS as ORIGINS
from foldsight.engines.origins import Origin
from foldsight.errors import (
    BadFile,
    BadRequest,
    ConsentNeeded,
    EngineUnavailable,
    NetworkOff,
    Refused,
    SourceFailed,
)

RECORD = "foldsight-weights.json"
PATTERNS = ("config.json", "*.safetensors", "*.safetensors.index.json")
_BLOCK = 1 << 22

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Status:
    """What is on disk for an engine.

    Attributes
    ----------
    engine : str
    state : {'missing', 'incomplete', 'unverified', 'recorded'}
        ``unverified`` is whole but without a record, ``recorded`` has one.
    folder : str
    bytes : int
    revision : str
        Commit, where known.
    digest : str
        SHA-256 over all files' digests, empty without a record.
    """

    engine: str
    state: Literal["missing", "incomplete", "unverified", "recorded"]
    folder: str
    bytes: int = 0
    revision: str = ""
    digest: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the status as JSON values."""
        return asdict(self)


def folder_of(engine: str) -> Path:
    """Return the folder of an engine's weights; it need not exist."""
    return settings.weights_dir() / engine


def status(engine: str) -> Status:
    """Say what is on disk, by names and sizes only."""
    folder = folder_of(engine)
    files = weight_files(folder)
    size = sum(path.stat().st_size for path in files)
    if not files:
        return Status(engine, "missing", str(folder))
    record = _read_record(folder)
    if not _whole(folder, files, record):
        return Status(engine, "incomplete", str(folder), size)
    if record is None:
        return Status(engine, "unverified", str(folder), size)
    return Status(engine, "recorded", str(folder), size, record["revision"], _total(record))


def weight_files(folder: Path) -> list[Path]:
    """Return the files that decide a result, sorted by name."""
    return sorted({path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()})


def _whole(folder: Path, files: list[Path], record: dict[str, Any] | None) -> bool:
    names = {path.name: path.stat().st_size for path in files}
    if record is not None:
        return all(names.get(name) == facts["bytes"] for name, facts in record["files"].items())
    wanted = {"config.json"}
    for index in folder.glob("*.safetensors.index.json"):
        wanted |= _shards(index)
    return wanted <= set(names) and any(name.endswith(".safetensors") for name in names)


def _shards(index: Path) -> set[str]:
    try:
        return set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise BadFile(f"{index} is damaged.", hint="Fetch the weights again.") from fault


def fingerprint(engine: str) -> str:
    """Return what identifies the weights in a cache key, without reading them.

    The recorded digest; of a folder that was never verified its names, sizes and times.
    """
    found = status(engine)
    if found.digest:
        return found.digest
    facts = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in weight_files(Path(found.folder))]
    return "unverified:" + hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def verify(engine: str, progress: Progress | None = None) -> Status:
    """Read every file and compare its SHA-256 with the record; make the record if there is none.

    Raises
    ------
    BadRequest
        When the engine is none that has weights.
    Refused
        When there are no weights, or not all of them.
    BadFile
        Naming the file that is not what it was.
    """
    found = status(engine)
    folder = Path(found.folder)
    if found.state == "missing":
        _origin(engine)
        raise Refused(f"There are no weights of {engine}.", hint=f"foldsight engines pull {engine}")
    record = _read_record(folder)
    digests = _digest_all(weight_files(folder), progress)
    if record is None:
        if found.state == "incomplete":
            raise _incomplete(engine)
        write_record(folder, engine, "copied by hand", "", digests)
        return status(engine)
    for name, facts in record["files"].items():
        if digests.get(name, {}).get("sha256") != facts["sha256"]:
            raise BadFile(
                f"{folder / name} is not the file that was recorded on {record['date']}.",
                hint=f"Delete it and run foldsight engines pull {engine}.",
                file=str(folder / name),
            )
    return status(engine)


def _incomplete(engine: str) -> Refused:
    return Refused(f"The weights of {engine} are not complete.", hint=f"foldsight engines pull {engine}")


def _digest_all(files: list[Path], progress: Progress | None) -> dict[str, dict[str, Any]]:
    total = sum(path.stat().st_size for path in files) or 1
    done = 0
    found: dict[str, dict[str, Any]] = {}
    for path in files:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                done += len(block)
                if progress is not None:
                    progress(done / total, f"reading {path.name}")
        found[path.name] = {"sha256": digest.hexdigest(), "bytes": path.stat().st_size}
    return found


def _read_record(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        return {**record, "files": dict(record["files"])}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as fault:
        raise BadFile(
            f"{folder / RECORD} is damaged.", hint="Delete it and run foldsight engines verify."
        ) from fault


def write_record(folder: Path, engine: str, source: str, revision: str, digests: dict[str, Any]) -> None:
    """Write the record of a weights folder.

    Parameters
    ----------
    folder : Path
    engine, source, revision : str
    digests : dict
        File name to ``{"sha256": hex, "bytes": int}``.
    """
    record = {
        "engine": engine,
        "source": source,
        "revision": revision,
        "date": datetime.now(UTC).date().isoformat(),
        "files": digests,
    }
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def _total(record: dict[str, Any]) -> str:
    lines = "".join(f"{facts['sha256']}  {name}\n" for name, facts in sorted(record["files"].items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def pull(
    engine: str, *, consent: bool = False, network: str | None = None, progress: Progress | None = None
) -> Status:
    """Download the weights of an engine; an interrupted download goes on where it stopped.

    Parameters
    ----------
    engine : str
    consent : bool, optional
        That the user has agreed to the size.
    network : {'off', 'hash', 'sequence'}, optional
        The environment's by default.
    progress : callable, optional
        Takes a fraction 0-1 and a short sentence.

    Raises
    ------
    ConsentNeeded
        Naming the size, the source and the licence.
    NetworkOff, EngineUnavailable, Refused
    SourceFailed
        When the hub cannot be reached, or sends something else than it lists.
    """
    origin = _origin(engine)
    if status(engine).state in ("recorded", "unverified"):
        return status(engine)
    _check_pull(engine, origin, consent, network)
    from foldsight.engines import hub

    folder = folder_of(engine)
    try:
        listing = hub.listing(origin.repo, origin.revision, PATTERNS)
        hub.download(listing, folder, progress)
    except hub.unreachable() as fault:
        raise SourceFailed(
            f"huggingface.co cannot be reached: {type(fault).__name__}.",
            hint=f"Copy the files of {origin.repo} to {folder} by hand, then run "
            f"foldsight engines verify {engine}.",
        ) from fault
    digests = _digest_all([folder / name for name in listing.files], progress)
    for name, wanted in listing.files.items():
        if wanted.sha256 and digests[name]["sha256"] != wanted.sha256:
            (folder / name).unlink()
            raise SourceFailed(f"{name} of {origin.repo} did not arrive whole; it was deleted.", file=name)
    write_record(folder, engine, origin.repo, listing.commit, digests)
    return status(engine)


def _origin(engine: str) -> Origin:
    if engine not in ORIGINS:
        raise BadRequest(
            f"{engine!r} has no weights to download.", hint=f"Those that have: {', '.join(ORIGINS)}."
        )
    return ORIGINS[engine]


def _check_pull(engine: str, origin: Origin, consent: bool, network: str | None) -> None:
    from importlib.util import find_spec

    size = f"{origin.bytes / 1e9:.1f} GB"
    if not consent:
        raise ConsentNeeded(
            f"The weights of {engine} are a download of {size} from huggingface.co/{origin.repo} "
            f"({origin.licence} licence).",
            hint=f"If you agree: foldsight engines pull {engine} --yes",
            bytes=origin.bytes,
            repo=origin.repo,
            revision=origin.revision,
        )
    if settings.network(network) == "off":
        raise NetworkOff(
            f"The weights of {engine} cannot be downloaded: the network setting is off.",
            hint=f"Copy the files of {origin.repo} to {folder_of(engine)} by hand.",
        )
    if find_spec("huggingface_hub") is None:
        raise EngineUnavailable("huggingface_hub is not installed.", hint="pip install 'foldsight[gpu]'")
    folder = folder_of(engine)
    folder.mkdir(parents=True, exist_ok=True)
    have = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if shutil.disk_usage(folder).free + have < origin.bytes * 1.02:
        raise Refused(
            f"{folder} has no room for {size}.", hint="Set FOLDSIGHT_WEIGHTS to a folder on a larger disk."
        )
