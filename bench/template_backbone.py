"""Measure what loop closure needs on the starter library: phi and psi, and fragments.

::

    python bench/template_backbone.py --fit   # writes ramachandran.json and fragments.npz

into ``foldsight/engines/template``.

Four maps of 24 x 24 bins of 15 degrees: glycine, proline, residues before proline, and
the rest; smoothed, in units of 1/100,000. Simulation frames and structures worse than
3 Å are left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from foldsight.analysis.vectors import torsion
from foldsight.engines.template.draft import TemplateChain, template_chain
from foldsight.library import Library
from foldsight.typing import Doubles

OUT = Path(__file__).parents[1] / "foldsight" / "engines" / "template"
BINS = 24
KINDS = ("general", "glycine", "proline", "before_proline")
PSEUDOCOUNT = 0.02


def kind(letter: str, following: str) -> str:
    if letter in "GP":
        return "glycine" if letter == "G" else "proline"
    return "before_proline" if following == "P" else "general"


def angles(chain: TemplateChain) -> list[tuple[str, float, float]]:
    """Return kind, phi and psi of each residue with both neighbours."""
    n, ca, c = (chain.coord[:, i] for i in range(3))
    bonded = np.linalg.norm(n[1:] - c[:-1], axis=-1) < 1.6
    phi = torsion(c[:-2], n[1:-1], ca[1:-1], c[1:-1])
    psi = torsion(n[1:-1], ca[1:-1], c[1:-1], n[2:])
    return [
        (kind(chain.sequence[i + 1], chain.sequence[i + 2]), float(phi[i]), float(psi[i]))
        for i in np.flatnonzero(bonded[:-1] & bonded[1:])
    ]


def smooth(counts: Doubles) -> Doubles:
    """Return the map blurred over its periodic edges by a Gaussian of one bin."""
    weights = np.exp(-0.5 * np.arange(-3, 4) ** 2)
    for axis in (0, 1):
        counts = sum(w * np.roll(counts, s, axis) for w, s in zip(weights, range(-3, 4), strict=True))
    return counts


def chains() -> Iterator[TemplateChain]:
    """Yield the distinct chains of the starter library that are good enough."""
    library = Library(Path("none"))
    for entry in library.list():
        if entry.note or (entry.resolution or 9) > 3.0:
            continue
        structure = library.structure(entry.id)
        for record in {record.sequence: record for record in entry.chains}.values():
            yield template_chain(structure, record.auth)


def fit_fragments() -> None:
    """Write N, CA, C of all chains, and which residues are bonded by a trans bond to the next."""
    coord, joined = [], []
    for chain in chains():
        xyz = chain.coord[:, :3]
        bond = np.linalg.norm(xyz[1:, 0] - xyz[:-1, 2], axis=-1)
        omega = np.degrees(torsion(xyz[:-1, 1], xyz[:-1, 2], xyz[1:, 0], xyz[1:, 1]))
        coord.append(xyz - xyz.mean(axis=(0, 1)))
        joined.append(np.append((np.abs(bond - 1.33) < 0.06) & (np.abs(omega) > 160), False))
    packed = np.round(np.concatenate(coord) * 100).astype(np.int16)
    np.savez_compressed(OUT / "fragments.npz", coord=packed, joined=np.concatenate(joined))
    print("fragments", len(packed), "residues", (OUT / "fragments.npz").stat().st_size, "bytes")


def fit() -> None:
    maps = {name: np.zeros((BINS, BINS)) for name in KINDS}
    for chain in chains():
        for name, phi, psi in angles(chain):
            row, column = (int((np.degrees(a) + 180) // (360 / BINS)) % BINS for a in (phi, psi))
            maps[name][row, column] += 1
    table = {}
    for name, counts in maps.items():
        blurred = smooth(counts) + PSEUDOCOUNT
        table[name] = np.round(1e5 * blurred / blurred.sum()).astype(int).tolist()
        print(name, int(counts.sum()), "residues")
    (OUT / "ramachandran.json").write_text(json.dumps(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    if parser.parse_args().fit:
        fit()
        fit_fragments()
