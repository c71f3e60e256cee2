"""Train the scorers of the pocket detector.

    python bench/train_pockets.py SET_DIR [--out pockets.npz] [--cache DIR]

``SET_DIR`` holds ``manifest.json`` and ``structures/<id>.pdb.gz``; the split ``train`` is
used and nothing else. Three scorers come out: of surface points, of sites, and of
drug-like sites. Sites are described with point scores from networks that never saw the
site's sequence cluster, and what is printed is cross-validated over clusters too. Copies
with coordinate noise make the scorers steady. Needs torch; what runs in FoldSight is
``foldsight/analysis/pockets/scorer.py``, in numpy.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch.nn import functional

import foldsight as fs
from foldsight.analysis.pockets import scorer as scoring
from foldsight.analysis.pockets.clusters import Site, find_sites, merge_split
from foldsight.analysis.pockets.features import Surface
from foldsight.analysis.pockets.lining import body, copies, lining, residue_names, share
from foldsight.analysis.pockets.ranking import describe_sites
from foldsight.analysis.pockets.scorer import Scorer
from foldsight.analysis.pockets.walls import Walls

OUT = Path(scoring.__file__).parent / "data" / "pockets.npz"
FOLDS = 4
#: Structures of one cluster that are used, as they are and with noise of up to so many Å.
PER_CLUSTER, NOISY_PER_CLUSTER, NOISE = 8, 3, 0.8
#: A point is a binder within the first distance, Å, of a ligand, and none beyond the second.
NEAR, CLEAR = 3.0, 5.0
#: A pocket finds a ligand when its centre is so near, Å, to one of its atoms.
HIT, MISS = 4.0, 6.0
#: Share of a structure's empty points that are shown to the network.
SHARE = 0.3


@dataclass
class Example:
    """A structure's surface and its ligands, in the walls' frame."""

    id: str
    cluster: str
    points: np.ndarray
    features: np.ndarray
    relevant: list[np.ndarray]
    primary: list[np.ndarray]
    others: list[np.ndarray]
    walls: Walls
    names: np.ndarray
    probability: np.ndarray | None = None

    def point_labels(self) -> np.ndarray:
        """1 near a relevant ligand, 0 far from all, -1 between."""
        near = nearest(self.points, self.relevant)
        clear = (near > CLEAR) & (nearest(self.points, self.others) > HIT)
        return np.where(near <= NEAR, 1, np.where(clear, 0, -1))


def nearest(points: np.ndarray, ligands: Iterable[np.ndarray]) -> np.ndarray:
    """Distance of each point to the nearest atom of any ligand, Å."""
    found = np.full(len(points), 99.0)
    for ligand in ligands:
        found = np.minimum(found, cKDTree(ligand).query(points)[0])
    return found


def make_example(folder: Path, record: dict[str, Any], noise: float, rng: np.random.Generator) -> Example:
    """Read a structure and describe its surface."""
    opened = fs.read(folder / "structures" / f"{record['id']}.pdb.gz")
    structure = opened.structure if isinstance(opened, fs.Prediction) else opened
    if noise:
        moved = structure.atoms.coord + rng.normal(0, rng.uniform(0.2, noise), structure.atoms.coord.shape)
        structure = replace(structure, atoms=replace(structure.atoms, coord=moved))
    walls = Walls.of(structure)
    surface = Surface.of(walls)

    def own(wanted: Callable[[dict[str, Any]], bool]) -> list[np.ndarray]:
        chosen = [np.array(ligand["coords"]) for ligand in record["ligands"] if wanted(ligand)]
        return [(coord - walls.origin) @ walls.axes.T for coord in chosen]

    return Example(
        record["id"], record["cluster"], surface.points, surface.features.astype(np.float16),
        own(lambda x: x["relevant"]), own(lambda x: x["relevant"] and x["primary"]),
        own(lambda x: not x["relevant"] and x["n_heavy"] >= 4), walls, residue_names(structure),
    )  # fmt: skip


def load(folder: Path, noise: float, per_cluster: int) -> list[Example]:
    """Return the training structures, at most so many of a cluster."""
    records = json.loads((folder / "manifest.json").read_text())["structures"]
    rng, seen, found = np.random.default_rng(7), Counter[str](), []
    for record in records:
        seen[record["cluster"]] += record["split"] == "train"
        if record["split"] == "train" and seen[record["cluster"]] <= per_cluster:
            found.append(make_example(folder, record, noise, rng))
    return found


def assign_folds(examples: list[Example]) -> dict[str, int]:
    """Spread whole clusters over the folds, evenly by number of structures."""
    sizes = Counter(example.cluster for example in examples)
    load, fold = [0] * FOLDS, {}
    for cluster, size in sizes.most_common():
        fold[cluster] = int(np.argmin(load))
        load[fold[cluster]] += size
    return fold


Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def point_rows(examples: list[Example]) -> Rows:
    """Inputs, labels, weights and clusters of the points to learn from."""
    rng, sizes = np.random.default_rng(0), Counter(example.cluster for example in examples)
    parts = []
    for example in examples:
        label = example.point_labels()
        empty = np.flatnonzero(label == 0)
        empty = rng.choice(empty, min(len(empty), max(300, int(SHARE * len(empty)))), replace=False)
        rows = np.concatenate([np.flatnonzero(label == 1), empty])
        weight = np.full(len(rows), sizes[example.cluster] ** -0.5)
        parts.append((example.features[rows], label[rows], weight, np.full(len(rows), example.cluster)))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def fit(
    rows: Rows, *, hidden: tuple[int, ...], networks: int, epochs: int, batch: int, decay: float = 0.01
) -> Scorer:
    """Train networks that differ by their seed."""
    inputs, label, weight, _ = rows
    inputs = inputs.astype(np.float32)
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    standard = torch.from_numpy(np.clip((inputs - mean) / scale, -scoring.CLIP, scoring.CLIP))
    label, weight = torch.from_numpy(label.astype(np.float32)), torch.from_numpy(weight.astype(np.float32))
    weight = weight / weight.mean()
    trained = [
        train_one(
            (standard, label, weight), hidden=hidden, epochs=epochs, batch=batch, decay=decay, seed=seed
        )
        for seed in range(networks)
    ]
    return Scorer(mean, scale, tuple(trained))


def train_one(
    data: tuple[torch.Tensor, ...],
    *,
    hidden: tuple[int, ...],
    epochs: int,
    batch: int,
    decay: float,
    seed: int,
) -> scoring.Layers:
    """Train one network and return its layers as arrays."""
    torch.manual_seed(seed)
    sizes = (data[0].shape[1], *hidden)
    modules: list[torch.nn.Module] = []
    for width, after in pairwise(sizes):
        modules += [torch.nn.Linear(width, after), torch.nn.ReLU(), torch.nn.Dropout(0.2)]
    network = torch.nn.Sequential(*modules, torch.nn.Linear(sizes[-1], 1))
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=decay)
    steps = epochs * (len(data[0]) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps + 1)
    for _ in range(epochs):
        order = torch.randperm(len(data[0]))
        for start in range(0, len(order) - batch + 1, batch):
            x, y, w = (column[order[start : start + batch]] for column in data)
            loss = functional.binary_cross_entropy_with_logits(network(x)[:, 0], y, weight=w)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    linear = [module for module in network if isinstance(module, torch.nn.Linear)]
    return tuple((m.weight.detach().numpy().T.copy(), m.bias.detach().numpy().copy()) for m in linear)


def without(rows: Rows, fold: dict[str, int], k: int) -> Rows:
    """Rows of the clusters that are not in fold ``k``."""
    clusters, which = np.unique(rows[3], return_inverse=True)
    keep = (np.array([fold[cluster] for cluster in clusters]) != k)[which]
    return tuple(column[keep] for column in rows)


def joined(one: Rows, two: Rows) -> Rows:
    """Rows of both."""
    return tuple(np.concatenate(pair) for pair in zip(one, two, strict=True))


@dataclass
class Candidates:
    """Sites of an example with their features, their copies and what is near them."""

    example: Example
    sites: list[Site]
    table: np.ndarray
    same: np.ndarray
    to_relevant: np.ndarray
    to_primary: np.ndarray
    to_others: np.ndarray

    @classmethod
    def of(cls, example: Example) -> Candidates:
        sites = find_sites(example.points, example.probability)
        table = describe_sites(
            sites, example.points, example.features.astype(np.float32), example.probability
        )
        centres = np.stack([site.centre for site in sites])
        sets = (example.relevant, example.primary, example.others)
        same = copies(linings(example, sites), example.names)
        return cls(example, sites, table, same, *(nearest(centres, ligands) for ligands in sets))


def linings(example: Example, sites: list[Site]) -> list[np.ndarray]:
    """Rows of the residues that line each site."""
    points, walls, tree = example.points, example.walls, cKDTree(example.walls.coord)
    bodies = [points[body(site, points, example.probability)] for site in sites]
    return [np.unique(walls.residue[lining(inside, tree)]) for inside in bodies]


def site_rows(candidates: list[Candidates], positive: str) -> Rows:
    """Sites that find a ligand against those that are clear of all; the rest is not shown."""
    sizes, parts = Counter(item.example.cluster for item in candidates), []
    for item in candidates:
        wanted, label = getattr(item, positive) <= HIT, np.zeros(len(item.sites))
        label[wanted] = 1
        keep = wanted | ((item.to_relevant > MISS) & (item.to_others > HIT))
        weight = np.full(keep.sum(), sizes[item.example.cluster] ** -0.5)
        parts.append((item.table[keep], label[keep], weight, np.full(keep.sum(), item.example.cluster)))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def calibrated(scorer: Scorer, logit: np.ndarray, label: np.ndarray, weight: np.ndarray) -> Scorer:
    """Scale and shift the last layers so that held-out logits become probabilities (Platt 1999)."""
    slope, shift = 1.0, 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-(slope * logit + shift)))
        x = np.stack([logit, np.ones_like(logit)])
        gradient = x @ (weight * (p - label))
        curvature = (x * weight * p * (1 - p)) @ x.T + 1e-6 * np.eye(2)
        slope, shift = np.array([slope, shift]) - np.linalg.solve(curvature, gradient)
    print(f"calibration: slope {slope:.2f}, shift {shift:.2f}")
    networks = tuple(
        (
            *layers[:-1],
            (layers[-1][0] * np.float32(slope), layers[-1][1] * np.float32(slope) + np.float32(shift)),
        )
        for layers in scorer.networks
    )
    return Scorer(scorer.mean, scorer.scale, networks)


def area(label: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve."""
    rank = np.empty(len(score))
    rank[np.argsort(score, kind="stable")] = np.arange(1, len(score) + 1)
    positive = label.sum()
    return float(
        (rank[label == 1].sum() - positive * (positive + 1) / 2) / (positive * (len(label) - positive))
    )


