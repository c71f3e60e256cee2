"""Structural alignment against TM-align's own answers; rate, refusals and the event loop.

Data: ``dev_pairs.tar.gz`` (50 pairs of PDB chains with the output of TM-align C++ 20240303), or
another set of the same shape named on the command line (a folder or an archive).
"""

from __future__ import annotations

import asyncio
import json
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import data
import numpy as np
import psutil

import foldsight as fs
from foldsight.analysis.alignment import Trace, align, align_async
from foldsight.analysis.alignment.pool import Pool
from foldsight.errors import BadRequest

REFERENCE = "tmalign_cpp_20240303"
#: Residues of what counts as a domain, pairs of them that are timed, and a long chain.
DOMAIN, PAIRS, LONG = 230, 400, 800


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
    rows = pairs_of(folder)
    traces = {path: trace(path) for row in rows for path in (row["a"], row["b"])}
    for row in rows:
        found, known = align(traces[row["a"]], traces[row["b"]]), row["reference"][REFERENCE]
        tm = (found.tm_by_mobile - known["tm_norm1"], found.tm_by_reference - known["tm_norm2"])
        seen = [max(map(abs, tm)), abs(found.rmsd - known["rmsd"]), abs(found.n_aligned - known["n_aligned"])]
        similar = max(known["tm_norm1"], known["tm_norm2"]) >= 0.5
        seen.append(turn(found.rotation, known["rotation"]) if similar else 0.0)
        worst = {key: max(old, new) for (key, old), new in zip(worst.items(), seen, strict=True)}
    print(f"{len(rows)} pairs; largest difference from TM-align C++ 20240303:")
    for key, value in worst.items():
        print(f"  {key:24} {value:.2g}")
    rate([found for found in traces.values() if len(found) <= DOMAIN])
    refusals(next(iter(traces.values())))
    asyncio.run(stall(max(traces.values(), key=len)))


def rate(domains: list[Trace]) -> None:
    """Print the pairs per CPU second, of all processes together, and what the pool adds to TM-align."""
    pool, here = Pool(1), psutil.Process()
    align(domains[0], domains[0], pool)  # starts the worker
    pairs = [(a, b) for i, a in enumerate(domains) for b in domains[i + 1 :]][:PAIRS]
    worker = here.children()[-1]
    start = time.process_time(), sum(worker.cpu_times()[:2])
    for mobile, reference in pairs:
        align(mobile, reference, pool)
    own, theirs = time.process_time() - start[0], sum(worker.cpu_times()[:2]) - start[1]
    pool.close()
    print(f"{len(pairs)} pairs of at most {DOMAIN} residues: {len(pairs) / (own + theirs):.0f} pairs per CPU "
          f"second; outside the worker {own / (own + theirs):.1%}")  # fmt: skip


def refusals(good: Trace) -> None:
    """Print how soon bad input is refused, without a worker."""
    for words, value, length in (("NaN", np.nan, 100), ("infinity", np.inf, 100), ("9 residues", 0.0, 9)):
        coord = good.coord[:length].copy()
        coord[3] += value
        bad = Trace("bad", coord, good.sequence[:length], good.rows[:length])
        start = time.perf_counter()
        try:
            align(bad, good, Pool(1))
        except BadRequest:
            print(f"{words} refused in {1000 * (time.perf_counter() - start):.2f} ms")


async def stall(source: Trace) -> None:
    """Print the longest gap of a 5 ms ticker while a long pair is awaited, and of one left alone."""
    one, two = (Trace("long", *_stretched(source, LONG, turn)) for turn in (0, 7))
    start = time.perf_counter()
    busy = await _gap(align_async(one, two))
    taken = time.perf_counter() - start
    quiet = await _gap(asyncio.sleep(taken))
    print(f"event loop, longest gap in {taken:.1f} s: {busy:.0f} ms while {LONG} x {LONG} residues "
          f"are aligned, {quiet:.0f} ms while nothing is")  # fmt: skip


def _stretched(source: Trace, length: int, shift: int) -> tuple[Any, str, Any]:
    """Return coordinates, letters and rows of a chain of ``length``: copies set side by side."""
    rows = (np.arange(length) + shift) % len(source)
    copies = (np.arange(length) + shift) // len(source)
    coord = source.coord[rows] + copies[:, None] * np.array([60.0, 0, 0])
    return coord, "".join(source.sequence[i] for i in rows), np.arange(length)


async def _gap(work: Any) -> float:
    """Return the longest time in ms that the event loop was not served beyond the 5 ms asked for."""
    task, longest = asyncio.ensure_future(work), 0.0
    while not task.done():
        last = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - last - 0.005)
    await task
    return 1000 * longest


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
