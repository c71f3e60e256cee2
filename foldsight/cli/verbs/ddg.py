"""``foldsight ddg``: stability of variants, of one structure or of many from a CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from foldsight.cli.answer import DONE, REFUSED, Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.errors import BadRequest

#: Rows of a table that are printed; all of them go to a file or to --json.
SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_argument("source", nargs="?", help="structure file, or an entry such as pdb:1HPV")
    completed_by(source, "file")
    parser.add_argument("variants", nargs="*", help="R175H, p.Arg175His, A:R175H, RA175H ...; or: scan")
    completed_by(parser.add_argument("--csv", type=Path, help="rows of pdb,chain,resnum,wt,mut"), "file")
    parser.add_argument("--structures", type=Path, help="folder with the structures that --csv names")
    parser.add_argument("--out", "-o", type=Path, help="CSV to write")
    parser.add_argument("--chain", help="chain for variants that name none")
    parser.add_argument("--context", choices=("monomer", "complex"), default="monomer",
                        help="whether other chains count as surroundings (default: monomer)")  # fmt: skip
    parser.add_argument("--level", type=float, default=0.8, help="coverage of the interval (default: 0.8)")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Predict; kcal/mol, > 0 destabilises."""
    if args.csv is not None:
        return _batch(args, console)
    if args.source is None:
        raise BadRequest("No structure was named.", hint="Write: foldsight ddg structure.cif R175H")
    return _one(args, console)


def _batch(args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.analysis.variants.batch import predict_csv
    from foldsight.io import read

    for name in ("structures", "out"):
        if getattr(args, name) is None:
            raise BadRequest(
                f"--csv needs --{name}.", hint="Write: --csv rows.csv --structures DIR --out pred.csv"
            )
    summary = predict_csv(
        args.csv, args.structures, args.out, read,
        context=args.context, level=args.level, progress=console.progress,
    )  # fmt: skip
    data = {
        "rows": summary.rows,
        "structures": summary.structures,
        "problems": summary.problems,
        "out": str(args.out),
    }
    text = (
        f"{args.out}: {summary.rows} rows, {summary.structures} structures; ddG in kcal/mol, > 0 destabilises"
    )
    if summary.problems:
        text += f"\nno prediction for {summary.problems} of them; the column `problem` says why"
    return Answer(data, text, status=REFUSED if summary.problems == summary.rows else DONE)


def _one(args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.analysis.variants.predict import predict_variants
    from foldsight.io import read

    request = " ".join(args.variants) or "scan"
    table = predict_variants(
        read(args.source), request, chain=args.chain, context=args.context, level=args.level,
        progress=console.progress,
    )  # fmt: skip
    if args.out is not None:
        table.write_csv(args.out)
    rows = [
        (
            row.variant,
            f"{row.ddg_kcal_mol:+.2f}",
            f"{row.low_kcal_mol:+.2f} to {row.high_kcal_mol:+.2f}",
            row.effect,
            "; ".join(text for text in ("additive" if row.additive else "", row.flags, row.warnings) if text),
        )
        for row in table.rows[:SHOWN]
    ]
    more = f"{len(table) - SHOWN} more rows; --out writes them all. " if len(table) > SHOWN else ""
    words = f"{more}{table.method}; > 0 destabilises; typical error {table.typical_error:.1f} kcal/mol."
    headings = ("variant", "ddG kcal/mol", f"{table.level:.0%} interval", "effect", "remarks")
    return Answer(table.to_dict(), words, Table(headings, rows))
