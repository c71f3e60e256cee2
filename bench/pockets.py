"""Accuracy and speed of the pocket detector on a folder of structures with known ligands.

    python bench/pockets.py [SET_DIR] [--split test] [--noise 0.6] [--peer 10]

``SET_DIR`` holds ``manifest.json`` and ``structures/<id>.pdb.gz``; without one
``pockets_dev.tar.gz`` is unpacked. Rates are per ligand: *Top-n* and *Top-n+2*, found by one
of the first n (n + 2) pockets, n being the structure's ligands; *site*, by one of the first
five, with its centre within 4 Å of the ligand or over half of its contacts; *strict*, within
4 Å and a Jaccard index of the residues of at least 0.25. *split* is the share of the hits
among the first n + 2 that a better pocket had made already. *druggability* is the area under
the ROC curve of pockets that hold a structure's drug-like ligand (centre within 4 Å) against
empty ones (no relevant ligand within 6 Å, nothing else of 4 heavy atoms within 4 Å), for the
trained score and for the formula. The scorers were trained on the split ``train`` of that set;
scoring it again says nothing. With ``--peer`` the CPU time of pyKVFinder on so many structures
of about 300 residues is measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import data
import numpy as np

import foldsight as fs
from foldsight.analysis.pockets import Pockets, find_pockets

#: Top-n, Top-n+2, top-5 site and strict on the test split of pockets_dev, November 2026.
PEERS = {
    "fpocket 4, score order": (44.6, 55.4, 63.8, 54.2),
    "fpocket 4, druggability order": (58.0, 67.0, 76.6, 65.1),
    "pyKVFinder 0.9.6, volume order": (57.4, 64.7, 82.1, 62.8),
    "pocketeer": (48.4, 60.3, 87.2, 56.4),
}
CENTRE, CONTACT, BIG = 4.0, 5.0, 20
#: An empty pocket is farther than this, Å, from every relevant ligand.
EMPTY = 6.0
COLUMNS = ("Top-n", "Top-n+2", "site", "strict", "site, big ligands")


def read_structure(path: Path) -> Any:
    """Return the structure of a file, whatever its B column looks like."""
    opened = fs.read(path)
    return opened.structure if isinstance(opened, fs.Prediction) else opened


def contacts(structure: Any, ligand: np.ndarray) -> set[str]:
    """Residues with an atom within 5 Å of the ligand."""
    from scipy.spatial import cKDTree

    near, _ = cKDTree(ligand).query(structure.atoms.coord, distance_upper_bound=CONTACT)
    rows = np.unique(structure.atoms.residue[np.isfinite(near)])
    return {str(structure.refs[int(row)]) for row in rows}


def hits(found: Pockets, ligand: np.ndarray, touched: set[str], n: int) -> list[bool]:
    """Which criteria a ligand passes."""
    rank, site, strict = np.inf, False, False
    for pocket in found:
        near = np.linalg.norm(ligand - np.array(pocket.centre), axis=1).min() <= CENTRE
        names = {str(ref) for ref in pocket.residues}
        common = len(names & touched)
        rank = min(rank, pocket.rank) if near else rank
        if pocket.rank <= 5:
            site |= bool(near) or common > 0.5 * len(touched)
            strict |= bool(near) and common >= 0.25 * len(names | touched)
    return [rank <= n, rank <= n + 2, site, strict]


def splits(found: Pockets, ligands: list[np.ndarray]) -> tuple[int, int]:
    """Hits among the first n + 2 pockets that repeat a ligand, and all hits."""
    which = []
    for pocket in found[: len(ligands) + 2]:
        apart = [float(np.linalg.norm(x - np.array(pocket.centre), axis=1).min()) for x in ligands]
        if min(apart) <= CENTRE:
            which.append(int(np.argmin(apart)))
    return len(which) - len(set(which)), len(which)


def drug_rows(found: Pockets, ligands: list[dict[str, Any]]) -> list[tuple[bool, float, float]]:
    """Whether a drug-like ligand is there, the trained score and the formula, of clear pockets."""

    def nearest(centre: tuple[float, ...], wanted: Callable[[dict[str, Any]], bool]) -> float:
        apart = [np.linalg.norm(np.array(x["coords"]) - centre, axis=1).min() for x in ligands if wanted(x)]
        return float(min(apart, default=np.inf))

    rows = []
    for pocket in found:
        drug = nearest(pocket.centre, lambda x: x["relevant"] and x["primary"]) <= CENTRE
        empty = (
            nearest(pocket.centre, lambda x: x["relevant"]) > EMPTY
            and nearest(pocket.centre, lambda x: not x["relevant"] and x["n_heavy"] >= 4) > CENTRE
        )
        if drug or empty:
            rows.append((drug, pocket.drug_score, pocket.druggability))
    return rows


def area(positive: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve; ties count half."""
    good, bad = score[positive], score[~positive]
    above = (good[:, None] > bad).sum() + 0.5 * (good[:, None] == bad).sum()
    return float(above / max(len(good) * len(bad), 1))


