"""Many pairs from a list of files: what ``foldsight align --pairs`` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from foldsight.analysis.alignment.many import Progress, Refusal, run, traced
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.trace import Trace
from foldsight.errors import BadFile, FoldSightError, NotFound
from foldsight.structure import Structure

Reader = Callable[[Path], Any]


def read_pairs(path: Path) -> list[dict[str, str]]:
    """Read a JSON list of ``{"pair": id, "a": file, "b": file}``.

    Raises
    ------
    NotFound, BadFile
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check the path.") from None
    except (OSError, ValueError) as fault:
        raise BadFile(f"{path} is no JSON: {fault}.") from None
    keys = ("pair", "a", "b")
    if not isinstance(rows, list) or not all(isinstance(r, dict) and set(keys) <= set(r) for r in rows):
        raise BadFile(
            f"{path} is no list of pairs.", hint='Give [{"pair": "x", "a": "x.pdb", "b": "y.pdb"}].'
        )
    return [{key: str(row[key]) for key in keys} for row in rows]


def align_pairs(
    pairs: Sequence[Mapping[str, str]], root: Path, read: Reader, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Align the first protein chain of each ``a`` onto that of ``b``.

    Returns
    -------
    list of dict
        Per pair: ``tm_norm1`` (by the length of a), ``tm_norm2`` (by b), ``rmsd`` in Å,
        ``n_aligned``, ``rotation`` and ``translation`` of a onto b, ``aln1``, ``aln2``; or
        ``error``.
    """
    known: dict[Path, Trace | Refusal] = {}
    for path in {root / pair[side]: None for pair in pairs for side in ("a", "b")}:
        known[path] = trace_of(path, read)
    sides = [(known[root / pair["a"]], known[root / pair["b"]]) for pair in pairs]
    whole = [(a, b) for a, b in sides if isinstance(a, Trace) and isinstance(b, Trace)]
    found = iter(run(whole, progress))
    rows = []
    for pair, (a, b) in zip(pairs, sides, strict=True):
        fault = next((side.fault for side in (a, b) if isinstance(side, Refusal)), None)
        rows.append({"pair": pair["pair"], **_row(fault or next(found))})
    return rows


def trace_of(path: Path, read: Reader) -> Trace | Refusal:
    """Read the first protein chain of a file, or why there is none."""
    try:
        return traced(as_structure(read(path)))
    except FoldSightError as fault:
        return Refusal(path.name, fault)


def as_structure(found: Any) -> Structure:
    """Return the structure of what was read: itself, or a prediction's."""
    structure: Structure = getattr(found, "structure", found)
    return structure


def _row(found: Alignment | FoldSightError) -> dict[str, Any]:
    if isinstance(found, FoldSightError):
        return {"error": found.to_dict()}
    return {
        "tm_norm1": found.tm_by_mobile,
        "tm_norm2": found.tm_by_reference,
        "rmsd": found.rmsd,
        "n_aligned": found.n_aligned,
        "rotation": found.rotation.tolist(),
        "translation": found.translation.tolist(),
        "aln1": found.aligned_mobile,
        "aln2": found.aligned_reference,
    }
