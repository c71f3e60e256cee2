"""``foldsight search``: words to entries of UniProt, the PDB or AlphaFold DB."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from foldsight.cli.answer import Answer, Table
from foldsight.cli.console import Console
from foldsight.typing import Json

if TYPE_CHECKING:
    from foldsight.sources import SearchResult

#: Columns for people, of all that --json has.
SHOWN = {
    "uniprot": ("id", "entry", "protein", "gene", "organism", "length", "afdb"),
    "pdb": ("id", "title", "organism", "method", "resolution", "released"),
    "afdb": ("id", "protein", "gene", "organism", "mean_plddt", "version"),
}
HEADINGS = {"resolution": "resolution Å", "mean_plddt": "mean pLDDT", "afdb": "prediction"}
WIDEST = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("text", nargs="+", help="words, or a query in the language of the source")
    parser.add_argument("--in", dest="where", choices=tuple(SHOWN), default="uniprot",
                        help="which source (default: uniprot)")  # fmt: skip
    parser.add_argument("--limit", type=int, default=25, help="most rows (25)")
    parser.add_argument("--network", choices=("off", "hash", "sequence"), help="what may leave the machine")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Search; the words leave the machine."""
    from foldsight.sources import search

    found = search(" ".join(args.text), args.where, limit=args.limit, network=args.network)
    columns = SHOWN[args.where]
    rows = [tuple(_cell(row, name) for name in columns) for row in found.rows]
    table = Table(tuple(HEADINGS.get(name, name) for name in columns), rows) if rows else None
    return Answer(found.to_dict(), _words(found), table)


def _cell(row: Json, name: str) -> str:
    value = row[name]
    if value is None:
        return ""
    text = f"{value:.2f}" if isinstance(value, float) else " ".join(str(value).split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _words(found: SearchResult) -> str:
    if not found.rows:
        count = f"Nothing in {found.sources[0].name} matches {found.text!r}."
    elif found.total is None:
        count = f"{len(found)} shown."
    else:
        count = f"{len(found)} of {found.total:,}."
    cached = "" if found.sent else f"Kept from {found.sources[0].date[:10]}; nothing was sent."
    sent = " ".join(f"Sent: {text}" for text in found.sent)
    return "\n".join(text for text in (count, *found.notes, sent or cached) if text)
