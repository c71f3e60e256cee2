"""``foldsight pockets``: where a small molecule may bind."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foldsight.cli.answer import DONE, REFUSED, Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from foldsight.analysis.pockets import Pockets

#: ``--json`` may name a file here, so this verb declares it itself.
OWN_JSON = True
#: Rows of a table that are printed; all of them go to --json.
SHOWN = 10
HEADINGS = ("rank", "score", "druggability", "volume Å3", "confidence", "residues")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_argument("source", nargs="?", help="structure file, pdb:ID or afdb:ACCESSION")
    completed_by(source, "file")
    folder = parser.add_argument("--set", metavar="DIR", help="every structure file of a folder instead")
    completed_by(folder, "file")
    parser.add_argument(
        "--method", choices=("foldsight", "fpocket"), default="foldsight", help="what finds them (foldsight)"
    )
    parser.add_argument("--network", choices=("off", "hash", "sequence"), help="what may leave the machine")
    parser.add_argument(
        "--json", nargs="?", const="", metavar="FILE", help="print one JSON object, or write all to FILE"
    )


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Find pockets in one structure or in a folder of them."""
    if (args.source is None) == (args.set is None):
        raise BadRequest("foldsight pockets needs one structure, or --set and a folder.")
    return _many(args, console) if args.set else _one(args)


def _one(args: argparse.Namespace) -> Answer:
    from foldsight.io import read

    found: Pockets = _finder(args.method)(read(args.source, network=args.network))
    rows = [
        (
            str(pocket.rank), f"{pocket.score:.2f}", f"{pocket.druggability:.2f}", f"{pocket.volume:.0f}",
            "" if pocket.confidence is None else f"{pocket.confidence:.0f}" + " low" * pocket.low_confidence,
            " ".join(map(str, pocket.residues)),
        )
        for pocket in found[:SHOWN]
    ]  # fmt: skip
    text = f"{found.name}: {len(found)} pockets, by {found.method}"
    return _kept(args.json, found.to_dict(), Answer({}, text, Table(HEADINGS, rows)))


def _many(args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.analysis.pockets.batch import scan_files, structure_files
    from foldsight.io import read

    folder = Path(args.set)
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder.")
    finder, files = _finder(args.method), structure_files(folder)
    found = scan_files(files, read, find=finder, method=args.method, progress=console.progress)
    structures = found["structures"]
    refused = [f"{name}: {item['error']['message']}" for name, item in structures.items() if "error" in item]
    total = sum(len(item["pockets"]) for item in structures.values())
    lines = [f"{len(structures)} structures, {total} pockets, {len(refused)} without an answer", *refused]
    status = REFUSED if len(refused) == len(structures) else DONE
    return _kept(args.json, found, Answer({}, "\n".join(lines), status=status))


def _kept(file: str | None, data: dict[str, Any], answer: Answer) -> Answer:
    """Write the data to the file that ``--json`` names; otherwise it travels in the answer."""
    if not file:
        return Answer(data, answer.text, answer.table, answer.status)
    Path(file).write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")
    text = f"{answer.text}\nwritten to {file}"
    return Answer({"file": file, "method": data["method"]}, text, answer.table, answer.status)


def _finder(method: str) -> Any:
    from foldsight.analysis.pockets import find_pockets, run_fpocket

    return run_fpocket if method == "fpocket" else find_pockets
