"""Fit the side-chain geometry and rotamers of the template engine on the starter library.

::

    python bench/template_rotamers.py --fit     # writes foldsight/analysis/rotamers.json
    python bench/template_rotamers.py           # rebuilds native side chains, prints accuracy

The library is PDB data (CC0 1.0). Simulation frames and structures worse than 3 Å are
left out.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from foldsight.analysis.rotamers import ATOMS, N_CHI, SLOT, TREE, chi_angles
from foldsight.analysis.vectors import angle, torsion
from foldsight.engines.template.draft import template_chain
from foldsight.engines.template.sidechains import place_side_chains
from foldsight.library import Library
from foldsight.typing import Doubles

OUT = Path(__file__).parents[1] / "foldsight" / "analysis" / "rotamers.json"
#: Last chi of residues whose end is flat: period and bin width in degrees. Others: three wells.
FLAT = {"F": (180, 30), "Y": (180, 30), "D": (180, 30), "E": (180, 30), "N": (360, 60), "Q": (360, 60),
        "H": (360, 60), "W": (360, 60)}  # fmt: skip
RAREST = 0.005


def residues() -> dict[str, Doubles]:
    """Return complete residues of the library by kind; shape (n, 14, 3)."""
    found: dict[str, list[Doubles]] = defaultdict(list)
    library = Library.open()
    library = Library(library.folder / "none")
    for entry in library.list():
        if entry.note or (entry.resolution or 9) > 3.0:
            continue
        structure = library.structure(entry.id)
        for sequence in {record.sequence: record for record in entry.chains}.values():
            chain = template_chain(structure, sequence.auth)
            for letter, xyz in zip(chain.sequence, chain.coord, strict=True):
                if letter != "X" and np.isfinite(xyz[: len(ATOMS[letter])]).all():
                    found[letter].append(xyz)
    return {letter: np.array(items) for letter, items in sorted(found.items())}


def circular_mean(values: Doubles) -> float:
    return float(np.arctan2(np.sin(values).mean(), np.cos(values).mean()))


def chis(letter: str, xyz: Doubles) -> Doubles:
    """Return chi angles in radians; shape (n, number of chis)."""
    rows = []
    for k in range(1, N_CHI[letter] + 1):
        branch = next(b for b in TREE[letter] if b.chi == k)
        rows.append(torsion(*(xyz[:, SLOT[letter][a]] for a in (*branch.parents, branch.atom))))
    return np.array(rows).T.reshape(len(xyz), N_CHI[letter])


def geometry(letter: str, xyz: Doubles) -> dict[str, list[float]]:
    """Return length (Å), angle and torsion offset (degrees) of each side-chain atom."""
    angles = chis(letter, xyz)
    found = {}
    for branch in TREE[letter]:
        a, b, c, d = (xyz[:, SLOT[letter][name]] for name in (*branch.parents, branch.atom))
        turn = torsion(a, b, c, d)
        offset = circular_mean(turn - angles[:, branch.chi - 1]) if branch.chi else circular_mean(turn)
        length = float(np.median(np.linalg.norm(d - c, axis=-1)))
        bend = float(np.degrees(np.median(angle(b, c, d))))
        found[branch.atom] = [round(length, 3), round(bend, 1), round(np.degrees(offset), 1)]
    return found


def rotamers(letter: str, xyz: Doubles) -> list[list[float]]:
    """Return rows of probability and chis (degrees), most frequent first."""
    turns = np.degrees(chis(letter, xyz))
    bins = np.floor((turns % 360) / 120)
    if letter in FLAT:
        period, width = FLAT[letter]
        turns[:, -1] %= period
        bins[:, -1] = np.floor(((turns[:, -1] + width / 2) % period) / width)
    if letter == "P":
        bins = (turns > 0).astype(float)
    groups: dict[tuple[float, ...], list[Doubles]] = defaultdict(list)
    for key, row in zip(map(tuple, bins), turns, strict=True):
        groups[key].append(row)
    rows = []
    for members in groups.values():
        share = len(members) / len(turns)
        if share >= RAREST:
            period = FLAT.get(letter, (360, 0))[0]
            rows.append([round(share, 4), *_centre(np.array(members), period)])
    return sorted(rows, key=lambda row: -row[0])


def _centre(members: Doubles, last_period: int) -> list[float]:
    scale = np.ones(members.shape[1])
    scale[-1] = 360 / last_period
    means = [
        np.degrees(circular_mean(np.radians(column * s))) / s
        for column, s in zip(members.T, scale, strict=True)
    ]
    return [round(float(mean), 1) for mean in means]


def fit() -> None:
    table = {
        letter: {
            "geometry": geometry(letter, xyz),
            "rotamers": rotamers(letter, xyz) if N_CHI[letter] else [],
        }
        for letter, xyz in residues().items()
        if letter != "G"
    }
    lines = [f" {json.dumps(letter)}: {json.dumps(item)}" for letter, item in table.items()]
    OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print({letter: len(item["rotamers"]) for letter, item in table.items()}, OUT.stat().st_size, "bytes")


def rebuild() -> None:
    """Print the share of chi1 angles found again when every side chain is built anew."""
    library = Library(Path("none"))
    right, total = 0, 0
    for id in ("1ake", "1gbt", "1pwc", "1ubi", "3enl", "3hsy"):
        chain = template_chain(library.structure(id), "A")
        made = chain.coord.copy()
        made[:, 5:] = np.nan
        place_side_chains(chain.sequence, made, np.full(len(made), np.nan))
        off = [_chi1_off(*item) for item in zip(chain.sequence, made, chain.coord, strict=True)]
        known = [value for value in off if np.isfinite(value)]
        right, total = right + sum(value < 40 for value in known), total + len(known)
        print(f"{id}: {sum(value < 40 for value in known)} of {len(known)}")
    print(f"chi1 within 40 degrees: {right / total:.3f} of {total}")


def _chi1_off(letter: str, made: Doubles, native: Doubles) -> float:
    if not N_CHI.get(letter) or letter == "P":
        return float("nan")
    turn = chi_angles(letter, made)[0] - chi_angles(letter, native)[0]
    return float(np.degrees(np.abs(np.angle(np.exp(1j * turn)))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    if parser.parse_args().fit:
        fit()
    else:
        rebuild()
