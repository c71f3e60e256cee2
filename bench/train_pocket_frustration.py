"""Teach the network that says how well each residue suits its place what the built-in ddG knows.

    python bench/train_pocket_frustration.py SET_DIR [--out frustration.npz] [--seconds 480]

``SET_DIR`` holds ``manifest.json`` and ``structures/<id>.pdb.gz``; the structures of the split
``train`` are used, their ligands are not. The energies of the twenty residue types at every place of
the structures as they are (``foldsight/analysis/variants/energies.py``) are learned from backbones
with noise, so that what comes out is steady. Some clusters are kept aside and scored. Needs torch;
what runs in FoldSight is ``foldsight/analysis/pockets/frustration.py``, in numpy. To be run before
``train_pockets.py``.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import foldsight as fs
from foldsight.analysis.pockets import frustration
from foldsight.analysis.pockets.frustration import EDGE_WIDTH, STEPS, Places
from foldsight.analysis.variants.energies import site_energies
from foldsight.analysis.variants.sites import UNKNOWN, Sites

OUT = Path(frustration.__file__).parent / "data" / "frustration.npz"
WIDTH, HIDDEN, TORSIONS = 64, 96, 5
#: Errors of the coordinates, Å, with which each backbone is shown.
NOISES = (0.0, 0.2, 0.4, 0.6)
#: Share of a structure's places used each time it comes by, and of types that are hidden.
SHARE, MASK = 0.2, 0.03
BATCH = 1000
PEAK_RATE = 2.5e-3
#: Clusters kept aside.
HELD_OUT = 15


class Network(nn.Module):
    """Twin of :class:`foldsight.analysis.pockets.frustration.Network`."""

    def __init__(self) -> None:
        super().__init__()
        self.edge1 = nn.Linear(EDGE_WIDTH, WIDTH)
        self.separation = nn.Embedding(STEPS, WIDTH)
        self.letter = nn.Embedding(UNKNOWN + 1, WIDTH)
        self.torsions = nn.Linear(TORSIONS, WIDTH, bias=False)
        self.edge2 = nn.Linear(WIDTH, WIDTH)
        self.up = nn.Linear(WIDTH + TORSIONS, HIDDEN)
        self.middle = nn.Linear(HIDDEN, HIDDEN)
        self.out = nn.Linear(HIDDEN, 20)
        self.drop = nn.Dropout(0.05)

    def forward(
        self,
        edges: torch.Tensor,
        separation: torch.Tensor,
        letters: torch.Tensor,
        around: torch.Tensor,
        own: torch.Tensor,
    ) -> torch.Tensor:
        seen = self.edge1(edges) + self.separation(separation) + self.letter(letters) + self.torsions(around)
        seen = functional.relu(self.edge2(functional.relu(seen))).mean(1)
        hidden = functional.relu(self.up(torch.cat([seen, own], dim=1)))
        return self.out(hidden + functional.relu(self.middle(self.drop(hidden))))


@dataclass
class Shown:
    """A structure: its backbone with each noise, and the energies to learn."""

    cluster: str
    copies: list[Places]
    energies: np.ndarray


def load(folder: Path) -> list[Shown]:
    """Read the training structures and compute what is to be learned."""
    rng, found = np.random.default_rng(1), []
    for record in json.loads((folder / "manifest.json").read_text())["structures"]:
        if record["split"] != "train":
            continue
        opened = fs.read(folder / "structures" / f"{record['id']}.pdb.gz")
        structure = opened.structure if isinstance(opened, fs.Prediction) else opened
        protein = structure.protein_mask
        known = site_energies(structure, protein, protein)
        energies = known.members.mean(axis=0)
        energies -= energies.mean(axis=1, keepdims=True)
        found.append(
            Shown(record["cluster"], [_moved(known.sites, n, rng) for n in NOISES], np.float32(energies))
        )
    return found


def _moved(sites: Sites, noise: float, rng: np.random.Generator) -> Places:
    return Places.of(replace(sites, backbone=sites.backbone + rng.normal(0, noise, sites.backbone.shape)))


def batches(
    shown: list[Shown], rng: np.random.Generator, copy: int | None, share: float, mask: float
) -> Iterator[tuple[list[torch.Tensor], torch.Tensor]]:
    """Yield inputs and energies of about BATCH places; ``copy`` is the noise, None for any."""
    held: list[tuple[np.ndarray, ...]] = []
    for k in rng.permutation(len(shown)):
        places = shown[k].copies[int(rng.integers(len(NOISES))) if copy is None else copy]
        rows = np.sort(rng.choice(len(places), max(1, int(len(places) * share)), replace=False))
        edges, separation = places.edges(rows)
        letters = np.where(rng.random(len(places)) < mask, UNKNOWN, places.letters).astype(np.int64)
        others = places.neighbours[rows]
        inputs = (edges, separation.astype(np.int64), letters[others], places.torsions[others])
        held.append((*inputs, places.torsions[rows], shown[k].energies[rows]))
        if sum(len(part[0]) for part in held) > BATCH:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(held: list[tuple[np.ndarray, ...]]) -> tuple[list[torch.Tensor], torch.Tensor]:
    *inputs, energies = (torch.from_numpy(np.concatenate(column)) for column in zip(*held, strict=True))
    return inputs, energies


def explained(network: Network, shown: list[Shown], copy: int) -> float:
    """Return the share of the variance of the energies that the network explains."""
    network.eval()
    missed = total = 0.0
    with torch.no_grad():
        for inputs, energies in batches(shown, np.random.default_rng(0), copy, 1.0, 0.0):
            missed += ((network(*inputs) - energies) ** 2).sum().item()
            total += (energies**2).sum().item()
    return 1 - missed / total


def train(network: Network, shown: list[Shown], seconds: float) -> None:
    """Train for ``seconds`` of CPU with a cosine rate."""
    rng = np.random.default_rng(0)
    optimiser = torch.optim.AdamW(network.parameters(), PEAK_RATE, weight_decay=0.01)
    began, step = time.process_time(), 0
    network.train()
    while time.process_time() - began < seconds:
        for inputs, energies in batches(shown, rng, None, SHARE, MASK):
            done = min(1.0, (time.process_time() - began) / seconds)
            rate = PEAK_RATE * min(1.0, (step + 1) / 100) * (0.51 + 0.5 * math.cos(math.pi * done))
            for group in optimiser.param_groups:
                group["lr"] = rate
            loss = functional.mse_loss(network(*inputs), energies)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            step += 1
            if done == 1.0:
                break
    print(f"{step} steps", flush=True)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set_dir", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--seconds", type=float, default=480.0, help="CPU seconds of training")
    args = parser.parse_args()
    torch.set_num_threads(1)
    shown = load(args.set_dir)
    clusters = np.random.default_rng(3).permutation(sorted({each.cluster for each in shown}))
    aside = set(clusters[:HELD_OUT].tolist())
    learned, held_out = ([e for e in shown if (e.cluster in aside) == kept] for kept in (False, True))
    print(f"{len(learned)} structures, {len(held_out)} kept aside", flush=True)
    torch.manual_seed(0)
    network = Network()
    train(network, learned, args.seconds)
    for copy, noise in enumerate(NOISES):
        share = explained(network, held_out, copy)
        print(f"variance explained in structures kept aside, noise {noise:g} Å: {share:.3f}")
    np.savez(args.out, **{name: value.detach().numpy() for name, value in network.state_dict().items()})
    print(f"{args.out}: {args.out.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
