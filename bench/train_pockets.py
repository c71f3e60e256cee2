"""Train the scorers of the pocket detector.

    python bench/train_pockets.py SET_DIR [--out pockets.npz]

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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.sparse import block_diag, csr_array
from scipy.spatial import cKDTree
from torch.nn import functional

import foldsight as fs
from foldsight.analysis.pockets import scorer as scoring
from foldsight.analysis.pockets.clusters import Site, find_sites, merge_split
from foldsight.analysis.pockets.features import Surface
from foldsight.analysis.pockets.lining import body, copies, lining, residue_names, share
from foldsight.analysis.pockets.ranking import describe_sites
from foldsight.analysis.pockets.scorer import Scorer
from foldsight.analysis.pockets.symmetry import agreed
from foldsight.analysis.pockets.walls import Walls

OUT = Path(scoring.__file__).parent / "data" / "pockets.npz"
FOLDS = 4
#: Structures of one cluster that are used, as they are and with noise of up to so many Å.
PER_CLUSTER, NOISY_PER_CLUSTER, NOISE = 8, 3, 0.8
#: A point is a binder within the first distance, Å, of a ligand, and none beyond the second.
NEAR, CLEAR = 3.0, 4.0
#: A ligand's points together weigh as much as so many, but no point more than this number over FEWEST.
LIGAND, FEWEST = 20, 3
#: Logits of points are scaled and shifted so: sites form best when the scores are soft.
SLOPE, SHIFT = 0.8, 0.35
#: A pocket finds a ligand when its centre is so near, Å, to one of its atoms.
HIT, MISS = 4.0, 6.0


@dataclass
class Example:
    """A structure's surface and its ligands, in the walls' frame."""

    id: str
    cluster: str
    points: np.ndarray
    features: np.ndarray
    around: csr_array
    relevant: list[np.ndarray]
    primary: list[np.ndarray]
    others: list[np.ndarray]
    walls: Walls
    names: np.ndarray
    probability: np.ndarray | None = None

    def point_labels(self) -> tuple[np.ndarray, np.ndarray]:
        """Label points 1 near a relevant ligand, 0 far from all, -1 between; and weigh them.

        Each ligand counts alike, whether it lies flat in a groove that few points line or
        is large: what is looked for is the ligand, not its points.
        """
        each = [[ligand] for ligand in self.relevant] or [[]]
        apart = np.stack([nearest(self.points, ligand) for ligand in each])
        near, which = apart.min(axis=0), apart.argmin(axis=0)
        clear = (near > CLEAR) & (nearest(self.points, self.others) > HIT)
        label = np.where(near <= NEAR, 1, np.where(clear, 0, -1))
        count = np.bincount(which[label == 1], minlength=len(each))
        weight = np.where(label == 1, LIGAND / np.maximum(count, FEWEST)[which], 1.0)
        return label, weight


def nearest(points: np.ndarray, ligands: Iterable[np.ndarray]) -> np.ndarray:
    """Distance of each point to the nearest atom of any ligand, Å."""
    found = np.full(len(points), 99.0)
    for ligand in ligands:
        found = np.minimum(found, cKDTree(ligand).query(points)[0])
    return found


def make_example(
    folder: Path, record: dict[str, Any], noise: float, rng: np.random.Generator, shift: np.ndarray
) -> Example:
    """Read a structure and describe its surface, the lattice of its points shifted by some Å."""
    opened = fs.read(folder / "structures" / f"{record['id']}.pdb.gz")
    structure = opened.structure if isinstance(opened, fs.Prediction) else opened
    if noise:
        moved = structure.atoms.coord + rng.normal(0, rng.uniform(0.2, noise), structure.atoms.coord.shape)
        structure = replace(structure, atoms=replace(structure.atoms, coord=moved))
    walls = Walls.of(structure)
    walls = replace(walls, coord=walls.coord + shift, origin=walls.origin - shift @ walls.axes)
    surface = Surface.of(walls)

    def own(wanted: Callable[[dict[str, Any]], bool]) -> list[np.ndarray]:
        chosen = [np.array(ligand["coords"]) for ligand in record["ligands"] if wanted(ligand)]
        return [(coord - walls.origin) @ walls.axes.T for coord in chosen]

    return Example(
        record["id"], record["cluster"], surface.points, surface.features.astype(np.float16),
        surface.around,
        own(lambda x: x["relevant"]), own(lambda x: x["relevant"] and x["primary"]),
        own(lambda x: not x["relevant"] and x["n_heavy"] >= 4), walls, residue_names(structure),
    )  # fmt: skip


def load(
    folder: Path, noise: float, per_cluster: int, shift: tuple[float, float, float] = (0, 0, 0)
) -> list[Example]:
    """Return the training structures, at most so many of a cluster."""
    records = json.loads((folder / "manifest.json").read_text())["structures"]
    rng, seen, found = np.random.default_rng(7), Counter[str](), []
    for record in records:
        seen[record["cluster"]] += record["split"] == "train"
        if record["split"] == "train" and seen[record["cluster"]] <= per_cluster:
            found.append(make_example(folder, record, noise, rng, np.array(shift)))
    return found


def assign_folds(examples: list[Example]) -> dict[str, int]:
    """Spread whole clusters over the folds, evenly by number of structures."""
    sizes = Counter(example.cluster for example in examples)
    load, fold = [0] * FOLDS, {}
    for cluster, size in sizes.most_common():
        fold[cluster] = int(np.argmin(load))
        load[fold[cluster]] += size
    return fold


@dataclass(frozen=True)
class Settings:
    """How networks are trained; a batch is of sites, or of whole structures for points.

    ``local`` networks see the neighbours of each row.
    """

    hidden: tuple[int, ...]
    networks: int
    epochs: int
    batch: int
    rate: float
    dropout: float
    input_dropout: float = 0.0
    local: bool = False
    decay: float = 0.01


POINT = Settings(
    (64, 32), networks=3, epochs=10, batch=5, rate=3e-3, dropout=0.3, input_dropout=0.05, local=True
)
#: Sites are ranked by a linear model, as a network does no better; drug-like ones by a network.
SITE = Settings((), networks=1, epochs=20, batch=128, rate=5e-3, dropout=0.0)
DRUG = Settings((16,), networks=4, epochs=10, batch=128, rate=2e-3, dropout=0.2)
#: Networks of points that ship, and how often a structure is shown with noise where there is a copy.
SHIPPED, SHAKEN = 6, 0.25


class Network(torch.nn.Module):
    """What :class:`~foldsight.analysis.pockets.scorer.Scorer` computes, with dropout."""

    def __init__(self, inputs: int, settings: Settings) -> None:
        super().__init__()
        before = (inputs, *((2 if settings.local else 1) * width for width in settings.hidden))
        self.linear = torch.nn.ModuleList(
            torch.nn.Linear(width, after) for width, after in zip(before, (*settings.hidden, 1), strict=True)
        )
        self.at_input = torch.nn.Dropout(settings.input_dropout)
        self.at_hidden = torch.nn.Dropout(settings.dropout)

    def forward(self, inputs: torch.Tensor, around: torch.Tensor | None = None) -> torch.Tensor:
        values = self.at_input(inputs)
        for layer in self.linear[:-1]:
            values = self.at_hidden(torch.relu(layer(values)))
            if around is not None:
                values = torch.cat([values, around @ values], dim=1)
        return self.linear[-1](values)[:, 0]

    def layers(self) -> scoring.Layers:
        """Weights and biases as arrays."""
        return tuple(
            (m.weight.detach().numpy().T.copy(), m.bias.detach().numpy().copy()) for m in self.linear
        )


Shown = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None]


def train_one(
    draw: Callable[[np.random.Generator], Iterator[Shown]],
    steps: int,
    inputs: int,
    settings: Settings,
    seed: int,
) -> scoring.Layers:
    """Train one network on batches of inputs, labels, weights and neighbours; return its layers.

    ``draw`` gives the batches of an epoch, ``steps`` of them.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Network(inputs, settings)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=settings.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.rate, total_steps=settings.epochs * steps + 1
    )
    for _ in range(settings.epochs):
        for x, y, w, around in draw(rng):
            loss = functional.binary_cross_entropy_with_logits(network(x, around), y, weight=w)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.layers()


