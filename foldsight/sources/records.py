"""Rows that a source gave, with where they come from and what was sent for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from foldsight.errors import SourceFailed
from foldsight.provenance import SourceUse
from foldsight.sources import cache
from foldsight.sources.cache import Answer
from foldsight.typing import Json

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Records:
    """A table from a source.

    Attributes
    ----------
    what : str
        What the rows are, such as ``UniProt features of P04637``.
    columns : dict
        Name and pandas type of each column, in order.
    rows : tuple of dict
        One value per column; None where the source gives none.
    sources : tuple of SourceUse
    sent : tuple of str
        What left the machine, in sentences; empty when all came from the cache.
    notes : tuple of str
        What a reader must know of these rows.
    """

    what: str
    columns: Mapping[str, str]
    rows: tuple[Json, ...]
    sources: tuple[SourceUse, ...] = ()
    sent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.columns)).astype(dict(self.columns))

    def to_dict(self) -> Json:
        """Return it as JSON values."""
        return {
            "what": self.what,
            "rows": [dict(row) for row in self.rows],
            "sources": [asdict(source) for source in self.sources],
            "sent": list(self.sent),
            "notes": list(self.notes),
        }

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        body = str(self.table) if self.rows else "nothing"
        return "\n".join([f"{self.what}:", body, *self.notes])

    def _repr_html_(self) -> str:
        from html import escape

        words = "<br>".join(escape(text) for text in (self.what, *self.notes, *self.sent))
        html: str = self.table.to_html(max_rows=60, na_rep="")
        return f"{html}<p>{words}</p>"


@dataclass(frozen=True, repr=False)
class SearchResult(Records):
    """What a search found; each row's ``id`` is one that ``read``, ``view`` or ``fold`` takes.

    Attributes
    ----------
    text : str
        What was searched for.
    where : str
        ``uniprot``, ``pdb``, ``afdb`` or ``library``.
    total : int or None
        How many there are in all, where the source says so.
    """

    text: str = ""
    where: str = ""
    total: int | None = None

    @property
    def ids(self) -> list[str]:
        """The identifiers in order, such as ``pdb:1HPV``."""
        return [str(row["id"]) for row in self.rows]

    def to_dict(self) -> Json:
        """Return it as JSON values."""
        return {"text": self.text, "where": self.where, "total": self.total, **super().to_dict()}


def sent_with(answers: Sequence[Answer], sentence: str) -> tuple[str, ...]:
    """Return the sentence unless every answer was kept from before, so that nothing was sent."""
    return () if all(answer.cached for answer in answers) else (sentence,)


@contextmanager
def documented(service: str, answer: Answer) -> Iterator[Any]:
    """Yield the JSON of an answer; a shape that is not the documented one is the service's fault.

    Raises
    ------
    SourceFailed
        Also when the block stumbles over a missing field; the answer is then not kept.
    """
    try:
        yield answer.json()
    except SourceFailed:
        cache.forget(answer)
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as fault:
        cache.forget(answer)
        raise SourceFailed(
            f"{service} did not answer as documented ({type(fault).__name__}: {fault}).",
            hint="Try again later.",
            url=answer.url,
        ) from fault
