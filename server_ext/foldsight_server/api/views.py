"""Rows as they are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

Row = dict[str, Any]
View = Callable[[Row], dict[str, Any]]


def shown(value: Any) -> Any:
    """Return a value of a row as JSON can hold it: times and ids as text."""
    if value is None or isinstance(value, bool | int | float | str | dict):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, list):
        return [shown(item) for item in value]
    return str(value)


def view_of(*names: str) -> View:
    """Return a view that shows the named columns."""
    return lambda row: {name: shown(row[name]) for name in names}


project = view_of(
    "id", "name", "description", "visibility", "owner_id", "org_id", "personal", "role", "forked_from",
    "fork_source", "created", "updated", "deleted",
)  # fmt: skip
member = view_of("user_id", "name", "role", "added")
organization = view_of("id", "name", "institution", "owner_id", "plan", "seat_count", "role", "created")
org_member = view_of("user_id", "name", "role", "joined")
alignment = view_of(
    "id", "project_id", "reference_id", "mobile_id", "method", "by_reference", "by_mobile", "rmsd", "aligned",
    "rotation", "translation", "per_residue", "created_by", "created",
)  # fmt: skip
pocket = view_of(
    "id", "structure_id", "method", "rank", "residues", "volume", "druggability", "hydrophobicity",
    "enclosure", "facts", "created_by", "created",
)  # fmt: skip
variants = view_of("id", "structure_id", "method", "variants", "facts", "created_by", "created")
annotation = view_of(
    "id", "structure_id", "layer", "residues", "kind", "body", "color", "author_id", "updated"
)
mention = view_of(
    "id", "project_id", "structure_id", "parent_id", "author_id", "author", "body", "created", "seen"
)
hit = view_of("kind", "project_id", "id", "structure_id", "title", "text", "updated")
audit = view_of("id", "at", "actor", "action", "subject", "facts")

_structure = view_of(
    "id", "project_id", "name", "sequence", "sequence_length", "sequence_hash", "organism", "uniprot",
    "pdb_id", "origin", "engine", "confidence_kind", "confidence_mean", "bytes", "tags", "forked_from",
    "created_by", "created", "updated", "deleted",
)  # fmt: skip
_comment = view_of(
    "id", "project_id", "structure_id", "parent_id", "author_id", "author", "residues", "resolved", "created",
    "updated",
)  # fmt: skip


def structure(row: Row) -> dict[str, Any]:
    """Show a structure; where its files are stays inside."""
    files = [{"name": item["name"], "bytes": item["bytes"]} for item in row["files"]]
    return {**_structure(row), "files": files}


def comment(row: Row) -> dict[str, Any]:
    """Show a comment; of a deleted one only that it was there."""
    gone = row["deleted"] is not None
    return {
        **_comment(row),
        "deleted": gone,
        "body": None if gone else row["body"],
        "replies": row.get("replies", []),
    }


def similar(row: Row) -> dict[str, Any]:
    """Show what is similar: an entry of the library, or a structure of a project."""
    library = row["source"] == "library"
    return {
        "source": row["source"],
        "id": row["entry"] if library else str(row["id"]),
        "project_id": None if library else str(row["project_id"]),
        "name": row["title"] if library else row["name"],
        "organism": row["organism"],
        "length": row["length"] if library else row["sequence_length"],
        "cosine": round(float(row["cosine"]), 4),
    }
