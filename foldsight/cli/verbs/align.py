"""``foldsight align``: TM-align of two structures, or of many pairs from a list."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from foldsight.cli.answer import DONE, REFUSED, Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.errors import BadRequest

#: This verb's ``--json`` may name a file.
OWN_JSON = True
#: Letters of an alignment on one line.
WIDTH = 80


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    for name, words in (("mobile", "structure that is moved"), ("reference", "structure it is put on")):
        completed_by(parser.add_argument(name, nargs="?", help=f"{words}: a file, or pdb:1HPV"), "file")
    parser.add_argument(
        "--chains", nargs=2, metavar=("MOBILE", "REFERENCE"), help="chains (default: the first)"
    )
    completed_by(
        parser.add_argument("--out", "-o", type=Path, help="write the mobile structure, moved"), "file"
    )
    completed_by(parser.add_argument("--pairs", type=Path, help="JSON list of pair, a, b"), "file")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of the files that --pairs names")
    target = parser.add_argument(
        "--json",
        nargs="?",
        const="",
        metavar="FILE",
        help="print one JSON object; with --pairs, write the rows to FILE",
    )
    completed_by(target, "file")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Superpose, and give both TM-scores and the RMSD with the number aligned."""
    if args.pairs is not None:
        return _batch(args, console)
    if args.reference is None:
        raise BadRequest("Two structures are needed.", hint="Write: foldsight align mobile.pdb reference.pdb")
    return _one(args)


def _one(args: argparse.Namespace) -> Answer:
    from foldsight.analysis.alignment import Trace, align
    from foldsight.analysis.alignment.batch import as_structure
    from foldsight.io import read, write

    mobile, reference = as_structure(read(args.mobile)), as_structure(read(args.reference))
    chains = args.chains or (None, None)
    found = align(Trace.of(mobile, chains[0]), Trace.of(reference, chains[1]))
    if args.out is not None:
        write(found.apply(mobile), args.out)
    lines = [str(found), ""]
    for start in range(0, len(found.aligned_reference), WIDTH):
        lines += [
            found.aligned_mobile[start : start + WIDTH],
            found.aligned_reference[start : start + WIDTH],
            "",
        ]
    return Answer(found.to_dict(), "\n".join(lines).rstrip())


def _batch(args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.analysis.alignment.batch import align_pairs, read_pairs
    from foldsight.io import read

    rows = align_pairs(
        read_pairs(args.pairs), args.root, read,
        lambda done, total: console.progress(done / total, f"pair {done} of {total}"),
    )  # fmt: skip
    refused = [row for row in rows if "error" in row]
    if args.json:
        target = Path(args.json)
        draft = target.with_name(target.name + ".draft")
        draft.write_text(json.dumps(rows), encoding="utf-8")
        draft.replace(target)
    table = Table(
        ("pair", "TM by a", "TM by b", "RMSD Å", "aligned"),
        [
            (
                row["pair"],
                f"{row['tm_norm1']:.4f}",
                f"{row['tm_norm2']:.4f}",
                f"{row['rmsd']:.2f}",
                str(row["n_aligned"]),
            )
            for row in rows
            if "error" not in row
        ],
    )
    words = "\n".join(f"{row['pair']}: {row['error']['message']}" for row in refused)
    return Answer({"pairs": rows}, words, table, REFUSED if refused else DONE)
