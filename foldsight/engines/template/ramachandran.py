"""Which phi and psi residues take: ``ramachandran.json``, measured on the starter library."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from foldsight.typing import Doubles

_TABLE = Path(__file__).with_name("ramachandran.json")
#: Below this probability per bin of 15 x 15 degrees a pair of angles is an outlier.
OUTLIER = 3e-4


@cache
def _maps() -> dict[str, Doubles]:
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    return {name: np.maximum(np.array(rows, dtype=np.float64), 1.0) / 1e5 for name, rows in table.items()}


def _map(letter: str, following: str) -> Doubles:
    if letter in "GP":
        return _maps()["glycine" if letter == "G" else "proline"]
    return _maps()["before_proline" if following == "P" else "general"]


def probability(sequence: str, following: str, phi_psi: Doubles) -> Doubles:
    """Return how often residues take these angles; (K, n, 2) radians give (K, n)."""
    found = []
    for i, (letter, after) in enumerate(zip(sequence, sequence[1:] + following, strict=True)):
        table = _map(letter, after)
        bins = ((phi_psi[:, i] + np.pi) / (2 * np.pi) * len(table)).astype(int) % len(table)
        found.append(table[bins[:, 0], bins[:, 1]])
    return np.stack(found, axis=1)
