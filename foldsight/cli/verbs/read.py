"""``foldsight read``: what is in a structure file."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from foldsight.cli.answer import Answer
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.typing import Json

_RECORD = re.compile(r"^[A-Za-z][A-Za-z0-9_-]+:[^/\\]+$")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_argument("source", help="PDB, mmCIF or BinaryCIF file, also gzipped; or pdb:ID")
    completed_by(source, "file")
    parser.add_argument("--network", choices=("off", "hash", "sequence"), help="what may leave the machine")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Count models, chains, residues and atoms; name title and confidence."""
    found = _facts(args.source, args.network)
    for warning in found["warnings"]:
        console.say(f"note: {warning}")
    lines = [f"{key:10} {found[key]}" for key in ("title", "models", "chains", "residues", "atoms")]
    confidence = found["confidence"]
    if confidence:
        mean = "none" if confidence["mean"] is None else f"mean {confidence['mean']:.2f}"
        lines.append(f"confidence {confidence['kind']}, {mean}, scale found {confidence['scale_found']}")
    return Answer(found, "\n".join(lines))


def _facts(source: Any, network: str | None) -> Json:
    from foldsight.io.facts import facts, structure_facts
    from foldsight.structure import Structure

    if isinstance(source, str) and (Path(source).exists() or not _RECORD.match(source)):
        return facts(source)
    from foldsight.api.viewing import structure_of

    item = structure_of(source, network=network)  # also what a notebook hands over
    if isinstance(item, Structure):
        return structure_facts(item, None)
    return structure_facts(item.structure, item.confidence)
