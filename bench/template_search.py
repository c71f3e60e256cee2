"""CPU time of a library search: a query of 300 residues against 200,000 sequences.

::

    python bench/template_search.py

The sequences are made from those of ``backbones.npz`` by shuffling, or by the starter's
composition where that set is missing. Ten relatives of the query, mutated to 30-90 %
identity, are hidden among them and must be found.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from data import find

from foldsight.library import Library
from foldsight.library.search import digitise, scan

LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))
QUERY_LENGTH = 300
HIDDEN = (0.3, 0.36, 0.42, 0.48, 0.54, 0.6, 0.66, 0.72, 0.8, 0.9)


def natural() -> list[str]:
    """Return natural sequences to shuffle."""
    path = find("backbones.npz")
    if path is not None:
        with np.load(path, allow_pickle=False) as data:
            return [str(sequence).replace("X", "A") for sequence in data["sequences"]]
    print("backbones.npz is not here: shuffling the starter library instead")
    entries = Library(Path("none")).list()
    return [chain.sequence.replace("X", "A") for entry in entries for chain in entry.chains]


def shuffled(sequences: list[str], count: int, random: np.random.Generator) -> list[str]:
    """Return sequences with natural lengths and compositions and no relation to anything."""
    pools = [np.array(list(sequence)) for sequence in sequences]
    return ["".join(random.permutation(pools[i % len(pools)])) for i in range(count)]


def mutated(sequence: str, identity: float, random: np.random.Generator) -> str:
    letters = np.array(list(sequence))
    change = random.random(len(letters)) > identity
    letters[change] = random.choice(LETTERS, change.sum())
    return "".join(letters)


def main(count: int) -> None:
    random = np.random.default_rng(0)
    sequences = natural()
    query = "".join(sequences[k] for k in range(12))[:QUERY_LENGTH]
    targets = shuffled(sequences, count, random)
    for i, identity in enumerate(HIDDEN):
        targets[i * (count // len(HIDDEN))] = mutated(query, identity, random)
    started = time.process_time()
    block = digitise(targets)
    prepared = time.process_time()
    hits = scan(query, block)
    searched = time.process_time()
    hidden = {i * (count // len(HIDDEN)) for i in range(len(HIDDEN))}
    found = len(hidden & {position for position, _, _ in hits})
    print(f"{count:,} sequences, {sum(map(len, targets)) / 1e6:.1f} M residues, query of {len(query)}")
    print(f"reading the sequences {prepared - started:.2f} CPU-s, search {searched - prepared:.2f} CPU-s")
    print(f"hidden relatives found: {found} of {len(HIDDEN)}; others reported: {len(hits) - found}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    main(parser.parse_args().count)