def score(folder: Path, split: str, noise: float) -> None:
    """Predict the structures of a split and print the rates."""
    records = json.loads((folder / "manifest.json").read_text())["structures"]
    rng = np.random.default_rng(0)
    total, repeated, sizes, seconds, drugs = np.zeros((2, 5)), np.zeros(2), [], [], []
    for record in records:
        ligands = [x for x in record["ligands"] if x["relevant"]]
        if (split != "all" and record.get("split") != split) or not ligands:
            continue
        given = read_structure(folder / "structures" / f"{record['id']}.pdb.gz")
        structure = shaken(given, noise, rng) if noise else given
        started = time.process_time()
        found = find_pockets(structure)
        seconds.append((record["n_res"], time.process_time() - started))
        coords = [np.array(x["coords"]) for x in ligands]
        for ligand, coord in zip(ligands, coords, strict=True):
            passed = hits(found, coord, contacts(given, coord), len(ligands))
            big = ligand["n_heavy"] >= BIG
            total += [[*passed, big and passed[2]], [1, 1, 1, 1, big]]
        repeated += splits(found, coords)
        sizes += [len(pocket.residues) for pocket in found[:5]]
        drugs += drug_rows(found, record["ligands"])
    rates = 100 * total[0] / np.maximum(total[1], 1)
    print(f"{split}, noise {noise:g} Å: {len(seconds)} structures, {total[1, 0]:.0f} ligands")
    print("  " + ", ".join(f"{name} {rate:.1f}" for name, rate in zip(COLUMNS, rates, strict=True)))
    print(f"  split sites {100 * repeated[0] / max(repeated[1], 1):.1f} %, ", end="")
    print(f"median {np.median(sizes):.0f} residues a pocket; CPU {times(seconds)}")
    holds, trained, formula = (np.array(column) for column in zip(*drugs, strict=True))
    print(f"  druggability: {holds.sum()} pockets with a drug-like ligand, {(~holds).sum()} empty, ", end="")
    print(f"area {area(holds, trained):.3f} (trained), {area(holds, formula):.3f} (formula)", flush=True)


def shaken(structure: Any, noise: float, rng: np.random.Generator) -> Any:
    """Return the structure with Gaussian noise on its coordinates."""
    moved = structure.atoms.coord + rng.normal(0, noise, structure.atoms.coord.shape)
    return replace(structure, atoms=replace(structure.atoms, coord=moved))


def times(seconds: list[tuple[int, float]]) -> str:
    """Say the median, over all and by size."""
    size, cpu = np.array(seconds).T
    parts = [f"median {1000 * np.median(cpu):.0f} ms"]
    for low, high, label in ((100, 200, "~150"), (250, 350, "~300"), (800, 1200, "~1000")):
        chosen = cpu[(size >= low) & (size <= high)]
        if len(chosen):
            parts.append(f"{1000 * np.median(chosen):.0f} ms at {label} residues")
    return ", ".join(parts)


def cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of a call, the better of two."""
    spent = []
    for _ in range(2):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def compare(folder: Path, count: int) -> None:
    """Print the CPU time of FoldSight and of pyKVFinder on the same structures."""
    try:
        import pyKVFinder
    except ImportError:
        print("pyKVFinder is not installed: no peer to compare with")
        return
    records = json.loads((folder / "manifest.json").read_text())["structures"]
    chosen = sorted(records, key=lambda record: abs(record["n_res"] - 300))[:count]
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as place:
        for record in chosen:
            path = folder / "structures" / f"{record['id']}.pdb.gz"
            ours.append(cpu(lambda path=path: find_pockets(read_structure(path))))
            plain = Path(place) / f"{record['id']}.pdb"
            fs.io.write(read_structure(path), plain)
            theirs.append(cpu(lambda plain=plain: pyKVFinder.run_workflow(str(plain), nthreads=1)))
    a, b = 1000 * np.median(ours), 1000 * np.median(theirs)
    print(
        f"CPU with reading, {len(chosen)} structures: FoldSight {a:.0f} ms, "
        f"pyKVFinder {b:.0f} ms, ratio {a / b:.2f}"
    )


def main() -> int:
    """Score a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set_dir", nargs="?", type=Path)
    parser.add_argument("--split", default="test", help="split of the manifest, or all (test)")
    parser.add_argument("--noise", type=float, nargs="*", default=[0.0], help="Å, one run for each (0)")
    parser.add_argument("--peer", type=int, default=10, help="structures for the comparison of CPU (10)")
    args = parser.parse_args()
    archive = data.find("pockets_dev.tar.gz")
    if args.set_dir is None and archive is None:
        print("skipped: needs a set, or pockets_dev.tar.gz")
        return 0
    with tempfile.TemporaryDirectory() as place:
        folder = args.set_dir
        if folder is None:
            folder = Path(place)
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
            folder = next(folder.rglob("manifest.json")).parent
        for noise in args.noise:
            score(folder, args.split, noise)
        for name, rates in PEERS.items():
            print(f"  {name}: " + ", ".join(f"{n} {r}" for n, r in zip(COLUMNS, rates, strict=False)))
        if args.peer:
            compare(folder, args.peer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
