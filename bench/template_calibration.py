"""How good the template engine is, and whether its template support tells so.

::

    python bench/template_calibration.py                # build pairs, cross-validate, print the tables
    python bench/template_calibration.py --keep F.npz   # keep the built pairs, use them when F is there
    python bench/template_calibration.py --fit          # and write the coefficients of the engine

Families are connected by sequence (phmmer, E <= 1e-3) and by fold (TM-align, TM-score
>= 0.5 by the shorter of their first chains, of the pairs most alike in 3Di); a family is in one fold of the
cross-validation only. The ridge penalty and the features were fixed before the table was
made. Takes about 20 minutes of CPU; needs the benchmark sets, else it says so and stops.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
from template_pairs import BINS, Built, build, sample
from template_pool import families, pool, same_fold, similar

from foldsight.engines.template.features import NAMES
from foldsight.engines.template.support import terms
from foldsight.typing import Bools, Doubles

OUT = Path(__file__).parents[1] / "foldsight" / "engines" / "template" / "support.json"
FOLDS = 5
RIDGE = 100.0
EDGES = np.linspace(0, 1, 11)


def collect() -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """Build the pairs and return them as columns; empty without the sets."""
    chains = pool()
    if not chains:
        return {}
    pairs = similar(chains)
    family = families(len(chains), pairs)
    built = [item for i, j, f in sample(chains, pairs, family) if (item := build(chains[i], chains[j], f))]
    links = same_fold(chains, {item.family for item in built})
    fold = families(len(chains), [*pairs, *links])
    return columns(built, {item.family: fold[item.family] for item in built})


def columns(built: list[Built], fold: dict[int, int]) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """Return pairs as arrays: ``pair_*`` one per pair, the others one row per residue."""
    return {
        "pair_names": np.array([f"{item.query} on {item.template}" for item in built]),
        "pair_identity": np.array([item.identity for item in built]),
        "pair_coverage": np.array([item.coverage for item in built]),
        "pair_tm": np.array([item.tm_score for item in built]),
        "pair_lddt": np.array([item.mean_lddt for item in built]),
        "pair_loops": np.array([item.loops for item in built]),
        "pair_family": np.array([fold[item.family] for item in built]),
        "pair": np.repeat(np.arange(len(built)), [len(item.lddt) for item in built]),
        "features": np.concatenate([item.features for item in built]),
        "lddt": np.concatenate([item.lddt for item in built]),
    }


def weights(family: np.ndarray) -> Doubles:  # type: ignore[type-arg]
    """Return weights that keep large families from ruling: one over the root of their size."""
    _, where, counts = np.unique(family, return_inverse=True, return_counts=True)
    weight: Doubles = 1 / np.sqrt(counts[where])
    return weight / weight.mean()


def fit(features: Doubles, lddt: Doubles, weight: Doubles) -> Doubles:
    """Return ridge coefficients for the terms of the features."""
    a = terms(features)
    weighted = a * weight[:, None]
    return np.linalg.solve(weighted.T @ a + RIDGE * np.eye(a.shape[1]), weighted.T @ lddt)


def cross_validated(data: dict[str, np.ndarray]) -> Doubles:  # type: ignore[type-arg]
    """Return the support (0-1) of each residue by coefficients that never saw its family."""
    family = data["pair_family"][data["pair"]]
    names = np.random.default_rng(0).permutation(np.unique(family))
    fold = {name: i % FOLDS for i, name in enumerate(names)}
    where = np.array([fold[name] for name in family])
    support = np.empty(len(family))
    for k in range(FOLDS):
        seen = where != k
        known = fit(data["features"][seen], data["lddt"][seen], weights(family[seen]))
        support[~seen] = np.clip(terms(data["features"][~seen]) @ known, 0, 1)
    return support


def identity_table(data: dict[str, np.ndarray], support: Doubles) -> None:  # type: ignore[type-arg]
    print("\nidentity | pairs | families | coverage | TM-score mean / median | lDDT-CA of all residues | "
          "lDDT-CA of built | support | error")  # fmt: skip
    family = data["pair_family"]
    for low, high in pairwise(BINS):
        chosen = (data["pair_identity"] >= low) & (data["pair_identity"] < high)
        rows = chosen[data["pair"]]
        print(
            f"{low:.2f}-{min(high, 1):.2f} | {chosen.sum()} | {len(np.unique(family[chosen]))} | "
            f"{data['pair_coverage'][chosen].mean():.2f} | {data['pair_tm'][chosen].mean():.2f} / "
            f"{np.median(data['pair_tm'][chosen]):.2f} | {data['pair_lddt'][chosen].mean():.2f} | "
            f"{data['lddt'][rows].mean():.2f} | {support[rows].mean():.2f} | "
            f"{abs(support[rows].mean() - data['lddt'][rows].mean()):.3f}"
        )


def calibration_table(data: dict[str, np.ndarray], support: Doubles, below: float) -> None:  # type: ignore[type-arg]
    """Print the table for pairs with less identity than ``below``."""
    chosen = (data["pair_identity"] < below)[data["pair"]]
    family, lddt, support = data["pair_family"][data["pair"]][chosen], data["lddt"][chosen], support[chosen]
    weight = weights(family)
    print("\nsupport | residues | families | mean support | mean lDDT | error | error, families weighted")
    for low, high in pairwise(EDGES):
        rows: Bools = (support >= low) & ((support < high) | (high == 1))
        if rows.sum() >= 30:
            mean, seen = support[rows].mean(), lddt[rows].mean()
            even = np.average(lddt[rows] - support[rows], weights=weight[rows])
            print(
                f"{100 * low:.0f}-{100 * high:.0f} | {rows.sum()} | {len(np.unique(family[rows]))} | "
                f"{mean:.3f} | {seen:.3f} | {abs(mean - seen):.3f} | {abs(even):.3f}"
            )
    loop = data["features"][chosen, NAMES.index("loop")] == 1
    print(f"\nresidues in loops: {loop.sum()}, mean support {support[loop].mean():.2f}, "
          f"mean lDDT {lddt[loop].mean():.2f}")  # fmt: skip
    off = np.abs(support - lddt)
    print(f"\nper residue: mean absolute error {off.mean():.3f} ({np.average(off, weights=weight):.3f} with "
          f"families weighted), Pearson r {np.corrcoef(support, lddt)[0, 1]:.2f}")  # fmt: skip


def main(keep: Path | None, write: bool) -> None:
    if keep is not None and keep.exists():
        with np.load(keep, allow_pickle=False) as stored:
            data = dict(stored)
    else:
        data = collect()
    if not data:
        print("The benchmark sets are not here; nothing was done.")
        return
    if keep is not None and not keep.exists():
        np.savez_compressed(keep, **data)
    support = cross_validated(data)
    print(f"{len(data['pair_tm'])} pairs, {len(np.unique(data['pair_family']))} families, "
          f"{len(data['lddt'])} residues, {data['pair_loops'].sum()} loops")  # fmt: skip
    identity_table(data, support)
    calibration_table(data, support, 1.1)
    print("\nThe same without near-identical pairs (95 % identity and more):")
    calibration_table(data, support, 0.95)
    if write:
        family = data["pair_family"][data["pair"]]
        known = fit(data["features"], data["lddt"], weights(family))
        text = json.dumps({"features": NAMES, "coefficients": [round(float(c), 5) for c in known]})
        OUT.write_text(text + "\n", encoding="utf-8")
        print("wrote", OUT.name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--fit", action="store_true")
    given = parser.parse_args()
    main(given.keep, given.fit)
