"""Structural alignment against TM-align's own answers, and how fast pairs go.

Data: ``dev_pairs.tar.gz`` (50 pairs of PDB chains with the output of TM-align C++ 20240303), or
another set of the same shape named on the command line (a folder or an archive).
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import data
import numpy as np

import foldsight as fs
from foldsight.analysis.alignment import Trace, align

REFERENCE = "tmalign_cpp_20240303"


def pairs_of(folder: Path) -> list[dict[str, Any]]:
    """Return the reference rows with their files resolved."""
    task = {row["pair"]: row for row in json.loads((folder / "pairs.json").read_text())}
    rows = json.loads((folder / "reference.json").read_text())
    return [
        {**row, "a": folder / task[row["pair"]]["a"], "b": folder / task[row["pair"]]["b"]} for row in rows
    ]


def trace(path: Path) -> Trace:
    """Read one chain."""
    found = fs.read(path)
    return Trace.of(getattr(found, "structure", found))


def turn(p: Any, q: Any) -> float:
    """Angle in degrees between two rotations."""
    cosine = (np.trace(np.asarray(p).T @ np.asarray(q)) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def measure(folder: Path) -> None:
    """Print the largest differences and the rate."""
    worst = {"TM-score": 0.0, "RMSD (Å)": 0.0, "n aligned": 0.0, "rotation (°, TM >= 0.5)": 0.0}
    small, seconds = 0, 0.0
    rows = pairs_of(folder)
    for row in rows:
        mobile, reference, known = trace(row["a"]), trace(row["b"]), row["reference"][REFERENCE]
        start = time.perf_counter()
        found = align(mobile, reference)
        if max(len(mobile), len(reference)) <= 230:
            small, seconds = small + 1, seconds + time.perf_counter() - start
        tm = (found.tm_by_mobile - known["tm_norm1"], found.tm_by_reference - known["tm_norm2"])
        seen = [max(map(abs, tm)), abs(found.rmsd - known["rmsd"]), abs(found.n_aligned - known["n_aligned"])]
        similar = max(known["tm_norm1"], known["tm_norm2"]) >= 0.5
        seen.append(turn(found.rotation, known["rotation"]) if similar else 0.0)
        worst = {key: max(old, new) for (key, old), new in zip(worst.items(), seen, strict=True)}
    print(f"{len(rows)} pairs; largest difference from TM-align C++ 20240303:")
    for key, value in worst.items():
        print(f"  {key:24} {value:.2g}")
    print(f"{small} pairs of at most 230 residues: {small / seconds:.0f} pairs a second in one process")


def main(arguments: list[str]) -> int:
    """Measure the named set, or the one at hand."""
    source = Path(arguments[0]) if arguments else data.find("dev_pairs.tar.gz")
    if source is None:
        print("skipped: needs dev_pairs.tar.gz")
        return 0
    if source.is_dir():
        measure(source)
        return 0
    with tempfile.TemporaryDirectory() as folder, tarfile.open(source) as tar:
        tar.extractall(folder, filter="data")
        measure(next(Path(folder).glob("*/pairs.json")).parent)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
