"""Pockets of many files, in the form that ``score_pockets.py`` reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from foldsight.analysis.pockets.detect import METHOD, find_pockets
from foldsight.analysis.pockets.result import Pockets
from foldsight.errors import FoldSightError, NotFound
from foldsight.prediction import Prediction
from foldsight.structure import Structure

#: Endings of the files that are taken from a folder.
SUFFIXES = (".pdb", ".ent", ".cif", ".mmcif", ".bcif")
Reader = Callable[[Path], Structure | Prediction]
Finder = Callable[[Structure | Prediction], Pockets]


def structure_files(folder: Path) -> list[Path]:
    """Return the structure files of a folder, or of its ``structures`` when it has one.

    Raises
    ------
    NotFound
        When there is none.
    """
    inner = folder / "structures"
    place = inner if inner.is_dir() else folder
    found = sorted(path for path in place.glob("*") if _bare(path).endswith(SUFFIXES))
    if not found:
        raise NotFound(f"{place} holds no structure file.", hint="It needs .pdb, .cif or .bcif files.")
    return found


def structure_id(path: Path) -> str:
    """Return the name of a file without the endings of its kind.

    >>> structure_id(Path("sets/7abc_XYZ.pdb.gz"))
    '7abc_XYZ'
    """
    bare = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return bare.rpartition(".")[0] or bare


def scan_files(
    paths: Iterable[Path],
    read: Reader,
    *,
    find: Finder = find_pockets,
    method: str = METHOD,
    progress: Callable[[float, str], None] | None = None,
) -> dict[str, Any]:
    """Find the pockets of every file.

    Parameters
    ----------
    paths : iterable of Path
    read : callable
        Reads a structure file, such as :func:`foldsight.io.read`.
    find : callable, optional
        Finds the pockets; the built-in detector by default.
    method : str, optional
        Name of what ``find`` is.
    progress : callable, optional
        Called with the share done and the file's name.

    Returns
    -------
    dict
        ``{"method", "structures": {id: {"seconds", "pockets": [...]}}}``, JSON values. A
        file that cannot be used has no pockets and an ``error``: it is not left out.
    """
    files = list(paths)
    structures: dict[str, Any] = {}
    for done, path in enumerate(files):
        if progress:
            progress(done / len(files), path.name)
        structures[structure_id(path)] = _one(path, read, find)
    return {"method": method, "structures": structures}


def _one(path: Path, read: Reader, find: Finder) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        found: dict[str, Any] = {"pockets": [pocket.to_dict() for pocket in find(read(path))]}
    except FoldSightError as fault:
        found = {"pockets": [], "error": fault.to_dict()}
    return {"seconds": round(time.perf_counter() - started, 4), **found}


def _bare(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")
