"""Whole complexes: which chain lies on which is found, not taken from names or order.

Every mobile chain is aligned with every reference chain. Each such pair then superposes the
whole complex once, the chains that come to lie on each other are assigned one to one
(Hungarian method), the complex is superposed on all of them, and so on until the assignment stays.
The best of these by TM-score over the total length counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from foldsight.analysis.alignment import pool as pools
from foldsight.analysis.alignment import tm_score
from foldsight.analysis.alignment.correspondence import Correspondence, correspond
from foldsight.analysis.alignment.many import Progress
from foldsight.analysis.alignment.tm_score import Placed
from foldsight.analysis.alignment.trace import MIN_RESIDUES, Trace
from foldsight.analysis.vectors import superpose
from foldsight.errors import BadRequest
from foldsight.structure import Structure
from foldsight.typing import Doubles

if TYPE_CHECKING:
    import pandas as pd

#: First superpositions, the most promising of all chain pairs, that are followed to the end.
STARTS = 24
_Pairs: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ChainPair:
    """Two chains that lie on each other.

    Attributes
    ----------
    mobile, reference : str
        Chain names (auth).
    n_aligned : int
        Residues within the distance that TM-align counts as aligned.
    rmsd : float
        Å over them, after the superposition of the whole complex.
    """

    mobile: str
    reference: str
    n_aligned: int
    rmsd: float


@dataclass(frozen=True, eq=False, repr=False)
class ComplexAlignment:
    """A mobile complex superposed on a reference complex.

    Attributes
    ----------
    reference, mobile : str
        Names of the structures.
    pairs : tuple of ChainPair
        In the order of the reference's chains.
    unpaired_reference, unpaired_mobile : tuple of str
        Chains without a partner.
    tm_by_reference, tm_by_mobile : float
        TM-score by the residues of all protein chains (of 10 residues or more) together.
    rmsd : float
        Å over the ``n_aligned`` pairs, superposed on them.
    n_aligned : int
        Pairs of residues closer than TM-align's limit for the shorter total length.
    rotation : ndarray, shape=(3, 3)
    translation : ndarray, shape=(3,)
        ``x' = rotation @ x + translation`` takes the mobile complex onto the reference; it is
        the superposition of the TM-score by the reference.
    """

    reference: str
    mobile: str
    pairs: tuple[ChainPair, ...]
    unpaired_reference: tuple[str, ...]
    unpaired_mobile: tuple[str, ...]
    tm_by_reference: float
    tm_by_mobile: float
    rmsd: float
    n_aligned: int
    rotation: Doubles
    translation: Doubles

    @property
    def mapping(self) -> dict[str, str]:
        """Reference chain of each mobile chain that has one."""
        return {pair.mobile: pair.reference for pair in self.pairs}

    def apply(self, structure: Structure) -> Structure:
        """Return ``structure`` moved as the mobile complex was."""
        coord = structure.atoms.coord @ self.rotation.T + self.translation
        return replace(structure, atoms=replace(structure.atoms, coord=coord), origin_block="")

    def table(self) -> pd.DataFrame:
        """Return one row per pair of chains."""
        import pandas as pd

        return pd.DataFrame(self.pairs, columns=["mobile", "reference", "n_aligned", "rmsd"])

    def to_dict(self) -> dict[str, Any]:
        """Return the alignment as JSON values."""
        plain = {key: getattr(self, key) for key in ("reference", "mobile", "rmsd", "n_aligned")}
        return {
            **plain,
            "tm_by_reference": self.tm_by_reference,
            "tm_by_mobile": self.tm_by_mobile,
            "chains": [vars(pair) for pair in self.pairs],
            "unpaired_reference": list(self.unpaired_reference),
            "unpaired_mobile": list(self.unpaired_mobile),
            "rotation": self.rotation.tolist(),
            "translation": self.translation.tolist(),
        }

    def __repr__(self) -> str:
        chains = ", ".join(f"{pair.mobile} on {pair.reference}" for pair in self.pairs)
        lonely = [*(f"{c} (mobile)" for c in self.unpaired_mobile)]
        lonely += [f"{c} (reference)" for c in self.unpaired_reference]
        return (
            f"{self.mobile} on {self.reference}: TM-score {self.tm_by_reference:.3f} by reference, "
            f"{self.tm_by_mobile:.3f} by mobile; RMSD {self.rmsd:.2f} Å over {self.n_aligned} residues; "
            f"chains {chains}" + (f"; without a partner {', '.join(lonely)}" if lonely else "")
        )


def align_complexes(
    mobile: Structure,
    reference: Structure,
    *,
    progress: Progress | None = None,
    pool: pools.Pool | None = None,
    stop: pools.Stop | None = None,
) -> ComplexAlignment:
    """Superpose all protein chains of ``mobile`` on those of ``reference``.

    Raises
    ------
    BadRequest
        When a structure has no protein chain of 10 residues, or no chains resemble each other.
    Failed
    """
    ours, theirs = traces(mobile), traces(reference)
    found = _Search(ours, theirs, correspond(ours, theirs, progress, pool, stop))
    pairs, _ = found.best()
    return found.result(mobile.name, reference.name, pairs)


def traces(structure: Structure) -> list[Trace]:
    """Return the trace of each protein chain of 10 residues or more.

    Raises
    ------
    BadRequest
        When there is none, or a chain's coordinates are not finite.
    """
    table = structure.residues
    auth = np.array([chain.auth for chain in structure.chains])[table.chain]
    mask = structure.protein_mask & ~table.het & (structure.ca_index >= 0)
    names = [name for name in structure.auth_chains if (mask & (auth == name)).sum() >= MIN_RESIDUES]
    if not names:
        raise BadRequest(
            f"{structure.name} has no protein chain of {MIN_RESIDUES} residues.", hint="Choose another file."
        )
    return [Trace.of(structure, name) for name in names]


class _Search:
    """Assignments of chains, and the superpositions that they give."""

    def __init__(self, mobile: list[Trace], reference: list[Trace], matched: Correspondence) -> None:
        if not matched:
            raise BadRequest(
                "No chain of the one complex can be aligned with one of the other.",
                hint="Align single chains to see what they have in common.",
            )
        self.mobile, self.reference, self.matched = mobile, reference, matched
        self.lengths = sum(map(len, reference)), sum(map(len, mobile))

    def best(self) -> tuple[_Pairs, float]:
        """Return the best assignment and its TM-score by the reference."""
        ended: dict[_Pairs, float] = {}
        for start in self._starts():
            pairs, placed = self._follow(start)
            ended[pairs] = max(placed.score, ended.get(pairs, -1.0))
        return max(ended.items(), key=lambda item: item[1])

    def _starts(self) -> Iterable[Placed]:
        """Return the superpositions by one pair of chains that bring most chains near another."""
        found = []
        for pair in self.matched:
            rotation, translation = self._chain_pair(pair)
            placed = Placed(0.0, rotation, translation)
            found.append(placed._replace(score=self._nearness(placed)))
        return sorted(found, key=lambda placed: -placed.score)[:STARTS]

    def _chain_pair(self, pair: tuple[int, int]) -> tuple[Doubles, Doubles]:
        x, y = self._stack((pair,))
        length = min(len(self.mobile[pair[0]]), len(self.reference[pair[1]]))
        placed = tm_score.best(x, y, length, Placed(0.0, *superpose(x, y)))
        return placed.rotation, placed.translation

    def _nearness(self, placed: Placed) -> float:
        """Return how well chain centres coincide: cheap, and enough to rank first superpositions."""
        from scipy.optimize import linear_sum_assignment

        score = np.zeros((len(self.mobile), len(self.reference)))
        for (i, j), (p, q) in self.matched.items():
            centre = self.mobile[i].coord[p].mean(axis=0) @ placed.rotation.T + placed.translation
            apart = np.linalg.norm(centre - self.reference[j].coord[q].mean(axis=0))
            score[i, j] = len(p) / (1.0 + (apart / 8.0) ** 2)
        rows, columns = linear_sum_assignment(score, maximize=True)
        return float(score[rows, columns].sum())

    def _follow(self, placed: Placed) -> tuple[_Pairs, Placed]:
        """Assign and superpose in turn until the assignment stays."""
        pairs: _Pairs = ()
        for _ in range(10):
            again = self._assign(placed)
            if again == pairs or not again:
                break
            pairs = again
            placed = tm_score.best(*self._stack(pairs), self.lengths[0], placed)
        return pairs, placed

    def _assign(self, placed: Placed) -> _Pairs:
        """Return the one-to-one assignment of chains with the largest TM-score as they lie now."""
        from scipy.optimize import linear_sum_assignment

        scale = tm_score.d0(self.lengths[0])
        score = np.zeros((len(self.mobile), len(self.reference)))
        moved = [trace.coord @ placed.rotation.T + placed.translation for trace in self.mobile]
        for (i, j), (p, q) in self.matched.items():
            score[i, j] = tm_score.terms(moved[i][p], self.reference[j].coord[q], scale).sum()
        rows, columns = linear_sum_assignment(score, maximize=True)
        # A pair that overlaps by less than two residues' worth is no pair.
        found = [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if score[i, j] > 2.0]
        return tuple(sorted(found, key=lambda pair: pair[1]))

    def _stack(self, pairs: _Pairs) -> tuple[Doubles, Doubles]:
        x = [self.mobile[i].coord[self.matched[i, j][0]] for i, j in pairs]
        y = [self.reference[j].coord[self.matched[i, j][1]] for i, j in pairs]
        return np.concatenate(x), np.concatenate(y)

    def result(self, mobile: str, reference: str, pairs: _Pairs) -> ComplexAlignment:
        """Return what an assignment gives, superposed with care."""
        x, y = self._stack(pairs)
        by_reference, by_mobile = (tm_score.best(x, y, length) for length in self.lengths)
        rotation, translation = by_reference.rotation, by_reference.translation
        distance = np.linalg.norm(x @ rotation.T + translation - y, axis=1)
        near = distance < tm_score.d8(min(self.lengths))
        turn, shift = superpose(x[near], y[near])
        rmsd = np.sqrt(((x[near] @ turn.T + shift - y[near]) ** 2).sum(axis=1).mean())
        paired_mobile, paired_reference = ({pair[side] for pair in pairs} for side in (0, 1))
        return ComplexAlignment(
            reference, mobile, tuple(self._chain_pairs(pairs, distance, near)),
            tuple(_chain(t) for j, t in enumerate(self.reference) if j not in paired_reference),
            tuple(_chain(t) for i, t in enumerate(self.mobile) if i not in paired_mobile),
            by_reference.score, by_mobile.score, float(rmsd), int(near.sum()), rotation, translation,
        )  # fmt: skip

    def _chain_pairs(self, pairs: _Pairs, distance: Doubles, near: Any) -> Iterable[ChainPair]:
        ends = np.cumsum([len(self.matched[pair][0]) for pair in pairs])[:-1]
        parts = zip(pairs, np.split(distance, ends), np.split(near, ends), strict=True)
        for (i, j), far, kept in parts:
            rmsd = float(np.sqrt((far[kept] ** 2).mean())) if kept.any() else float("nan")
            yield ChainPair(_chain(self.mobile[i]), _chain(self.reference[j]), int(kept.sum()), rmsd)


def _chain(trace: Trace) -> str:
    return trace.name.rpartition(":")[2]
