"""Pre-train the residue-from-environment network of the built-in ddG.

    python bench/train_ddg_network.py backbones.npz network.npz [--seconds 700] [--start network.npz]

``backbones.npz`` holds PDB chains (``ids``, ``sequences``, ``lengths``, ``xyz`` int16 in
0.01 Å, N CA C O). The network learns which residue type stands at a site from the 24
residues around it; it never sees the site's own type. 60 chains are kept aside and
scored. Needs torch; what runs in FoldSight is
``foldsight/analysis/variants/network.py``, in numpy, and a test holds the two together.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from foldsight.analysis.variants.geometry import EDGE_WIDTH, NODE_WIDTH, Geometry, edges_between, geometry
from foldsight.analysis.variants.sites import UNKNOWN, Sites

WIDTH = 96
ROUNDS = 3
BATCH_SITES = 1000
#: Share of a chain's sites used each time the chain comes by.
SHARE = 0.34
#: Each chain is described once with each of these errors of its coordinates, Å: what is
#: learned must not hang on bond lengths and angles that refinement leaves behind.
NOISES = (0.05, 0.1, 0.2, 0.2)
PEAK_RATE = 1.6e-3
HELD_OUT = 60


class Round(nn.Module):
    """One message round: mean over neighbours, then a small feed-forward step."""

    def __init__(self) -> None:
        super().__init__()
        self.site = nn.Linear(WIDTH, WIDTH)
        self.edge = nn.Linear(WIDTH, WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, 2 * WIDTH)
        self.down = nn.Linear(2 * WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.drop = nn.Dropout(0.1)

    def forward(self, z: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        message = functional.relu(self.edge(edges) + self.site(z)[:, None]).mean(1)
        z = self.norm1(z + self.drop(self.out(message)))
        return self.norm2(z + self.drop(self.down(functional.relu(self.up(z)))))


class Network(nn.Module):
    """Residue type of a site from its neighbours; parameter names are those of the .npz."""

    def __init__(self) -> None:
        super().__init__()
        self.edge1 = nn.Linear(EDGE_WIDTH, WIDTH)
        self.edge2 = nn.Linear(WIDTH, WIDTH)
        self.neighbour = nn.Linear(NODE_WIDTH, WIDTH, bias=False)
        self.letter = nn.Embedding(UNKNOWN + 1, WIDTH)
        self.node = nn.Linear(NODE_WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.rounds = nn.ModuleList(Round() for _ in range(ROUNDS))
        self.logits = nn.Linear(WIDTH, 20)

    def forward(
        self,
        edges: torch.Tensor,
        node: torch.Tensor,
        letters: torch.Tensor,
        rows: torch.Tensor,
        neighbours: torch.Tensor,
    ) -> torch.Tensor:
        around = (self.neighbour(node) + self.letter(letters))[neighbours]
        hidden = functional.relu(self.edge2(functional.relu(self.edge1(edges) + around)))
        z = self.norm(self.node(node[rows]))
        for each in self.rounds:
            z = each(z, hidden)
        return self.logits(z)


@dataclass
class ChainData:
    """One chain, described once for each error of its coordinates."""

    copies: list[Geometry]
    sites: Sites


def read_chains(path: Path) -> list[ChainData]:
    """Read the chains whose sequence has only the twenty residue types."""
    rng = np.random.default_rng(1)
    with np.load(path, allow_pickle=False) as data:
        xyz, lengths, sequences = data["xyz"] / 100.0, data["lengths"], data["sequences"]
    ends = np.cumsum(lengths)
    chains = []
    for end, length, sequence in zip(ends, lengths, sequences, strict=True):
        clean = xyz[end - length : end].astype(np.float64)
        sites = Sites.from_backbone(clean, str(sequence))
        if (sites.letters < UNKNOWN).all():
            moved = [clean + rng.normal(0, noise, clean.shape) for noise in NOISES]
            copies = [geometry(Sites.from_backbone(each, str(sequence))) for each in moved]
            chains.append(ChainData(copies, sites))
    return chains


def batches(
    chains: list[ChainData], rng: np.random.Generator, *, share: float, copy: int | None, mask: float
) -> Iterator[tuple[tuple[torch.Tensor, ...], torch.Tensor]]:
    """Yield network inputs and true types, about BATCH_SITES sites at a time.

    ``copy`` is which description to take, None for a random one each time.
    """
    held: list[tuple[Geometry, Sites, np.ndarray]] = []
    for k in rng.permutation(len(chains)):
        count = len(chains[k].sites)
        rows = np.sort(rng.choice(count, max(1, int(count * share)), replace=False))
        geo = chains[k].copies[int(rng.integers(len(NOISES))) if copy is None else copy]
        held.append((geo, chains[k].sites, rows))
        if sum(len(rows) for _, _, rows in held) > BATCH_SITES:
            yield _join(held, rng, mask * rng.random())
            held = []
    if held:
        yield _join(held, rng, mask * rng.random())


def _join(
    held: list[tuple[Geometry, Sites, np.ndarray]], rng: np.random.Generator, mask: float
) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
    starts = np.cumsum([0] + [len(sites) for _, sites, _ in held])[:-1].tolist()
    parts = list(zip(held, starts, strict=True))
    rows = np.concatenate([rows + start for (_, _, rows), start in parts])
    neighbours = np.concatenate([geo.neighbours[rows] + start for (geo, _, rows), start in parts])
    atoms = np.concatenate([geo.atoms for geo, _, _ in held])
    frames = np.concatenate([geo.frames for geo, _, _ in held])
    node = np.concatenate([geo.node for geo, _, _ in held])
    position = np.concatenate([sites.position for _, sites, _ in held])
    letters = np.concatenate([sites.letters for _, sites, _ in held])
    edges = edges_between(atoms, frames, position, rows, neighbours)
    seen = np.where(rng.random(len(letters)) < mask, UNKNOWN, letters)
    inputs = (edges, node, seen.astype(np.int64), rows.astype(np.int64), neighbours.astype(np.int64))
    return tuple(torch.from_numpy(part) for part in inputs), torch.from_numpy(letters[rows].astype(np.int64))


def score(network: Network, chains: list[ChainData]) -> tuple[float, float]:
    """Return perplexity and recovery over every site of ``chains``, with the least error."""
    network.eval()
    loss, hits, count = 0.0, 0, 0
    with torch.no_grad():
        for inputs, truth in batches(chains, np.random.default_rng(0), share=1.0, copy=0, mask=0.0):
            logits = network(*inputs)
            loss += functional.cross_entropy(logits, truth, reduction="sum").item()
            hits += int((logits.argmax(-1) == truth).sum())
            count += len(truth)
    return math.exp(loss / count), hits / count


def train(
    network: Network, chains: list[ChainData], held_out: list[ChainData], seconds: float, out: Path
) -> None:
    """Train for ``seconds`` of CPU with a cosine rate; write the network as it goes."""
    rng = np.random.default_rng(0)
    optimiser = torch.optim.AdamW(network.parameters(), PEAK_RATE, weight_decay=0.01)
    began, step, passes = time.process_time(), 0, 0
    while (used := time.process_time() - began) < seconds:
        network.train()
        losses = []
        for inputs, truth in batches(chains, rng, share=SHARE, copy=None, mask=0.1):
            done = min(1.0, (time.process_time() - began) / seconds)
            rate = PEAK_RATE * min(1.0, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * done) + 0.01)
            for group in optimiser.param_groups:
                group["lr"] = rate
            with torch.autocast("cpu", dtype=torch.bfloat16):  # a third faster here, same result
                logits = network(*inputs)
            loss = functional.cross_entropy(logits.float(), truth, label_smoothing=0.02)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            losses.append(loss.item())
            step += 1
            if time.process_time() - began > seconds:
                break
        passes += 1
        if passes % 4 == 0:
            perplexity, recovery = score(network, held_out)
            used = time.process_time() - began
            print(f"step {step} train {np.mean(losses):.3f} perplexity {perplexity:.2f} "
                  f"recovery {recovery:.3f} cpu {used:.0f} s", flush=True)  # fmt: skip
            save(network, out)
    perplexity, recovery = score(network, held_out)
    print(f"done: {step} steps, perplexity {perplexity:.2f}, recovery {recovery:.3f}")
    save(network, out)


def save(network: Network, out: Path) -> None:
    """Write the parameters as float32 arrays."""
    np.savez(out, **{name: value.detach().numpy() for name, value in network.state_dict().items()})


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("backbones", nargs="?", type=Path)
    parser.add_argument("out", nargs="?", type=Path)
    parser.add_argument("--start", type=Path, help="network to go on from")
    parser.add_argument("--seconds", type=float, default=700.0, help="CPU seconds of training")
    args = parser.parse_args()
    if args.out is None:
        print("skipped: name the data to train on, see --help")
        return 0
    torch.set_num_threads(1)
    chains = read_chains(args.backbones)
    order = np.random.default_rng(5).permutation(len(chains))
    chains = [chains[k] for k in order]
    print(f"{len(chains)} chains, {sum(len(chain.sites) for chain in chains)} sites", flush=True)
    torch.manual_seed(0)
    network = Network()
    if args.start is not None:
        with np.load(args.start, allow_pickle=False) as data:
            network.load_state_dict({name: torch.from_numpy(value) for name, value in data.items()})
    train(network, chains[HELD_OUT:], chains[:HELD_OUT], args.seconds, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
