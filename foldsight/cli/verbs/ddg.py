"""``foldsight ddg``: stability of variants, of one structure or of many from a CSV."""

from __future__ import annotations

import argparse
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foldsight.cli.answer import DONE, REFUSED, Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.errors import BadFile, BadRequest

if TYPE_CHECKING:
    from foldsight.analysis.variants import VariantTable
    from foldsight.prediction import Prediction
    from foldsight.structure import Structure

#: Rows of a table that are printed; all of them go to a file or to --json.
SHOWN = 40
#: Options of one structure that name a file or folder of evidence.
BESIDE: dict[str, dict[str, Any]] = {
    "msa": {"metavar": "FILE", "help": "conservation, from A3M or aligned FASTA"},
    "alphamissense": {"metavar": "FILE", "help": "AlphaMissense, from the CSV of AlphaFold DB"},
    "thermompnn": {"metavar": "DIR", "help": "ddG by ThermoMPNN, from the folder with its weights"},
    "esm2": {"metavar": "FILE", "help": "ESM-2 masked marginals, from its checkpoint"},
}
#: Kinds of picture.
PICTURES = (".png", ".svg", ".pdf")


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
    picture = parser.add_argument(
        "--heat-map", type=Path, metavar="FILE", help="draw a scan: .png, .svg or .pdf"
    )
    completed_by(picture, "file")
    beside = parser.add_argument_group("columns beside the ddG, which they never change")
    for name, words in BESIDE.items():
        completed_by(beside.add_argument(f"--{name}", type=Path, **words), "file")
    beside.add_argument(
        "--foldx", action="store_true", help="ddG by your FoldX (FOLDX_BINARY or on the path)"
    )


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
    from foldsight.analysis.variants import predict_variants
    from foldsight.io import read

    if args.heat_map is not None and args.heat_map.suffix.lower() not in PICTURES:
        raise BadRequest(f"{args.heat_map} is no picture.", hint=f"Use one of {', '.join(PICTURES)}.")
    subject = read(args.source)
    table = predict_variants(
        subject, " ".join(args.variants) or "scan", chain=args.chain, context=args.context,
        level=args.level, progress=console.progress,
    )  # fmt: skip
    table = _with_evidence(table, subject, args)
    if args.out is not None:
        table.write_csv(args.out)
    if args.heat_map is not None:
        table.heat_map().savefig(args.heat_map, dpi=150)
    return Answer(table.to_dict(), _words(table), _shown(table))


def _with_evidence(
    table: VariantTable, subject: Structure | Prediction, args: argparse.Namespace
) -> VariantTable:
    """Fill the columns that were asked for."""
    from foldsight.analysis import variants
    from foldsight.analysis.variants.predict import split
    from foldsight.io.pdb_writer import pdb_text

    if args.msa is not None:
        table = variants.add_conservation(table, _text(args.msa), subject)
    if args.alphamissense is not None:
        table = variants.add_alphamissense(table, _text(args.alphamissense))
    if args.thermompnn is not None:
        table = variants.add_thermompnn(table, subject, args.thermompnn, args.context)
    if args.esm2 is not None:
        table = variants.add_esm2(table, subject, args.esm2)
    if args.foldx:
        table = variants.add_foldx(table, pdb_text(*split(subject)).encode())
    return table


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadFile(f"{path} cannot be read as text: {fault}.") from fault


def _shown(table: VariantTable) -> Table:
    from foldsight.analysis.variants.table import BESIDE as NAMES

    rows = [
        (
            row.variant,
            f"{row.ddg_kcal_mol:+.2f}",
            f"{row.low_kcal_mol:+.2f} to {row.high_kcal_mol:+.2f}",
            row.effect,
            *(f"{value:+.2f}" if isfinite(value := getattr(row, name)) else "-" for name in table.beside),
            "; ".join(text for text in ("additive" if row.additive else "", row.flags, row.warnings) if text),
        )
        for row in table.rows[:SHOWN]
    ]
    beside = (NAMES[name] for name in table.beside)
    headings = ("variant", "ddG kcal/mol", f"{table.level:.0%} interval", "effect", *beside, "remarks")
    return Table(headings, rows)


def _words(table: VariantTable) -> str:
    """Say what the numbers are, and what was decided on the way."""
    lines = list(dict.fromkeys(note for row in table.rows[:SHOWN] for note in row.notes.split("; ") if note))
    if len(table) > SHOWN:
        lines.append(f"{len(table) - SHOWN} more rows; --out writes them all.")
    context = table[0].context if len(table) else ""
    if context == "monomer" and any("interface" in row.flags for row in table):
        lines.append("Each chain was taken alone; --context complex lets the others count.")
    error = f"typical error {table.typical_error:.1f} kcal/mol"
    lines.append(f"{table.method}, {context} context; > 0 destabilises; {error}.")
    return "\n".join(lines)