def standard(inputs: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> torch.Tensor:
    """Inputs as :class:`~foldsight.analysis.pockets.scorer.Scorer` sees them."""
    return torch.from_numpy(np.clip((inputs.astype(np.float32) - mean) / scale, -scoring.CLIP, scoring.CLIP))


def moments(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column."""
    inputs = inputs.astype(np.float32)
    return inputs.mean(axis=0), inputs.std(axis=0) + 1e-6


Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def fit(rows: Rows, settings: Settings) -> Scorer:
    """Train networks of sites that differ by their seed."""
    inputs, label, weight, _ = rows
    mean, scale = moments(inputs)
    columns = [standard(inputs, mean, scale)]
    columns += [torch.from_numpy(column.astype(np.float32)) for column in (label, weight / weight.mean())]
    steps = len(inputs) // settings.batch

    def draw(rng: np.random.Generator) -> Iterator[Shown]:
        order = torch.from_numpy(rng.permutation(len(inputs)))
        for chosen in order[: steps * settings.batch].reshape(steps, settings.batch):
            x, y, w = (column[chosen] for column in columns)
            yield x, y, w, None

    networks = [train_one(draw, steps, inputs.shape[1], settings, seed) for seed in range(settings.networks)]
    return Scorer(mean, scale, tuple(networks))


def fit_points(clean: list[Example], noisy: list[Example], networks: int) -> Scorer:
    """Train networks of points on whole structures, as a point's neighbours belong to it."""
    sizes = Counter(example.cluster for example in clean)
    mean, scale = moments(np.concatenate([example.features for example in clean]))
    labels = [example.point_labels() for example in clean]
    average = np.concatenate([weight[label >= 0] for label, weight in labels]).mean()

    def prepare(
        example: Example, label: np.ndarray, weight: np.ndarray
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, csr_array]:
        weight = np.where(label >= 0, weight * sizes[example.cluster] ** -0.5 / average, 0)
        y, w = (torch.from_numpy(column.astype(np.float32)) for column in (np.maximum(label, 0), weight))
        return standard(example.features, mean, scale), y, w, example.around

    shown = [prepare(example, *labelled) for example, labelled in zip(clean, labels, strict=True)]
    shaken = {example.id: prepare(example, *example.point_labels()) for example in noisy}
    steps = len(clean) // POINT.batch

    def draw(rng: np.random.Generator) -> Iterator[Shown]:
        order = rng.permutation(len(clean))
        for chosen in order[: steps * POINT.batch].reshape(steps, POINT.batch):
            shake = rng.random(len(chosen)) < SHAKEN
            parts = [
                shaken.get(clean[i].id, shown[i]) if moved else shown[i]
                for i, moved in zip(chosen, shake, strict=True)
            ]
            x, y, w = (torch.cat([part[k] for part in parts]) for k in range(3))
            around = csr_array(block_diag([part[3] for part in parts], format="csr"))
            rows, columns, values = map(torch.from_numpy, (around.indptr, around.indices, around.data))
            yield x, y, w, torch.sparse_csr_tensor(rows, columns, values, around.shape)

    trained = [train_one(draw, steps, len(mean), POINT, seed) for seed in range(networks)]
    return rescaled(Scorer(mean, scale, tuple(trained)), SLOPE, SHIFT)


def rescaled(scorer: Scorer, slope: float, shift: float) -> Scorer:
    """Scale and shift the logits, in the last layers."""
    a, b = np.float32(slope), np.float32(shift)
    networks = tuple((*layers[:-1], (layers[-1][0] * a, layers[-1][1] * a + b)) for layers in scorer.networks)
    return Scorer(scorer.mean, scorer.scale, networks)


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
    return rescaled(scorer, slope, shift)


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


def held_out_points(clean: list[Example], noisy: list[Example], fold: dict[str, int]) -> list[Scorer]:
    """Train, for each fold, networks that never saw its clusters."""
    found = []
    for k in range(FOLDS):
        shown, shaken = ([e for e in examples if fold[e.cluster] != k] for examples in (clean, noisy))
        found.append(fit_points(shown, shaken, POINT.networks))
    return found


def score_points(examples: Iterable[Example], scorers: list[Scorer], fold: dict[str, int]) -> None:
    """Score every example with networks that never saw its cluster."""
    for example in examples:
        scorer = scorers[fold[example.cluster]]
        logit = scorer.logit(example.features.astype(np.float32), example.around)
        example.probability = scoring.sigmoid(agreed(logit, example.points, example.walls, example.names))


def train_sites(
    clean: list[Candidates], noisy: list[Candidates], fold: dict[str, int], positive: str, settings: Settings
) -> tuple[Scorer, list[np.ndarray], list[np.ndarray]]:
    """Return a scorer of sites, and the held-out logits, shared among copies, of both sets."""
    rows = joined(site_rows(clean, positive), site_rows(noisy, positive))
    folds = [fit(without(rows, fold, k), settings) for k in range(FOLDS)]
    logits = [
        [share(folds[fold[item.example.cluster]].logit(item.table), item.same) for item in items]
        for items in (clean, noisy)
    ]
    return fit(rows, settings), logits[0], logits[1]


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
    score_points((*clean, *noisy), held_out_points(clean, noisy, fold), fold)
    point = fit_points(clean, noisy, SHIPPED)
    found, shaken = ([Candidates.of(example) for example in examples] for examples in (clean, noisy))
    report("held out, by weight", found, [np.array([s.weight for s in item.sites]) for item in found])

    site, logits, shaken_logits = train_sites(found, shaken, fold, "to_relevant", SITE)
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

    drug, drug_logits, _ = train_sites(found, shaken, fold, "to_primary", DRUG)
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
