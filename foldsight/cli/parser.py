"""The table of verbs, and the parser that command line and magic share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn, Protocol

from foldsight import _version
from foldsight.cli.answer import Answer
from foldsight.cli.console import Console
from foldsight.errors import BadRequest

#: Every verb and what it does; its code is ``foldsight.cli.verbs.<verb>``.
VERBS = {
    "fold": "fold the sequences of a FASTA file",
    "read": "say what is in a structure file",
    "view": "draw a structure as a picture",
    "search": "find entries of UniProt, the PDB or AlphaFold DB by words",
    "align": "superpose structures (TM-align)",
    "ddg": "predict the stability of variants (ddG, kcal/mol, > 0 destabilises)",
    "pockets": "find binding sites, ranked, of a structure or of a folder of them",
    "residues": "list residues with secondary structure, areas, bonds, confidence",
    "interfaces": "say what holds the chains of a complex together",
    "engines": "list engines, whether they can run here, and their weights",
    "library": "list, search and extend the structure library",
    "jobs": "list, show and cancel jobs",
    "usage": "say what is used of the plan: predictions, storage, jobs",
    "billing": "say what is paid for, buy a plan, manage it (operators: examine the account at Stripe)",
    "doctor": "say what is running, what is missing and what would mend it",
    "db": "back the service's database and files up, and restore them",
    "serve": "run the service on its own",
    "demo": "fold real proteins and run two notebooks",
}

#: Attribute of a parser's action that says what completes it: ``file``, ``engine`` or ``setting``.
COMPLETES = "completes"


class Verb(Protocol):
    """What a module of :mod:`foldsight.cli.verbs` holds."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        ...

    def run(self, args: argparse.Namespace, console: Console) -> Answer:
        """Do the work.

        Raises
        ------
        Refused, Failed
        """
        ...


class Parser(argparse.ArgumentParser):
    """A parser whose faults are refusals, so that they read and travel like all others."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise BadRequest(f"{self.prog}: {message}.", hint=f"See {self.prog} --help.")


def verb(name: str) -> Verb:
    """Import and return a verb."""
    module: Any = import_module(f"foldsight.cli.verbs.{name}")
    found: Verb = module
    return found


def build(prog: str = "foldsight", *, only: str | None = None) -> Parser:
    """Return the parser.

    Parameters
    ----------
    prog : str, optional
        ``foldsight`` or ``%foldsight``.
    only : str, optional
        Load the options of this verb alone; the others are listed with their help, which
        keeps the start fast.
    """
    parser = Parser(prog=prog, description="FoldSight: from a sequence to a structure you can trust.")
    parser.add_argument("--version", action="version", version=f"FoldSight {_version.__version__}")
    parsers = parser.add_subparsers(dest="verb", metavar="verb", required=True, parser_class=Parser)
    for name, words in VERBS.items():
        own = parsers.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".")
        if only in (None, name):
            verb(name).add_arguments(own)
            if not getattr(verb(name), "OWN_JSON", False):
                own.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return parser


def asked_verb(words: Sequence[str]) -> str:
    """Return the verb of a command line, or the empty text when it names none."""
    return next((word for word in words if word in VERBS), "") if words else ""


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the options and arguments of a parser; argparse has no public way to ask."""
    return list(parser._actions)


def choices_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers under a parser, by word; empty when it has none."""
    for action in actions(parser):
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def completed_by(action: argparse.Action, kind: str) -> argparse.Action:
    """Note on an option what completes it."""
    setattr(action, COMPLETES, kind)
    return action
