"""``foldsight library``: the structures that serve as templates."""

from __future__ import annotations

import argparse

from foldsight.cli.answer import Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.errors import BadRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "search", "add", "remove"),
        default="list",
        help="list entries (the default), search by sequence, add or remove one",
    )
    what = parser.add_argument(
        "what", nargs="?", help="add: a file, a folder or pdb:ID; search: a sequence or FASTA; remove: an id"
    )
    completed_by(what, "file")
    parser.add_argument("--limit", type=int, default=10, help="most hits of a search (10)")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Do what ``action`` says."""
    if args.action == "list":
        return _list()
    if args.what is None:
        raise BadRequest(f"foldsight library {args.action} needs one thing more.", hint=_NEEDS[args.action])
    if args.action == "search":
        return _search(args.what, args.limit)
    return _add(args.what, console) if args.action == "add" else _remove(args.what)


_NEEDS = {
    "add": "Name a structure file, a folder or pdb:ID.",
    "search": "Give a sequence or a FASTA file.",
    "remove": "Name the id of an entry.",
}


def _list() -> Answer:
    from foldsight.library import Library

    entries = Library.open().list()
    rows = [
        (e.id, e.origin, ",".join(chain.auth for chain in e.chains), e.method, e.licence, e.title[:60])
        for e in entries
    ]
    table = Table(("id", "origin", "chains", "method", "licence", "title"), rows)
    return Answer({"entries": [entry.to_dict() for entry in entries]}, table=table)


def _search(what: str, limit: int) -> Answer:
    from foldsight.api.inputs import queries_of
    from foldsight.library import Library

    library = Library.open()
    data, rows = [], []
    for query in queries_of(what):
        for number, chain in enumerate(query.chains, start=1):
            for hit in library.search(chain, limit=limit):
                label = query.name if len(query.chains) == 1 else f"{query.name}:{number}"
                facts = {
                    "query": label,
                    "entry": hit.entry.id,
                    "chain": hit.chain,
                    "identity": round(hit.identity, 4),
                    "coverage": round(hit.coverage, 4),
                    "e_value": hit.e_value,
                    "title": hit.entry.title,
                }
                data.append(facts)
                shares = (f"{hit.identity:.0%}", f"{hit.coverage:.0%}", f"{hit.e_value:.1g}")
                rows.append((label, hit.entry.id, hit.chain, *shares, hit.entry.title[:50]))
    table = Table(("query", "entry", "chain", "identity", "coverage", "E-value", "title"), rows)
    return Answer({"hits": data}, "" if rows else "Nothing in the library resembles it.", table)


def _add(what: str, console: Console) -> Answer:
    from foldsight.library import Library

    library = Library.open()
    added = library.add(what)
    for name, fault in library.refused:
        console.say(f"left out {name}: {fault}")
    data = {
        "added": [entry.to_dict() for entry in added],
        "refused": [{"file": name, "message": fault} for name, fault in library.refused],
    }
    return Answer(data, f"Added {', '.join(entry.id for entry in added)}.")


def _remove(what: str) -> Answer:
    from foldsight.library import Library

    entry = Library.open().remove(what)
    return Answer({"removed": entry.to_dict()}, f"Removed {entry.id}.")
