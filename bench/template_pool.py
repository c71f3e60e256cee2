"""Chains of known structure for the template benchmarks, and their families.

From ``backbones.npz`` (no two chains alike) and, because templates at high identity are
needed too, the PDB entries of the pocket, stability and alignment sets. All are PDB
data; predicted structures among them are left out.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

import gemmi
import numpy as np
from data import find

from foldsight.library.search import digitise, scan
from foldsight.residues import one_letter
from foldsight.typing import Doubles

SHORTEST, LONGEST = 40, 450
#: Families are joined from this TM-score (by the shorter chain) on: same fold, whatever the sequence.
SAME_FOLD = 0.5
#: Share of the pairs of families, most alike in 3Di first, that TM-align compares.
ALIGNED = 0.15


@dataclass(frozen=True, eq=False)
class PoolChain:
    """One chain: ``coord`` is N, CA, C, O with shape (L, 4, 3) in Å."""

    id: str
    sequence: str
    coord: Doubles


def pool() -> list[PoolChain]:
    """Return chains with distinct sequences, in a fixed order; empty without the sets."""
    found: dict[str, PoolChain] = {}
    for chain in (*_backbones(), *_archives()):
        enough = SHORTEST <= len(chain.sequence) <= LONGEST
        if enough and chain.sequence.count("X") <= 0.05 * len(chain.sequence):
            found.setdefault(chain.sequence, chain)
    return list(found.values())


def _backbones() -> Iterator[PoolChain]:
    path = find("backbones.npz")
    if path is None:
        return
    with np.load(path, allow_pickle=False) as data:
        ends = np.cumsum(data["lengths"])
        parts = np.split(data["xyz"].astype(np.float64) / 100, ends[:-1])
        for id, sequence, coord in zip(data["ids"], data["sequences"], parts, strict=True):
            yield PoolChain(str(id), str(sequence), coord)


def _archives() -> Iterator[PoolChain]:
    for name in ("pockets_dev.tar.gz", "ddg_dev.tar.gz", "dev_pairs.tar.gz"):
        path = find(name)
        if path is None:
            continue
        with tarfile.open(path) as archive:
            for member in archive:
                if _wanted(member.name):
                    yield from _chains(member.name, archive.extractfile(member))


def _wanted(name: str) -> bool:
    stem = name.rsplit("/", 1)[-1].split(".")[0]
    predicted = "pdb_af" in name or ("dev/pdb/" in name and len(stem) != 4)
    return name.endswith((".pdb", ".pdb.gz")) and not predicted


def _chains(name: str, file: io.BufferedReader | None) -> Iterator[PoolChain]:
    import gzip

    assert file is not None
    data = file.read()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("ascii", "replace")
    try:
        structure = gemmi.read_pdb_string("\n".join(line[:78] for line in text.splitlines()))
    except RuntimeError:
        return
    stem = name.rsplit("/", 1)[-1].split(".")[0]
    for chain in structure[0]:
        rows = [_backbone(residue) for residue in chain]
        known = [(letter, xyz) for letter, xyz in rows if xyz is not None]
        if known:
            yield PoolChain(
                f"{stem}_{chain.name}", "".join(a for a, _ in known), np.array([xyz for _, xyz in known])
            )


def _backbone(residue: gemmi.Residue) -> tuple[str, list[list[float]] | None]:
    atoms = {atom.name: atom.pos.tolist() for atom in reversed(list(residue))}
    letter = one_letter(residue.name)
    if not all(name in atoms for name in ("N", "CA", "C", "O")):
        return letter, None
    return letter, [atoms[name] for name in ("N", "CA", "C", "O")]


def similar(chains: list[PoolChain]) -> list[tuple[int, int]]:
    """Return (query, template) for every chain that phmmer finds with another, both ways."""
    block = digitise(chain.sequence for chain in chains)
    return [
        (i, j)
        for i, chain in enumerate(chains)
        for j, _, _ in scan(chain.sequence.replace("X", "A"), block, limit=500)
        if i != j
    ]


def families(count: int, links: list[tuple[int, int]]) -> list[int]:
    """Return the family of each chain: connected by links, numbered by its first member."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in links:
        low, high = sorted((root(i), root(j)))
        parent[high] = low
    return [root(i) for i in range(count)]


def same_fold(chains: list[PoolChain], used: set[int]) -> list[tuple[int, int]]:
    """Return links between families whose first members (``used``) have the same fold.

    TM-align takes too long for all pairs; those that resemble each other most in the
    3Di alphabet (van Kempen et al. 2023) are aligned, which misses about one pair in a hundred.
    """
    from tmtools import tm_align

    links = []
    for i, j in _resembling(chains, sorted(used)):
        one, two = chains[i], chains[j]
        found = tm_align(one.coord[:, 1], two.coord[:, 1], one.sequence, two.sequence)
        if max(found.tm_norm_chain1, found.tm_norm_chain2) >= SAME_FOLD:
            links.append((i, j))
    return links


def _resembling(chains: list[PoolChain], heads: list[int]) -> list[tuple[int, int]]:
    import parasail
    from biotite.sequence.align import SubstitutionMatrix

    table = SubstitutionMatrix.std_3di_matrix()
    letters = "".join(map(str, table.get_alphabet1().get_symbols())).upper()
    matrix = parasail.matrix_create(letters, 1, 0)
    for a, b in np.ndindex(len(letters), len(letters)):
        matrix[a, b] = int(table.score_matrix()[a, b])
    states = {i: _states(chains[i]) for i in heads}
    scored = []
    for a, i in enumerate(heads):
        profile = parasail.profile_create_sat(states[i], matrix)
        for j in heads[a + 1 :]:
            score = parasail.sw_striped_profile_sat(profile, states[j], 8, 2).score
            scored.append((score / min(len(states[i]), len(states[j])), i, j))
    scored.sort(reverse=True)
    return [(i, j) for _, i, j in scored[: int(ALIGNED * len(scored))]]


def _states(chain: PoolChain) -> str:
    """Return the 3Di states of a chain, with CB where an L residue has it."""
    from biotite.structure import Atom, array
    from biotite.structure.alphabet import to_3di

    atoms = [
        Atom(xyz, chain_id="A", res_id=i + 1, res_name="ALA", atom_name=name, element=name[0])
        for i, residue in enumerate(chain.coord)
        for name, xyz in zip(("N", "CA", "C", "O"), residue, strict=True)
    ]
    found, _ = to_3di(array(atoms))
    return str(found[0]).upper()
