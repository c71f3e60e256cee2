"""One against many: align, or first leave out what cannot be similar enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from foldsight.analysis.alignment import pool as pools
from foldsight.analysis.alignment import prefilter
from foldsight.analysis.alignment.many import Item, Progress, Refusal, run, traced
from foldsight.analysis.alignment.prefilter import By
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.trace import Trace
from foldsight.errors import FoldSightError
from foldsight.structure import Structure

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Match:
    """One row of a search.

    Attributes
    ----------
    name : str
    residues : int
        0 where the structure was refused.
    alignment : Alignment, optional
    left_out : str
        ``"length"`` or ``"3Di"`` where the pair was not aligned because it cannot, or is very
        unlikely to, reach the TM-score asked for; else empty.
    fault : FoldSightError, optional
        Why there is no alignment.
    """

    name: str
    residues: int = 0
    alignment: Alignment | None = None
    left_out: str = ""
    fault: FoldSightError | None = None

    @property
    def status(self) -> str:
        """``aligned``, ``left out (length)``, ``left out (3Di)``, ``refused`` or ``failed``."""
        if self.fault is not None:
            return "refused" if self.fault.refused else "failed"
        return f"left out ({self.left_out})" if self.left_out else "aligned"


@dataclass(frozen=True, eq=False, repr=False)
class Matches(Sequence[Match]):
    """What came of one structure against many, in the order in which they were given.

    Attributes
    ----------
    reference : Trace
    rows : tuple of Match
    min_tm : float, optional
        TM-score asked for.
    by : {'shorter', 'longer', 'reference', 'mobile'}
        Length that it is normalised by.
    """

    reference: Trace
    rows: tuple[Match, ...]
    min_tm: float | None = None
    by: By = "shorter"

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Match:  # type: ignore[override]
        return self.rows[index]

    def __iter__(self) -> Iterator[Match]:
        return iter(self.rows)

    @property
    def hits(self) -> list[Match]:
        """Aligned rows that reach ``min_tm`` (all of them without one), the most similar first."""
        scored = [(score(row.alignment, self.by), row) for row in self.rows if row.alignment is not None]
        kept = [pair for pair in scored if self.min_tm is None or pair[0] >= self.min_tm]
        return [row for _, row in sorted(kept, key=lambda pair: -pair[0])]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per structure, the most similar first, those without an alignment last.

        Columns: ``name``, ``residues``, ``tm_by_reference``, ``tm_by_mobile``, ``rmsd`` (Å),
        ``n_aligned``, ``identity`` (0-1), ``status``, ``reason``.
        """
        import pandas as pd

        rows = [{"name": row.name, "residues": row.residues, **_figures(row)} for row in self.rows]
        columns = ["name", "residues", *_FIGURES, "status", "reason"]
        found = pd.DataFrame(rows, columns=columns).astype({"n_aligned": "Int64"})
        best = found["tm_by_reference" if self.by == "reference" else "tm_by_mobile"]
        if self.by in ("shorter", "longer"):
            both = found[["tm_by_reference", "tm_by_mobile"]]
            best = both.max(axis=1) if self.by == "shorter" else both.min(axis=1)
        order = best.sort_values(ascending=False, kind="stable", na_position="last").index
        return found.loc[order].reset_index(drop=True)

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.table.to_html(na_rep='', float_format='{:.3f}'.format)}"

    def __repr__(self) -> str:
        counts = dict.fromkeys(("aligned",), 0)
        for row in self.rows:
            counts[row.status] = counts.get(row.status, 0) + 1
        words = ", ".join(f"{count:,} {status}" for status, count in counts.items())
        asked = f"; {len(self.hits):,} with TM-score >= {self.min_tm:g} by {self.by}" if self.min_tm else ""
        return f"{self.reference.name} against {len(self.rows):,}: {words}{asked}"


_FIGURES = ("tm_by_reference", "tm_by_mobile", "rmsd", "n_aligned", "identity")


def _figures(row: Match) -> dict[str, object]:
    values = {key: getattr(row.alignment, key) for key in _FIGURES} if row.alignment else {}
    return {**values, "status": row.status, "reason": row.fault.message if row.fault else ""}


def score(found: Alignment, by: By) -> float:
    """Return the TM-score by the length of one of the two chains."""
    if by in ("reference", "mobile"):
        return found.tm_by_reference if by == "reference" else found.tm_by_mobile
    reference_is_longer = len(found.reference) >= len(found.mobile)
    return found.tm_by_reference if reference_is_longer == (by == "longer") else found.tm_by_mobile


def align_many(
    reference: Trace | Structure,
    others: Sequence[Item],
    *,
    min_tm: float | None = None,
    by: By = "shorter",
    prefiltered: bool = True,
    progress: Progress | None = None,
    pool: pools.Pool | None = None,
    stop: pools.Stop | None = None,
) -> Matches:
    """Superpose each of ``others`` on ``reference``.

    Parameters
    ----------
    reference : Trace or Structure
        Of a structure, the first protein chain.
    others : sequence of Trace, Structure or Refusal
        What cannot be aligned becomes a row that says why.
    min_tm : float, optional
        Only pairs that reach this TM-score are wanted. Pairs that cannot, because one chain is
        too short, are not aligned; nor are those that do not resemble each other in 3Di
        (``prefiltered``), which loses about one wanted pair in 200 from 0.5 on.
    by : {'shorter', 'longer', 'reference', 'mobile'}, optional
        Length that ``min_tm`` is normalised by.
    prefiltered : bool, optional
        False leaves the exact length bound alone.
    progress : callable, optional
        Called with pairs done and pairs to be aligned.
    pool, stop : optional
        As for :func:`align`.

    Raises
    ------
    BadRequest
        When the reference cannot be aligned, or ``min_tm`` is not within 0-1.
    """
    prefilter.check(min_tm, by)
    query = traced(reference)
    if isinstance(query, Refusal):
        raise query.fault
    items = [traced(item) for item in others]
    if min_tm is not None and prefiltered:
        Trace.encode([query, *(item for item in items if isinstance(item, Trace))])
    rows = [_considered(query, item, min_tm, by, prefiltered) for item in items]
    wanted = [(i, row) for i, row in enumerate(rows) if isinstance(row, Trace)]
    results = run([(trace, query) for _, trace in wanted], progress, pool, stop)
    found = dict(zip([i for i, _ in wanted], results, strict=True))
    return Matches(query, tuple(_match(row, found.get(i)) for i, row in enumerate(rows)), min_tm, by)


def _considered(
    query: Trace, item: Trace | Refusal, min_tm: float | None, by: By, prefiltered: bool
) -> Trace | Match:
    """Return the trace if it is worth aligning, else the row that says why not."""
    if isinstance(item, Refusal):
        return Match(item.name, fault=item.fault)
    if min_tm is None:
        return item
    if prefilter.length_bound(query, item, by) < min_tm:
        return Match(item.name, len(item), left_out="length")
    if prefiltered and not prefilter.promising(query, item, min_tm):
        return Match(item.name, len(item), left_out="3Di")
    return item


def _match(row: Trace | Match, found: Alignment | FoldSightError | None) -> Match:
    if isinstance(row, Match):
        return row
    if isinstance(found, FoldSightError):
        return Match(row.name, len(row), fault=found)
    return Match(row.name, len(row), alignment=found)
