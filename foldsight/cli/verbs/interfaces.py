"""``foldsight interfaces``: what holds the chains of a complex together."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from foldsight.cli.answer import Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by

if TYPE_CHECKING:
    from foldsight.analysis.interfaces import Interface

HEADINGS = ("chains", "buried Å2", "contacts", "hydrogen bonds", "salt bridges", "residues")
SCORES = ("ipTM", "ipSAE", "pDockQ2")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_argument("source", help="structure file, pdb:ID or afdb:ACCESSION")
    completed_by(source, "file")
    parser.add_argument(
        "--pae-cutoff", type=float, metavar="Å", help="for ipSAE: 10 by default, 15 for AlphaFold 2"
    )
    parser.add_argument("--network", choices=("off", "hash", "sequence"), help="what may leave the machine")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Describe each pair of chains that touch, or that a PAE relates."""
    from foldsight.api import interfaces

    found = interfaces(args.source, pae_cutoff=args.pae_cutoff, network=args.network)
    scored = any(item.scores is not None or item.iptm is not None for item in found)
    rows = [(*_row(item), *(_scores(item) if scored else ())) for item in found]
    text = f"{found.name}: {len(found)} interface{'s' * (len(found) != 1)}; buried area counts both sides"
    return Answer(found.to_dict(), text, Table((*HEADINGS, *(SCORES if scored else ())), rows))


def _row(item: Interface) -> tuple[str, ...]:
    sides = f"{len(item.residues_first)} + {len(item.residues_second)}"
    numbers = (item.n_contacts, item.n_hydrogen_bonds, item.n_salt_bridges)
    return (f"{item.first}-{item.second}", f"{item.buried_area:.0f}", *map(str, numbers), sides)


def _scores(item: Interface) -> tuple[str, ...]:
    known = item.scores
    values = (item.iptm, known.ipsae if known else None, known.pdockq2 if known else None)
    return tuple("" if value is None else f"{value:.2f}" for value in values)
