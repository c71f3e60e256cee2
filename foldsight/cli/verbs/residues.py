"""``foldsight residues``: the table of residues with all tracks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from foldsight.cli.answer import Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.errors import BadRequest

#: Rows and columns that are printed; all of them go to --out or --json.
SHOWN = 40
COLUMNS = ("chain", "auth_seq", "ins_code", "aa", "ss", "sasa", "rsa", "contacts", "hydrogen_bonds",
           "salt_bridges", "disulfide", "plddt", "template_support", "b_factor", "disordered", "domain",
           "conservation")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_argument("source", help="structure file, pdb:ID or afdb:ACCESSION")
    completed_by(source, "file")
    completed_by(parser.add_argument("--out", "-o", type=Path, help="CSV to write"), "file")
    parser.add_argument("--select", metavar="A:25-27", help="only these residues")
    completed_by(parser.add_argument("--msa", type=Path, help="A3M or FASTA, for conservation"), "file")
    parser.add_argument("--network", choices=("off", "hash", "sequence"), help="what may leave the machine")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Compute the tracks."""
    from foldsight.api.viewing import subject_of
    from foldsight.structure import Structure

    if args.out is not None and args.out.suffix.lower() != ".csv":
        raise BadRequest(f"{args.out} is no CSV file.", hint="Write: -o residues.csv")
    item = subject_of(args.source, args.network)
    table = item.tracks() if args.msa is None else item.conservation(args.msa)
    if args.select:
        structure = item if isinstance(item, Structure) else item.structure
        wanted = set(structure.select(args.select))
        table = table[[ref in wanted for ref in structure.refs]]
    if args.out is not None:
        table.to_csv(args.out, index=False)
    names = [name for name in COLUMNS if name in table.columns]
    rows = [tuple(_cell(value) for value in row) for row in table[names].head(SHOWN).itertuples(index=False)]
    more = f"; {len(table) - SHOWN} more, which --out and --json write" if len(table) > SHOWN else ""
    text = f"{item.name}: {len(table)} residues{more}"
    return Answer({"name": item.name, "residues": _records(table)}, text, Table(tuple(names), rows))


def _records(table: Any) -> list[dict[str, Any]]:
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{key: _plain(value) for key, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return round(value, 4) if isinstance(value, float) else value


def _cell(value: Any) -> str:
    import pandas as pd

    if not isinstance(value, str) and pd.isna(value):
        return ""
    return f"{value:.2f}" if hasattr(value, "dtype") and value.dtype.kind == "f" else str(value)
