"""Train the heads of the built-in ddG and calibrate its interval.

    python bench/train_ddg_head.py DDG_SET network.npz foldsight/analysis/variants/data/ddg.npz

``DDG_SET`` holds ``train_s2648.csv``, ``train_extra.csv`` (curated measurements),
``train_mega.csv`` (mega-scale proteolysis) and ``pdb/``; ``network.npz`` comes from
``train_ddg_network.py``. Test tables are not read. Settings below were chosen by
cross-validation over families, which this script repeats and prints. Needs torch.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from foldsight.analysis.variants.energies import CLIP, inputs
from foldsight.analysis.variants.geometry import geometry
from foldsight.analysis.variants.network import Network
from foldsight.analysis.variants.resolve import chain_mask
from foldsight.analysis.variants.sites import AMINO_ACIDS, Sites
from foldsight.analysis.variants.uncertainty import FACTS, LEVELS, spread_facts
from foldsight.errors import BadRequest
from foldsight.io import read
from foldsight.prediction import Prediction

CURATED, MEGA = ("train_s2648", "train_extra"), "train_mega"
HIDDEN_OF_NETWORK = 96
HIDDEN, DROP, DECAY, RATE = 96, 0.45, 1.0, 2e-3
STEPS, BATCH_CURATED, BATCH_MEGA, MEGA_WEIGHT = 1000, 96, 256, 5.0
#: Measured values are held within these, kcal/mol; the loss is linear beyond DELTA.
RANGE, DELTA = (-4.0, 6.0), 1.5
FOLDS, HEADS = 5, 4
#: Each site is described in these ways, and the heads see all of them: whether other chains
#: count, and an error of the coordinates, Å. The first is what predictions use by default.
WAYS = ((False, 0.0), (True, 0.0), (False, 0.2), (False, 0.2))


@dataclass
class Table:
    """Measured changes over described sites.

    ``x`` (ways, S, W) standardised, ``logits`` (ways, S, 20), ``free`` (S,); of each change
    (n,): its ``site``, ``wild``, ``mutant``, measured ``ddg``, ``family`` and whether it is ``curated``.
    """

    x: torch.Tensor
    logits: torch.Tensor
    free: np.ndarray
    site: np.ndarray
    wild: np.ndarray
    mutant: np.ndarray
    ddg: np.ndarray
    family: np.ndarray
    curated: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray


class Head(nn.Module):
    """Energies of the twenty types from the description of a site."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, HIDDEN), nn.Linear(HIDDEN, 20)
        self.drop = nn.Dropout(DROP)
        self.share = nn.Parameter(torch.tensor(0.3))

    def forward(self, x: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        hidden = functional.relu(self.up(self.drop(x)))
        return self.down(self.drop(hidden)) + self.share * logits


def describe(
    folder: Path, network: Network, pdb: str, chain: str, wanted: set[str]
) -> tuple[dict[str, int], np.ndarray]:
    """Return where each residue number of a chain is, and its sites in all :data:`WAYS`."""
    found = read(next((folder / "pdb").glob(f"{pdb}.*")))
    structure = found.structure if isinstance(found, Prediction) else found
    own = chain_mask(structure, [chain])
    numbers = np.array([f"{ref.auth_seq}{ref.ins_code}" for ref in structure.refs])
    asked = own & np.isin(numbers, list(wanted))
    rng = np.random.default_rng(len(own))
    ways = []
    for together, noise in WAYS:
        coord = structure.atoms.coord + rng.normal(0, noise, structure.atoms.coord.shape)
        moved = replace(structure, atoms=replace(structure.atoms, coord=coord))
        sites = Sites.of(moved, structure.protein_mask if together else own)
        rows = np.flatnonzero(asked[sites.rows]).astype(np.int32)
        ways.append(np.concatenate(inputs(network, sites, geometry(sites), rows), axis=1))
    return {number: i for i, number in enumerate(numbers[sites.rows[rows]].tolist())}, np.stack(ways)


def read_tables(folder: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Read the rows of the training tables by chain; ``table`` says where each is from."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for name in (*CURATED, MEGA):
        with open(folder / f"{name}.csv", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault((row["pdb"], row["chain"]), []).append({**row, "table": name})
    return found


def load(folder: Path, network: Network) -> Table:
    """Read the training tables and describe every site that they name."""
    described: list[np.ndarray] = []
    changes = []
    for key, rows in read_tables(folder).items():
        try:
            place, ways = describe(folder, network, *key, {row["resnum"] for row in rows})
        except BadRequest as fault:
            print(f"left out: {fault}")
            continue
        start = sum(part.shape[1] for part in described)
        described.append(ways)
        for row in rows:
            kinds = AMINO_ACIDS.index(row["wt"]), AMINO_ACIDS.index(row["mut"])
            curated = row["table"] != MEGA
            changes.append((start + place[row["resnum"]], *kinds, float(row["ddg"]), row["family"], curated))
    return _table(np.concatenate(described, axis=1), changes)


def _table(raw: np.ndarray, changes: list[tuple[Any, ...]]) -> Table:
    mean, deviation = raw[0].mean(axis=0), raw[0].std(axis=0) + 1e-3
    x = np.clip((raw - mean) / deviation, -CLIP, CLIP).astype(np.float32)
    columns = [np.array(column) for column in zip(*changes, strict=True)]
    logits = np.ascontiguousarray(raw[:, :, HIDDEN_OF_NETWORK : HIDDEN_OF_NETWORK + 20])
    free = raw[0, :, -1].astype(float)
    return Table(torch.from_numpy(x), torch.from_numpy(logits), free, *columns, mean, deviation)


def fit(table: Table, rows: np.ndarray, seed: int) -> Head:
    """Train one head on some of the changes."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    head = Head(table.x.shape[-1])
    optimiser = torch.optim.AdamW(head.parameters(), RATE, weight_decay=DECAY)
    curated = table.curated[rows]
    parts = ((rows[curated], BATCH_CURATED, 1.0), (rows[~curated], BATCH_MEGA, MEGA_WEIGHT))
    for step in range(STEPS):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (0.5 + 0.5 * np.cos(np.pi * step / STEPS) + 0.01)
        loss = torch.zeros(())
        for pool, size, weight in parts:
            batch = rng.choice(pool, size)
            site = table.site[batch]
            way = int(rng.integers(len(WAYS)))
            energy = head(table.x[way, site], table.logits[way, site])
            given = energy[range(size), table.wild[batch]] - energy[range(size), table.mutant[batch]]
            truth = torch.from_numpy(table.ddg[batch]).float().clamp(*RANGE)
            loss = loss + weight * functional.huber_loss(given, truth, delta=DELTA)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return head.eval()


def apply(heads: list[Head], table: Table, rows: np.ndarray, way: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation over heads of the ddG of changes."""
    site, back = np.unique(table.site[rows], return_inverse=True)
    with torch.no_grad():
        x, logits = table.x[way, site], table.logits[way, site]
        energy = np.stack([head(x, logits).double().numpy() for head in heads])
    each = energy[:, back, table.wild[rows]] - energy[:, back, table.mutant[rows]]
    return each.mean(axis=0), each.std(axis=0)


def folds(table: Table) -> np.ndarray:
    """Give each family a fold; shape (n,)."""
    families = np.unique(table.family)
    np.random.default_rng(3).shuffle(families)
    of_family = {family: k % FOLDS for k, family in enumerate(families.tolist())}
    return np.array([of_family[family] for family in table.family.tolist()])


def cross_validate(table: Table, fold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Predict every change in every way by heads that did not see its family; shapes (ways, n)."""
    mean, deviation = np.zeros((len(WAYS), len(fold))), np.zeros((len(WAYS), len(fold)))
    for k in range(FOLDS):
        train, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        heads = [fit(table, train, seed) for seed in range(HEADS)]
        for way in range(len(WAYS)):
            mean[way, test], deviation[way, test] = apply(heads, table, test, way)
    return mean, deviation


def report(name: str, given: np.ndarray, truth: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Print Pearson, Spearman (of rows) and RMSE; return the RMSE."""
    from scipy.stats import spearmanr

    rmse = float(np.sqrt(np.average((given - truth) ** 2, weights=weight)))
    both = np.cov(given, truth, aweights=weight)
    pearson, spearman = both[0, 1] / np.sqrt(both[0, 0] * both[1, 1]), spearmanr(given, truth)[0]
    bias = np.average(given - truth, weights=weight)
    print(f"  {name:<20} n {len(truth):6d}  Pearson {pearson:.3f}  Spearman {spearman:.3f}  "
          f"RMSE {rmse:.3f}  bias {bias:+.2f}")  # fmt: skip
    return rmse


def calibrate(facts: np.ndarray, error: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Fit the width of the interval: a log-linear scale, then quantiles of error over scale."""
    target = np.log(np.abs(error) + 0.1)
    penalty = np.diag([0.0, *[5.0] * (FACTS - 1)])
    weighted = facts * weight[:, None]
    coefficients = np.linalg.solve(weighted.T @ facts + penalty, weighted.T @ target)
    ratio = np.abs(error) / np.exp(facts @ coefficients)
    return np.concatenate([coefficients, np.quantile(ratio, LEVELS, weights=weight, method="inverted_cdf")])


def family_weight(family: np.ndarray) -> np.ndarray:
    """Weigh rows so that a family counts by the root of its size: the next protein is new."""
    _, back, count = np.unique(family, return_inverse=True, return_counts=True)
    weight = count[back] ** -0.5
    return weight / weight.mean()


def check_coverage(facts: np.ndarray, error: np.ndarray, weight: np.ndarray, fold: np.ndarray) -> None:
    """Print how often intervals fitted on the other folds hold the measured value."""
    inside = np.zeros((len(error), len(LEVELS)), dtype=bool)
    for k in range(FOLDS):
        spread = calibrate(facts[fold != k], error[fold != k], weight[fold != k])
        scale = np.exp(facts[fold == k] @ spread[:FACTS])
        inside[fold == k] = np.abs(error[fold == k])[:, None] <= scale[:, None] * spread[FACTS:]
    for name, share in (
        ("by row", inside.mean(0)),
        ("by family", np.average(inside, axis=0, weights=weight)),
    ):
        held = "  ".join(f"{level:.0%}: {x:.1%}" for level, x in zip(LEVELS, share, strict=True))
        print(f"  coverage {name:<10} {held}")


def save(out: Path, network: dict[str, np.ndarray], table: Table, heads: list[Head], **facts: Any) -> None:
    """Write everything as float16 or float32 arrays; no pickle."""
    arrays = {f"network/{name}": value.astype(np.float16) for name, value in network.items()}
    for k, head in enumerate(heads):
        for name, value in head.state_dict().items():
            arrays[f"head{k}/{name}"] = value.numpy().astype(np.float16)
    arrays |= {"mean": table.mean.astype(np.float32), "deviation": table.deviation.astype(np.float32)}
    arrays |= {name: np.asarray(value) for name, value in facts.items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **arrays)
    print(f"wrote {out}: {out.stat().st_size / 1e6:.2f} MB")


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("network", nargs="?", type=Path)
    parser.add_argument("out", nargs="?", type=Path)
    args = parser.parse_args()
    if args.out is None:
        print("skipped: name the data to train on, see --help")
        return 0
    torch.set_num_threads(1)
    with np.load(args.network, allow_pickle=False) as data:
        # As it will be shipped, so that the heads learn on what they will see.
        network = {name: value.astype(np.float16) for name, value in data.items()}
    table = load(args.folder, Network.of(network))
    fold, curated = folds(table), table.curated
    every, disagreements = cross_validate(table, fold)
    raw, disagreement = every[0], disagreements[0]
    weight = family_weight(table.family[curated])
    fitted = raw[curated]
    scale = float((weight * fitted * table.ddg[curated]).sum() / (weight * fitted**2).sum())
    given, truth = raw * scale, table.ddg
    print(f"families unseen, {FOLDS} folds (scale {scale:.3f}):")
    error = report("curated", given[curated], truth[curated])
    report("curated, by family", given[curated], truth[curated], weight)
    report("mega-scale", given[~curated], truth[~curated])
    for (together, noise), other in zip(WAYS[1:3], every[1:3] * scale, strict=True):
        report(f"curated, {'complex' if together else f'error {noise} Å'}", other[curated], truth[curated])
    facts = spread_facts(given, disagreement * scale, table.free[table.site], table.wild, table.mutant)[
        curated
    ]
    check_coverage(facts, (truth - given)[curated], weight, fold[curated])
    spread = calibrate(facts, (truth - given)[curated], weight)
    heads = [fit(table, np.arange(len(fold)), seed) for seed in range(HEADS)]
    save(
        args.out,
        network,
        table,
        heads,
        scale=scale,
        spread=spread,
        typical_error=error,
        info="built-in ddG 2",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
