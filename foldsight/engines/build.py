"""Makes a structure from what a folding engine computes: chains and atom positions."""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np

from foldsight.errors import EngineFailed
from foldsight.residues import ONE_TO_THREE
from foldsight.structure import Atoms, Chain, Residues, Structure
from foldsight.typing import Doubles, Floats, Ints


def chain_id(index: int) -> str:
    """Return the id of the chain with this index: A..Z, then AA, AB...

    >>> chain_id(0), chain_id(25), chain_id(26)
    ('A', 'Z', 'AA')
    """
    letters = string.ascii_uppercase
    head = chain_id(index // 26 - 1) if index >= 26 else ""
    return head + letters[index % 26]


def build(
    name: str,
    chains: Sequence[str],
    atom_names: Sequence[str],
    atom_residues: Ints,
    coord: Doubles,
    confidence: Floats,
) -> Structure:
    """Return a structure of protein chains numbered from 1.

    Parameters
    ----------
    name : str
    chains : sequence of str
        One-letter sequences; residues are counted on over all of them.
    atom_names : sequence of str, length N
        ``N``, ``CA``...; the first letter is the element, as in all standard residues.
    atom_residues : ndarray, shape=(N,), dtype=int32
        Residue of each atom, ascending.
    coord : ndarray, shape=(N, 3), dtype=float64
        In Å.
    confidence : ndarray, shape=(R,), dtype=float32
        Written to the B-factor column.

    Raises
    ------
    EngineFailed
        When the arrays do not fit each other.
    """
    total = sum(map(len, chains))
    if coord.shape != (len(atom_names), 3) or confidence.shape != (total,):
        raise EngineFailed(f"{coord.shape} positions do not fit {len(atom_names)} atoms of {total} residues.")
    if np.any(np.diff(atom_residues) < 0):
        raise EngineFailed("The atoms of the structure are not in residue order.")
    return Structure(
        name=name,
        atoms=_atoms(atom_names, atom_residues, coord, confidence),
        residues=_residues(chains),
        chains=tuple(Chain(chain_id(i), chain_id(i), "protein", text) for i, text in enumerate(chains)),
    )


def _atoms(names: Sequence[str], residues: Ints, coord: Doubles, confidence: Floats) -> Atoms:
    n = len(names)
    return Atoms(
        coord=coord.astype(np.float64),
        name=np.array(names, dtype="U4"),
        element=np.array([atom[0] for atom in names], dtype="U2"),
        altloc=np.full(n, "", dtype="U1"),
        occupancy=np.ones(n, dtype=np.float32),
        b_factor=confidence[residues].astype(np.float32),
        residue=residues.astype(np.int32),
        charge=np.zeros(n, dtype=np.int32),
    )


def _residues(chains: Sequence[str]) -> Residues:
    lengths = [len(chain) for chain in chains]
    total = sum(lengths)
    numbers = np.concatenate([np.arange(1, n + 1) for n in lengths]).astype(np.int32)
    return Residues(
        chain=np.repeat(np.arange(len(chains)), lengths).astype(np.int32),
        label_seq=numbers,
        auth_seq=numbers.copy(),
        ins_code=np.full(total, "", dtype="U1"),
        name=np.array([ONE_TO_THREE[aa] for chain in chains for aa in chain], dtype="U5"),
        het=np.zeros(total, dtype=bool),
        uniprot=np.full(total, -1, dtype=np.int32),
    )
