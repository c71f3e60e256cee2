"""All against all: a matrix of TM-scores, its picture and its tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.analysis.alignment import pool as pools
from foldsight.analysis.alignment import prefilter
from foldsight.analysis.alignment.many import Item, Progress, Refusal, run, traced
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.trace import Trace
from foldsight.errors import BadRequest, FoldSightError
from foldsight.typing import Doubles, Ints

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class AlignmentMatrix:
    """TM-scores, RMSDs and aligned lengths of all pairs of N structures.

    Attributes
    ----------
    names : tuple of str
        The N structures that could be aligned.
    lengths : ndarray, shape=(N,)
    tm : ndarray, shape=(N, N), dtype=float64
        ``[i, j]`` is normalised by the length of j; NaN for pairs that were not aligned.
    rmsd : ndarray, shape=(N, N), dtype=float64
        Å over ``n_aligned``; NaN for pairs that were not aligned.
    n_aligned : ndarray, shape=(N, N), dtype=int64
        0 for pairs that were not aligned.
    refused : tuple of Refusal
        Structures that could not be aligned, and pairs that broke.
    """

    names: tuple[str, ...]
    lengths: Ints
    tm: Doubles = field(repr=False)
    rmsd: Doubles = field(repr=False)
    n_aligned: Ints = field(repr=False)
    refused: tuple[Refusal, ...] = ()

    @cached_property
    def table(self) -> pd.DataFrame:
        """The TM-scores with their names; rows i, columns j."""
        import pandas as pd

        return pd.DataFrame(self.tm, index=list(self.names), columns=list(self.names))

    @cached_property
    def similarity(self) -> Doubles:
        """TM-score of each pair by the longer chain's length, symmetric; 0 where none was made."""
        found: Doubles = np.nan_to_num(np.minimum(self.tm, self.tm.T), nan=0.0)
        return found

    @cached_property
    def linkage(self) -> Doubles:
        """Average-linkage (UPGMA) clustering of 1 - similarity, as scipy writes it.

        Raises
        ------
        BadRequest
            With fewer than two structures.
        """
        from scipy.cluster.hierarchy import average
        from scipy.spatial.distance import squareform

        if len(self.names) < 2:
            raise BadRequest(
                f"A tree needs two structures; {len(self.names)} could be aligned.",
                hint="Give more structures.",
            )
        found: Doubles = average(squareform(1.0 - self.similarity, checks=False))
        return found

    def families(self, tm: float = 0.5) -> dict[str, int]:
        """Return the family of each structure, from 1: the tree cut at a TM-score (0.5: same fold)."""
        from scipy.cluster.hierarchy import fcluster

        numbers = fcluster(self.linkage, 1.0 - tm, "distance")
        return {name: int(number) for name, number in zip(self.names, numbers, strict=True)}

    def newick(self) -> str:
        """Return the tree in Newick format; branch lengths in units of 1 - TM-score."""
        heights = [0.0] * len(self.names)
        texts = [_quoted(name) for name in self.names]
        for a, b, distance, _ in self.linkage:
            height = distance / 2
            parts = (f"{texts[int(i)]}:{height - heights[int(i)]:.5f}" for i in (a, b))
            texts.append(f"({','.join(parts)})")
            heights.append(height)
        return f"{texts[-1]};"

    def plot(self) -> Figure:
        """Draw the matrix, sorted by the tree."""
        from foldsight.analysis.alignment.pictures import matrix_picture

        return matrix_picture(self)

    def tree(self) -> Figure:
        """Draw the tree."""
        from foldsight.analysis.alignment.pictures import tree_picture

        return tree_picture(self)

    def save(self, path: str | Path) -> Path:
        """Write the TM-scores (``.csv``), the tree (``.nwk``) or the picture of the matrix.

        Raises
        ------
        BadRequest
            On a suffix that is none of these and no picture.
        """
        from foldsight.analysis.alignment.pictures import save

        target = Path(path)
        if target.suffix == ".csv":
            target.write_text(self.table.to_csv(float_format="%.5f"), encoding="utf-8")
            return target
        if target.suffix == ".nwk":
            target.write_text(self.newick() + "\n", encoding="utf-8")
            return target
        return save(self.plot(), target)

    def _repr_html_(self) -> str:
        return str(self.table.to_html(na_rep="", float_format="{:.3f}".format))

    def to_dict(self) -> dict[str, Any]:
        """Return the matrix as JSON values; null where no alignment was made."""
        return {
            "names": list(self.names),
            "lengths": self.lengths.tolist(),
            "tm": _nullable(self.tm),
            "rmsd": _nullable(self.rmsd),
            "n_aligned": self.n_aligned.tolist(),
            "newick": self.newick() if len(self.names) > 1 else None,
            "refused": [{"name": row.name, "error": row.fault.to_dict()} for row in self.refused],
        }


def align_all(
    items: Sequence[Item],
    *,
    min_tm: float | None = None,
    progress: Progress | None = None,
    pool: pools.Pool | None = None,
    stop: pools.Stop | None = None,
) -> AlignmentMatrix:
    """Align all against all.

    Parameters
    ----------
    items : sequence of Trace, Structure or Refusal
    min_tm : float, optional
        Leave out pairs that cannot or hardly will reach this TM-score by the shorter chain's
        length (see :func:`align_many`).
    progress : callable, optional
        Called with pairs done and pairs to be aligned.
    pool, stop : optional
        As for :func:`align`.
    """
    prefilter.check(min_tm, "shorter")
    found = [traced(item) for item in items]
    traces = [trace for trace in found if isinstance(trace, Trace)]
    refused = [row for row in found if isinstance(row, Refusal)]
    if min_tm is not None:
        Trace.encode(traces)
    index = [
        (i, j)
        for j in range(len(traces))
        for i in range(j + 1, len(traces))
        if min_tm is None or prefilter.promising(traces[j], traces[i], min_tm)
    ]
    results = run([(traces[i], traces[j]) for i, j in index], progress, pool, stop)
    return _filled(traces, refused, index, results)


def _filled(
    traces: list[Trace],
    refused: list[Refusal],
    index: list[tuple[int, int]],
    results: list[Alignment | FoldSightError],
) -> AlignmentMatrix:
    lengths = np.array([len(trace) for trace in traces], dtype=np.int64)
    tm, rmsd = (np.full((len(traces), len(traces)), np.nan) for _ in range(2))
    n_aligned = np.diag(lengths)
    np.fill_diagonal(tm, 1.0)
    np.fill_diagonal(rmsd, 0.0)
    for (i, j), row in zip(index, results, strict=True):
        if isinstance(row, FoldSightError):
            refused.append(Refusal(f"{traces[i].name} on {traces[j].name}", row))
            continue
        tm[i, j], tm[j, i] = row.tm_by_reference, row.tm_by_mobile
        rmsd[i, j] = rmsd[j, i] = row.rmsd
        n_aligned[i, j] = n_aligned[j, i] = row.n_aligned
    return AlignmentMatrix(
        _unique([trace.name for trace in traces]), lengths, tm, rmsd, n_aligned, tuple(refused)
    )


def _unique(names: list[str]) -> tuple[str, ...]:
    """Return the names, those that come again with a number."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(found)


def _nullable(values: Doubles) -> list[list[float | None]]:
    return [[None if np.isnan(value) else float(value) for value in row] for row in values]


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
