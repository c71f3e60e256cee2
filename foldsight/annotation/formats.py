"""Annotations in and out: UniProt-style features, GFF3, CSV.

Every reader anchors what it reads to a structure and returns what it could not place, with the
reason, beside what it could. Comments stay behind: none of the formats has a place for a thread.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from foldsight.annotation.values import Annotation, Residued, Span, anchor, spans_of
from foldsight.errors import BadFile, BadRequest
from foldsight.typing import Json

Read = tuple[list[Annotation], list[str]]
#: Most rows that one file may hold.
MAX_ROWS = 20_000
_CSV = ("id", "residues", "kind", "label", "text", "layer", "colour", "author", "created", "resolved")


def to_csv(annotations: Iterable[Annotation]) -> str:
    """Return one line per annotation; residues as ``A:25-27,B:50`` in author numbers."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_CSV)
    for item in annotations:
        row = {name: getattr(item, name) for name in _CSV if name != "author"}
        writer.writerow(
            [{**row, "author": item.author_name, "resolved": int(item.resolved)}[n] for n in _CSV]
        )
    return stream.getvalue()


def from_csv(text: str, structure: Residued, author: tuple[str, str]) -> Read:
    """Read annotations from CSV; only the column ``residues`` must be there.

    Raises
    ------
    BadFile
        When it is not such a table.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error as fault:
        raise BadFile(f"The CSV file cannot be read: {fault}.") from None
    if rows and "residues" not in rows[0]:
        raise BadFile("The CSV file has no column residues.", hint="Write it like A:25-27,B:50.")
    return _collect(rows, lambda row: _from_row(row, structure, author))


def _from_row(row: Mapping[str, Any], structure: Residued, author: tuple[str, str]) -> Annotation:
    fields = {name: row[name] for name in ("label", "layer", "kind", "colour") if row.get(name)}
    resolved = str(row.get("resolved") or "0").strip().lower() in ("1", "true", "yes")
    text = str(row.get("text") or "")
    return Annotation.new(anchor(row["residues"] or "", structure), text, author, resolved=resolved, **fields)


def to_gff3(annotations: Iterable[Annotation]) -> str:
    """Return GFF3: sequence id = chain, positions = ``label_seq``, one line per range.

    Raises
    ------
    BadRequest
        For a range without sequence positions (a ligand, water): GFF3 has no place for it.
    """
    lines = ["##gff-version 3"]
    for item in annotations:
        for span in item.ranges:
            start, end = span.first.label_seq, span.last.label_seq
            if start is None or end is None:
                raise BadRequest(f"{span} has no sequence position.", hint="Save it as CSV.")
            kind = _escaped(item.kind.replace(" ", "_"))
            columns = (
                _escaped(span.first.chain),
                "FoldSight",
                kind,
                start,
                end,
                ".",
                ".",
                ".",
                _attributes(item),
            )
            lines.append("\t".join(map(str, columns)))
    return "\n".join(lines) + "\n"


def _attributes(item: Annotation) -> str:
    pairs = {
        "ID": item.id, "Name": item.label, "Note": item.text, "color": item.colour, "layer": item.layer,
        "author": item.author_name, "resolved": "true" if item.resolved else "",
    }  # fmt: skip
    return ";".join(f"{name}={_escaped(value)}" for name, value in pairs.items() if value)


def _escaped(text: str) -> str:
    return quote(text, safe=" /:?@!$'()*+-._~#^|[]{}<>\"`")


def from_gff3(text: str, structure: Residued, author: tuple[str, str]) -> Read:
    """Read annotations from GFF3; lines with one ID are one annotation."""
    groups: dict[str, list[list[str]]] = {}
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("##FASTA"):
            break
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 9:
            problems.append(f"Line {number} has {len(columns)} columns, not 9.")
            continue
        groups.setdefault(_pairs(columns[8]).get("ID") or f"line {number}", []).append(columns)
    made, more = _collect(list(groups.values()), lambda lines: _from_lines(lines, structure, author))
    return made, problems + more


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(";") if "=" in part)
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in parts}


def _from_lines(lines: list[list[str]], structure: Residued, author: tuple[str, str]) -> Annotation:
    spans = [span for line in lines for span in _positions(structure, unquote(line[0]), line[3], line[4])]
    pairs = _pairs(lines[0][8])
    fields = {"label": pairs.get("Name", ""), "layer": pairs.get("layer") or "default"}
    kind = unquote(lines[0][2]).replace("_", " ").lower()
    colour = pairs.get("color") or None
    resolved = pairs.get("resolved") == "true"
    return Annotation.new(
        spans, pairs.get("Note", ""), author, kind=kind, colour=colour, resolved=resolved, **fields
    )


def _positions(structure: Residued, chain: str, start: str, end: str) -> list[Span]:
    try:
        first, last = int(start), int(end)
    except ValueError:
        raise BadRequest(f"{start!r} to {end!r} are not positions.") from None
    rows = [
        row for row, ref in enumerate(structure.refs)
        if ref.chain == chain and ref.label_seq is not None and first <= ref.label_seq <= last
    ]  # fmt: skip
    if not rows:
        raise BadRequest(f"The structure has no residue at positions {first}-{last} of chain {chain!r}.")
    return spans_of(rows, structure)


def to_uniprot(annotations: Iterable[Annotation]) -> str:
    """Return the features of a UniProt entry as its REST interface writes them, as JSON.

    Positions are UniProt positions; a range without any is left out, so that none is wrong.
    """
    features = [
        {
            "type": item.kind.capitalize(),
            "location": {"start": _exact(span.first.uniprot), "end": _exact(span.last.uniprot)},
            "description": item.label or item.text,
            "featureId": item.id,
        }
        for item in annotations
        for span in item.ranges
        if span.first.uniprot is not None and span.last.uniprot is not None
    ]
    return json.dumps({"features": features}, indent=1)


def _exact(position: int | None) -> Json:
    return {"value": position, "modifier": "EXACT"}


def from_uniprot(text: str, structure: Residued, author: tuple[str, str]) -> Read:
    """Read the features of a UniProt entry (its JSON); every chain with UniProt positions gets them.

    Raises
    ------
    BadFile
        When it is not such an entry.
    """
    try:
        features = json.loads(text)["features"]
        assert isinstance(features, list)
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
        raise BadFile(
            "The file is not a UniProt entry in JSON.", hint="It needs a list of features."
        ) from None
    if not any(ref.uniprot for ref in structure.refs):
        raise BadRequest("The structure has no UniProt positions.", hint="Use GFF3 or CSV.")
    return _collect(features, lambda feature: _from_feature(feature, structure, author))


def _from_feature(feature: Any, structure: Residued, author: tuple[str, str]) -> Annotation:
    try:
        ends = [feature["location"][end]["value"] for end in ("start", "end")]
        kind = str(feature["type"]).lower()
    except (KeyError, TypeError):
        raise BadRequest(f"{str(feature)[:60]} is not a feature.") from None
    if not all(isinstance(end, int) for end in ends):
        raise BadRequest(f"A feature of type {kind} has an open position.")
    rows = [i for i, ref in enumerate(structure.refs) if ref.uniprot and ends[0] <= ref.uniprot <= ends[1]]
    if not rows:
        raise BadRequest(f"The structure has no residue at UniProt positions {ends[0]}-{ends[1]}.")
    label = str(feature.get("description") or "")
    text = label if len(label) > 120 else ""
    return Annotation.new(
        spans_of(rows, structure), text, author, kind=kind, label=label[:120], layer="UniProt"
    )


def _collect(rows: Sequence[Any], read: Callable[[Any], Annotation]) -> Read:
    if len(rows) > MAX_ROWS:
        raise BadFile(f"The file holds {len(rows)} entries, more than {MAX_ROWS}.")
    made: list[Annotation] = []
    problems: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            made.append(read(row))
        except BadRequest as fault:
            problems.append(f"Entry {number}: {fault}")
    return made, problems
