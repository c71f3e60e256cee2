"""Interfaces: what holds two chains together, and how sure of it an engine is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from foldsight.analysis.contacts import salt_bridges
from foldsight.analysis.interface_scores import NEAR, PAE_CUTOFF, PairScores, pair_scores
from foldsight.analysis.polar_bonds import polar_bonds
from foldsight.analysis.surface_area import atom_area, heavy_atoms
from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.residues import ResidueRef
from foldsight.structure import Structure
from foldsight.typing import Bools, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

#: Å between heavy atoms of two residues in contact (CAPRI: Méndez et al. 2003, Proteins 52:51).
CONTACT = 5.0


@dataclass(frozen=True)
class Interface:
    """One pair of protein chains.

    Attributes
    ----------
    first, second : str
        Author chain ids.
    buried_area : float
        Å² that water reaches on each chain alone and not on the pair, both sides together;
        the interface area of PISA (Krissinel & Henrick 2007, J. Mol. Biol. 372:774) is half.
    n_contacts : int
        Pairs of residues with heavy atoms within 5 Å.
    residues_first, residues_second : tuple of ResidueRef
        Residues in contact, in file order.
    n_hydrogen_bonds, n_salt_bridges : int
        Across the interface (:mod:`.polar_bonds`, :mod:`.contacts`).
    iptm : float or None
        ipTM of the pair as the engine gave it, the larger of both directions, 0-1.
    scores : PairScores or None
        From PAE, where there is one.
    """

    first: str
    second: str
    buried_area: float
    n_contacts: int
    residues_first: tuple[ResidueRef, ...]
    residues_second: tuple[ResidueRef, ...]
    n_hydrogen_bonds: int
    n_salt_bridges: int
    iptm: float | None = None
    scores: PairScores | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the interface as JSON values."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        for side in ("residues_first", "residues_second"):
            found[side] = [str(ref) for ref in found[side]]
        scores = found.pop("scores")
        found |= asdict(scores) if scores else dict.fromkeys(_SCORES)
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in found.items()}

    def __str__(self) -> str:
        sure = f", ipSAE {self.scores.ipsae:.2f}" if self.scores else ""
        return (
            f"{self.first}-{self.second}: {self.buried_area:.0f} Å² buried, {self.n_contacts} contacts, "
            f"{self.n_hydrogen_bonds} hydrogen bonds, {self.n_salt_bridges} salt bridges{sure}"
        )


_SCORES = [item.name for item in fields(PairScores)]


@dataclass(frozen=True, eq=False)
class Interfaces(Sequence[Interface]):
    """Interfaces of a structure, the largest first; ``found["A", "B"]`` finds one by its chains.

    Attributes
    ----------
    name : str
    interfaces : tuple of Interface
    """

    name: str
    interfaces: tuple[Interface, ...]

    @overload
    def __getitem__(self, key: int | tuple[str, str]) -> Interface: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[Interface]: ...
    def __getitem__(self, key: int | slice | tuple[str, str]) -> Interface | Sequence[Interface]:
        if not isinstance(key, tuple):
            return self.interfaces[key]
        for item in self.interfaces:
            if {item.first, item.second} == set(key):
                return item
        raise BadRequest(f"{self.name} has no interface between {' and '.join(key)}.")

    def __len__(self) -> int:
        return len(self.interfaces)

    def __iter__(self) -> Iterator[Interface]:
        return iter(self.interfaces)

    @property
    def table(self) -> pd.DataFrame:
        """One row per interface; areas in Å²; columns without any value are left out."""
        import pandas as pd

        rows = [item.to_dict() for item in self]
        for row in rows:
            row["n_first"], row["n_second"] = len(row["residues_first"]), len(row["residues_second"])
            for side in ("residues_first", "residues_second"):
                row[side] = " ".join(row[side])
        columns = [
            "first", "second", "buried_area", "n_contacts", "n_hydrogen_bonds", "n_salt_bridges",
            "iptm", *_SCORES, "n_first", "n_second", "residues_first", "residues_second",
        ]  # fmt: skip
        found = pd.DataFrame(rows, columns=columns)
        return found.drop(columns=[name for name in ("iptm", *_SCORES) if found[name].isna().all()])

    def to_dict(self) -> dict[str, Any]:
        """Return the interfaces as JSON values."""
        return {"name": self.name, "interfaces": [item.to_dict() for item in self]}

    def __str__(self) -> str:
        return "\n  ".join([f"{self.name}: {len(self)} interfaces", *map(str, self.interfaces)])

    def __repr__(self) -> str:
        return f"<Interfaces of {self.name}: {len(self)}>"

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False, float_format="{:.2f}".format))


def find_interfaces(item: Structure | Prediction, *, pae_cutoff: float = PAE_CUTOFF) -> Interfaces:
    """Describe every pair of protein chains that touch, or that a PAE relates.

    Parameters
    ----------
    item : Structure or Prediction
    pae_cutoff : float, optional
        Å, for ipSAE: 10 for AlphaFold 3 and its like, 15 for AlphaFold 2.

    Raises
    ------
    BadRequest
        When there are fewer than two protein chains.
    """
    structure, confidence = (
        (item.structure, item.confidence) if isinstance(item, Prediction) else (item, None)
    )
    work = _Work(structure, confidence, pae_cutoff)
    if len(work.chains) < 2:
        raise BadRequest(
            f"{structure.name} has {len(work.chains)} protein chain{'s' * (len(work.chains) != 1)}; "
            "an interface needs two.",
            hint="Give a complex, or join the chains of a sequence by ':' to fold one.",
        )
    found = [work.interface(*pair) for pair in combinations(work.chains, 2) if work.related(*pair)]
    found.sort(key=lambda each: -each.buried_area)
    return Interfaces(item.name, tuple(found))


class _Work:
    """What several pairs share."""

    def __init__(self, structure: Structure, confidence: Confidence | None, pae_cutoff: float) -> None:
        self.structure = structure
        self.confidence = confidence
        self.pae_cutoff = pae_cutoff
        self.heavy = heavy_atoms(structure)
        self.owner = np.array([chain.auth for chain in structure.chains])[structure.residues.chain]
        proteins = self.owner[structure.protein_mask]
        self.chains = [name for name in structure.auth_chains if name in set(proteins.tolist())]
        self._alone: dict[str, Floats] = {}

    def rows(self, chain: str) -> Ints:
        found: Ints = np.flatnonzero((self.owner == chain) & self.structure.protein_mask)
        return found

    def atoms(self, *chains: str) -> Bools:
        found: Bools = self.heavy & np.isin(self.owner[self.structure.atoms.residue], chains)
        return found

    def related(self, first: str, second: str) -> bool:
        known = self.confidence is not None and self.confidence.pae is not None
        return known or bool((first, second) in self._pairs)

    def interface(self, first: str, second: str) -> Interface:
        contacts = self._pairs.get((first, second), np.zeros((0, 2), dtype=np.int64))
        return Interface(
            first,
            second,
            self._buried(first, second) if len(contacts) else 0.0,
            len(contacts),
            self._refs(contacts[:, 0]),
            self._refs(contacts[:, 1]),
            self._across(self._bonds, first, second),
            self._across(self._bridges, first, second),
            self._iptm(first, second),
            self._scores(first, second),
        )

    def _refs(self, rows: Ints) -> tuple[ResidueRef, ...]:
        return tuple(self.structure.refs[int(row)] for row in np.unique(rows))

    @cached_property
    def _pairs(self) -> dict[tuple[str, str], Ints]:
        """Pairs of residue rows in contact, by chains in file order."""
        from scipy.spatial import cKDTree

        atoms = np.flatnonzero(self.heavy)
        near = cKDTree(self.structure.atoms.coord[atoms]).query_pairs(CONTACT, output_type="ndarray")
        rows = self.structure.atoms.residue[atoms[near]].reshape(-1, 2)
        rank = {name: i for i, name in enumerate(self.chains)}
        chain = np.array([rank.get(str(name), -1) for name in self.owner])
        rows = rows[chain[rows[:, 0]] != chain[rows[:, 1]]]
        swap = chain[rows[:, 0]] > chain[rows[:, 1]]
        rows[swap] = rows[swap][:, ::-1]
        rows = np.unique(rows, axis=0)
        keys = chain[rows]
        return {
            (self.chains[a], self.chains[b]): rows[(keys == (a, b)).all(axis=1)]
            for a, b in np.unique(keys, axis=0).tolist()
        }

    @cached_property
    def _bonds(self) -> Ints:
        bonds, residue = polar_bonds(self.structure), self.structure.atoms.residue
        return np.stack([residue[bonds.donor], residue[bonds.acceptor]], axis=1)

    @cached_property
    def _bridges(self) -> Ints:
        return salt_bridges(self.structure)

    def _across(self, pairs: Ints, first: str, second: str) -> int:
        a, b = self.owner[pairs[:, 0]], self.owner[pairs[:, 1]]
        return int((((a == first) & (b == second)) | ((a == second) & (b == first))).sum())

    def _buried(self, first: str, second: str) -> float:
        for chain in (first, second):
            if chain not in self._alone:
                self._alone[chain] = atom_area(self.structure, self.atoms(chain))
        together = atom_area(self.structure, self.atoms(first, second))
        return float(self._alone[first].sum() + self._alone[second].sum() - together.sum())

    def _iptm(self, first: str, second: str) -> float | None:
        matrix = None if self.confidence is None else self.confidence.iptm
        if matrix is None or len(matrix) != len(self.chains):
            return None
        a, b = self.chains.index(first), self.chains.index(second)
        best = float(np.fmax(matrix[a, b], matrix[b, a]))
        return best if np.isfinite(best) else None

    def _scores(self, first: str, second: str) -> PairScores | None:
        known = self.confidence
        if known is None or known.pae is None:
            return None
        a, b = self.rows(first), self.rows(second)
        there, back = known.pae[np.ix_(a, b)], known.pae[np.ix_(b, a)]
        if not (np.isfinite(there).all() and np.isfinite(back).all()):
            return None
        plddt = (known.values[a], known.values[b]) if known.kind == "plddt" else None
        return pair_scores(there, back, self._near(a, b), plddt, self.pae_cutoff)

    def _near(self, a: Ints, b: Ints) -> Bools:
        index = self.structure.atom_index("CB")
        index = np.where(index >= 0, index, self.structure.ca_index)
        coord = self.structure.atoms.coord[index]
        apart = np.linalg.norm(coord[a][:, None] - coord[b][None], axis=-1)
        found: Bools = (apart <= NEAR) & (index[a] >= 0)[:, None] & (index[b] >= 0)[None]
        return found
