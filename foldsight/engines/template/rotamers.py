"""The rotamer table, and side chains built from it.

``rotamers.json`` holds, for each residue, bond lengths (Å), angles and torsion offsets
(degrees) of its side-chain atoms, and backbone-independent rotamers as rows of
probability and chi angles. ``bench/template_rotamers.py`` measured it on the starter
library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from foldsight.engines.template.chemistry import ATOMS, N_CHI, SLOT, TREE
from foldsight.engines.template.geometry import place, torsion
from foldsight.typing import Doubles

_TABLE = Path(__file__).with_name("rotamers.json")


@dataclass(frozen=True, eq=False)
class Kind:
    """What is known of the side chain of one kind of residue.

    Attributes
    ----------
    geometry : ndarray, shape=(A, 3), dtype=float64
        Length (Å), angle and torsion offset (radians) of each atom in building order.
    probability : ndarray, shape=(K,), dtype=float64
    chi : ndarray, shape=(K, C), dtype=float64
        In radians. One row without columns for residues that have no chi.
    """

    geometry: Doubles
    probability: Doubles
    chi: Doubles


@cache
def kind(letter: str) -> Kind:
    """Return the side chain of one residue kind; glycine has an empty one."""
    item = _table().get(letter, {"geometry": {}, "rotamers": []})
    geometry = np.array([item["geometry"][branch.atom] for branch in TREE[letter]]).reshape(-1, 3)
    geometry[:, 1:] = np.radians(geometry[:, 1:])
    rows = np.array(item["rotamers"] or [[1.0]], dtype=np.float64)
    return Kind(geometry, rows[:, 0], np.radians(rows[:, 1:]))


@cache
def _table() -> dict[str, dict[str, dict[str, list[float]]]]:
    table: dict[str, dict[str, dict[str, list[float]]]] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return table


def side_chains(letter: str, backbone: Doubles, chi: Doubles) -> Doubles:
    """Return coordinates of one residue with its side chain turned to each row of ``chi``.

    Parameters
    ----------
    letter : str
    backbone : ndarray, shape=(4, 3)
        N, CA, C, O in Å.
    chi : ndarray, shape=(K, C)
        In radians.

    Returns
    -------
    ndarray, shape=(K, A, 3), dtype=float64
        All atoms of the residue, in slot order.
    """
    k, names = len(chi), SLOT[letter]
    coord = np.empty((k, len(ATOMS[letter]), 3))
    coord[:, :4] = backbone
    for branch, (length, bend, offset) in zip(TREE[letter], kind(letter).geometry, strict=True):
        turn = offset + (chi[:, branch.chi - 1] if branch.chi else np.zeros(k))
        a, b, c = (coord[:, names[name]] for name in branch.parents)
        coord[:, names[branch.atom]] = place(a, b, c, length, bend, turn)
    return coord


def chi_angles(letter: str, coord: Doubles) -> Doubles:
    """Return the chi angles (radians) of residues; NaN from the first missing atom on.

    Parameters
    ----------
    coord : ndarray, shape=(..., 14, 3)

    Returns
    -------
    ndarray, shape=(..., C)
    """
    names, found = SLOT[letter], []
    for k in range(1, N_CHI[letter] + 1):
        branch = next(b for b in TREE[letter] if b.chi == k)
        a, b, c, d = (coord[..., names[name], :] for name in (*branch.parents, branch.atom))
        found.append(torsion(a, b, c, d))
    angles: Doubles = np.stack(found, axis=-1) if found else np.empty((*coord.shape[:-2], 0))
    return angles
