"""Whatever a person has at hand, as queries."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from foldsight.errors import BadRequest, BadSequence
from foldsight.io.fasta import parse_fasta, read_fasta
from foldsight.sequence import Query

#: Looks like the name of a file: has a suffix or a folder in it.
_FILE_LIKE = re.compile(r"[/\\]|\.[A-Za-z0-9]{1,6}$|^~")
#: Looks like a record of a source, such as ``uniprot:P04637``.
_RECORD_LIKE = re.compile(r"^[a-z][a-z0-9-]*:\S+$")


def queries_of(anything: Any, *, name: str | None = None, network: str | None = None) -> list[Query]:
    """Return the queries in a path, sequence, FASTA text, ``uniprot:ID``, :class:`Query` or list of these.

    Parameters
    ----------
    anything : Path, str, bytes, Query, object with ``seq``, or list of these
        A ``str`` is FASTA text when it starts with ``>``, a path when there is such a
        file or it looks like one, else a sequence.
    name : str, optional
        Name of the one query; refused for several.
    network : {'off', 'hash', 'sequence'}, optional
        For records of a source.

    Raises
    ------
    Refused
        Naming the fault.
    """
    queries = _flat(anything, network)
    if not queries:
        raise BadRequest("There is no sequence to fold.", hint="Give at least one.")
    if name is None:
        return queries
    if len(queries) > 1:
        raise BadRequest(f"One name cannot serve {len(queries)} sequences.", hint="Name them in the FASTA.")
    return [replace(queries[0], name=name)]


def _flat(anything: Any, network: str | None) -> list[Query]:
    if isinstance(anything, Query):
        return [anything]
    if isinstance(anything, list | tuple):
        return [query for item in anything for query in _flat(item, network)]
    if isinstance(anything, Path | bytes):
        return read_fasta(anything)
    if isinstance(anything, str):
        return _from_text(anything, network)
    if hasattr(anything, "seq"):  # Biopython's and others' sequence records
        return [Query.of(str(anything.seq), str(getattr(anything, "id", "") or "query"))]
    raise BadRequest(
        f"A {type(anything).__name__} cannot be folded.",
        hint="Give a FASTA file, FASTA text or a sequence.",
    )


def _from_text(text: str, network: str | None) -> list[Query]:
    bare = text.strip()
    if bare.startswith((">", ";")):
        return parse_fasta(text)
    if not bare:
        raise BadSequence("The sequence is empty.", hint="Give one-letter amino acid codes.")
    one_line = "\n" not in bare and "\r" not in bare
    if one_line and _is_file(bare):
        return read_fasta(Path(bare))
    if one_line and _RECORD_LIKE.match(bare):
        return _from_source(bare, network)
    return _sequence(bare, one_line)


def _is_file(text: str) -> bool:
    if _FILE_LIKE.search(text):
        return True
    try:
        return len(text) < 256 and Path(text).exists()
    except (OSError, ValueError):
        return False


def _from_source(text: str, network: str | None) -> list[Query]:
    from foldsight.io import read

    found = read(text, network=network)
    if not isinstance(found, Query):
        raise BadRequest(
            f"{text} is a structure already.", hint="Look at it with view, or fold a uniprot: record."
        )
    return [found]


def _sequence(text: str, one_line: bool) -> list[Query]:
    try:
        return [Query.of(text)]
    except BadSequence as fault:
        if one_line and len(text) < 40:
            fault.hint = f"{fault.hint} (Nor is there a file {text!r}.)".strip()
        raise