def report(name: str, candidates: list[Candidates], scores: list[np.ndarray]) -> None:
    """Print the share of ligands found by the first n, n + 2 and five pockets."""
    found, seen = np.zeros(4), Counter[str]()
    for item, score in zip(candidates, scores, strict=True):
        seen[item.example.cluster] += 1
        if seen[item.example.cluster] > NOISY_PER_CLUSTER:
            continue
        centres = np.stack([site.centre for _, site in merge_split(item.sites, score)])
        n = len(item.example.relevant)
        for ligand in item.example.relevant:
            hit = np.flatnonzero(nearest(centres, [ligand]) <= HIT)
            rank = hit[0] + 1 if len(hit) else np.inf
            found += [rank <= n, rank <= n + 2, rank <= 5, 1]
    rates = 100 * found[:3] / found[3]
    print(
        f"{name}: Top-n {rates[0]:.1f}, Top-n+2 {rates[1]:.1f}, top 5 {rates[2]:.1f} of {found[3]:.0f}",
        flush=True,
    )


def train_points(clean: list[Example], noisy: list[Example], fold: dict[str, int]) -> Scorer:
    """Score every example with networks that never saw its cluster; return those that saw all."""
    settings: dict[str, Any] = {"hidden": (64, 32), "networks": 2, "epochs": 4, "batch": 1024}
    rows = joined(point_rows(clean), point_rows(noisy))
    for k in range(FOLDS):
        held_out = fit(without(rows, fold, k), **settings)
        for example in (*clean, *noisy):
            if fold[example.cluster] == k:
                example.probability = held_out.probability(example.features.astype(np.float32))
    return fit(rows, **{**settings, "networks": 4})


