"""The few things asked of huggingface.co: what a repository holds, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foldsight.engines.weights import Progress


@dataclass(frozen=True)
class Wanted:
    """One file: its size, and its SHA-256 where the hub lists it (large files)."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Listing:
    """The files of one commit of a repository, by name."""

    repo: str
    commit: str
    files: dict[str, Wanted]


def unreachable() -> tuple[type[Exception], ...]:
    """Return the exceptions that mean that the hub did not answer."""
    from huggingface_hub import errors

    # The hub's own error stands beside its HTTP library's, whichever that is.
    library: type[Exception] = errors.HfHubHTTPError.__bases__[0]
    return (
        library,
        errors.HfHubHTTPError,
        errors.LocalEntryNotFoundError,
        errors.OfflineModeIsEnabled,
        ConnectionError,
    )


def listing(repo: str, revision: str, patterns: Sequence[str]) -> Listing:
    """Return what a repository holds at a revision, resolved to its commit."""
    from huggingface_hub import HfApi

    info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=30)
    files = {
        item.rfilename: Wanted(item.size or 0, item.lfs.sha256 if item.lfs else "")
        for item in info.siblings or []
        if any(fnmatch(item.rfilename, pattern) for pattern in patterns)
    }
    return Listing(repo, info.sha or revision, files)


def download(what: Listing, folder: Path, progress: Progress | None) -> None:
    """Fetch every file of a listing that is not there yet; a broken one goes on where it stopped."""
    from huggingface_hub import hf_hub_download

    total = sum(wanted.bytes for wanted in what.files.values()) or 1
    done = 0
    for name, wanted in what.files.items():
        if progress is not None:
            progress(done / total, f"downloading {name} ({wanted.bytes / 1e9:.1f} GB)")
        target = folder / name
        if not target.is_file() or target.stat().st_size != wanted.bytes:
            hf_hub_download(what.repo, name, revision=what.commit, local_dir=folder)
        done += wanted.bytes
