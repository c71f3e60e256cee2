"""``foldsight read``: what is in a structure file."""

from __future__ import annotations

import argparse

from foldsight.cli.answer import Answer
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_argument("source", help="PDB, mmCIF or BinaryCIF file, also gzipped")
    completed_by(source, "file")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Count models, chains, residues and atoms; name title and confidence."""
    from foldsight.io.facts import file_facts

    facts = file_facts(args.source)
    for warning in facts["warnings"]:
        console.say(f"note: {warning}")
    counts = [f"{key:10} {facts[key]}" for key in ("title", "models", "chains", "residues", "atoms")]
    confidence = facts["confidence"]
    if confidence:
        mean = confidence["mean"]
        shown = "none" if mean is None else f"mean {mean:.2f}"
        counts.append(f"confidence {confidence['kind']}, {shown}, scale found {confidence['scale_found']}")
    return Answer(facts, "\n".join(counts))