def train_sites(
    clean: list[Candidates], noisy: list[Candidates], fold: dict[str, int], positive: str, **settings: Any
) -> tuple[Scorer, list[np.ndarray], list[np.ndarray]]:
    """Return a scorer of sites, and the held-out logits, shared among copies, of both sets."""
    rows = joined(site_rows(clean, positive), site_rows(noisy, positive))
    folds = [fit(without(rows, fold, k), **settings) for k in range(FOLDS)]
    logits = [
        [share(folds[fold[item.example.cluster]].logit(item.table), item.same) for item in items]
        for items in (clean, noisy)
    ]
    return fit(rows, **settings), logits[0], logits[1]


def main() -> int:
    """Train and write the scorers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set_dir", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    clean, noisy = load(args.set_dir, 0, PER_CLUSTER), load(args.set_dir, NOISE, NOISY_PER_CLUSTER)
    print(f"{len(clean)} structures, {len(noisy)} with noise", flush=True)
    fold = assign_folds(clean)
    point = train_points(clean, noisy, fold)
    found, shaken = ([Candidates.of(example) for example in examples] for examples in (clean, noisy))
    report("held out, by weight", found, [np.array([s.weight for s in item.sites]) for item in found])

    site, logits, shaken_logits = train_sites(
        found, shaken, fold, "to_relevant", hidden=(16,), networks=4, epochs=10, batch=128
    )
    report("held out, ranked", found, logits)
    report("held out, ranked, with noise", shaken, shaken_logits)
    label = np.concatenate([item.to_relevant <= HIT for item in found]).astype(float)
    weight = np.concatenate(
        [
            np.full(len(item.sites), Counter(x.example.cluster for x in found)[item.example.cluster] ** -0.5)
            for item in found
        ]
    )
    site = calibrated(site, np.concatenate(logits), label, weight)

    drug, drug_logits, _ = train_sites(
        found, shaken, fold, "to_primary", hidden=(16,), networks=4, epochs=10, batch=128
    )
    empty = [(item.to_relevant > MISS) & (item.to_others > HIT) for item in found]
    shown = np.concatenate([(item.to_primary <= HIT) | e for item, e in zip(found, empty, strict=True)])
    primary = np.concatenate([item.to_primary <= HIT for item in found])
    for name, values in (("drug score", drug_logits), ("site score", logits)):
        print(f"held out, {name}: area {area(primary[shown], np.concatenate(values)[shown]):.3f}")
    arrays = {**point.to_arrays("point"), **site.to_arrays("site"), **drug.to_arrays("drug")}
    np.savez_compressed(args.out, **arrays)
    print(f"{args.out}: {args.out.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
