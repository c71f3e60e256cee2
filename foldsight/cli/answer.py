"""What a verb gives back: JSON values for programs, words or a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # numpy comes with it, and --help can do without
    from foldsight.typing import Json

DONE, FAILED, REFUSED = 0, 1, 2
#: What a shell reports for a process that Ctrl-C stopped.
INTERRUPTED = 130


@dataclass(frozen=True)
class Table:
    """Rows of text under headings."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def __str__(self) -> str:
        lines = [self.headings, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.headings))]
        text = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in lines]
        return "\n".join(line.rstrip() for line in text)

    def _repr_html_(self) -> str:
        left = "style='text-align:left'"
        head = "".join(f"<th {left}>{escape(cell)}</th>" for cell in self.headings)
        rows = "".join(
            "<tr>" + "".join(f"<td {left}>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True)
class Answer:
    """The outcome of a verb.

    Attributes
    ----------
    data : dict
        What ``--json`` prints.
    text : str
        What a person reads when there is no table, or below it.
    table : Table, optional
    status : int
        Exit status: 0 done, 2 refused, 1 failed.
    """

    data: Json = field(default_factory=dict)
    text: str = ""
    table: Table | None = None
    status: int = DONE

    def __str__(self) -> str:
        return "\n".join(part for part in (str(self.table or ""), self.text) if part)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        table = self.table._repr_html_() if self.table else ""
        text = f"<pre style='white-space:pre-wrap'>{escape(self.text)}</pre>" if self.text else ""
        return table + text
