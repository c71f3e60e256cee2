"""What a data block says besides its atoms: title, method, polymers, UniProt positions."""

from __future__ import annotations

import re
from typing import Protocol

import numpy as np

from foldsight.io.assemble import Header
from foldsight.io.rows import AtomRows
from foldsight.typing import Bools, Doubles, Strings


class Block(Protocol):
    """A data block: columns by category (``_atom_site``) and item (``Cartn_x``)."""

    name: str

    def has(self, category: str) -> bool:
        """Whether the category has any item."""

    def texts(self, category: str, item: str) -> Strings | None:
        """Return a column as text, nulls as ``""``; None where there is no such item."""

    def floats(self, category: str, item: str) -> Doubles | None:
        """Return a column as numbers, nulls as NaN; ValueError where one is no number."""


def map_uniprot(block: Block, rows: AtomRows) -> None:
    """Fill UniProt positions from ``_struct_ref_seq`` or AlphaFold DB's target details."""
    names = _column(block, "_struct_ref", "db_name")
    uniprot = {i for i, n in zip(_column(block, "_struct_ref", "id"), names, strict=False) if n == "UNP"}
    items = ("ref_id", "pdbx_strand_id", "seq_align_beg", "seq_align_end", "db_align_beg")
    for ref, strand, begin, end, start in table(block, "_struct_ref_seq", items):
        if ref in uniprot:
            _shift(rows, rows.auth_chain == strand, begin, end, start)
    if (rows.uniprot >= 0).any():
        return
    entities = pairs(block, "_struct_asym", "id", "entity_id")
    wanted = ("target_entity_id", "db_name", "seq_db_align_begin", "seq_db_align_end")
    for entity, name, begin, end in table(block, "_ma_target_ref_db_details", wanted):
        if name == "UNP" and re.fullmatch(r"\d{1,9} \d{1,9}", f"{begin} {end}"):
            labels = [label for label, owner in entities.items() if owner == entity]
            last = str(int(end) - int(begin) + 1)
            _shift(rows, np.isin(rows.label_chain, labels), "1", last, begin)


def _shift(rows: AtomRows, mask: Bools, begin: str, end: str, start: str) -> None:
    if all(re.fullmatch(r"-?\d{1,9}", number) for number in (begin, end, start)):
        inside = mask & (rows.label_seq >= int(begin)) & (rows.label_seq <= int(end))
        rows.uniprot[inside] = rows.label_seq[inside] - int(begin) + int(start)


def _column(block: Block, category: str, item: str) -> list[str]:
    found = block.texts(category, item)
    return [] if found is None else found.tolist()


def table(block: Block, category: str, items: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return rows of a small category as text; none where an item is missing."""
    if not block.has(category):
        return []
    columns = [_column(block, category, item) for item in items]
    return list(zip(*columns, strict=True)) if len({len(column) for column in columns}) == 1 else []


def pairs(block: Block, category: str, key: str, value: str) -> dict[str, str]:
    """Return two items of a small category as a dict."""
    return {row[0]: row[1] for row in table(block, category, (key, value))}


def header_of(block: Block, n_models: int) -> Header:
    def one(category: str, item: str) -> str:
        return next(iter(_column(block, category, item)), "")

    resolution = (
        one("_refine", "ls_d_res_high")
        or one("_em_3d_reconstruction", "resolution")
        or one("_reflns", "d_resolution_high")
    )
    title = " ".join(one("_struct", "title").split())
    software = [*_column(block, "_software", "name"), *_column(block, "_ma_model_list", "model_group_name")]
    return Header(
        title=title,
        software=" ".join([*software, one("_struct", "pdbx_model_details"), one("_entry", "id")]),
        software_version=one("_software", "version"),
        method=one("_exptl", "method").lower(),
        resolution=_positive(resolution),
        n_models=n_models,
    )


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) and value > 0 else None


def polymers_of(block: Block) -> dict[str, tuple[str, list[str]]]:
    """Return kind and component names of each ``label_asym_id``, kind ``""`` where unknown."""
    types = pairs(block, "_entity", "id", "type")
    polymer_types = pairs(block, "_entity_poly", "entity_id", "type")
    sequences = _entity_sequences(block)
    owners = pairs(block, "_struct_asym", "id", "entity_id") or _owners(block)
    kinds = {
        entity: _kind(types.get(entity, ""), polymer_types.get(entity, "")) for entity in {*owners.values()}
    }
    return {label: (kinds[entity], sequences.get(entity, [])) for label, entity in owners.items()}


def _owners(block: Block) -> dict[str, str]:
    columns = ("label_asym_id", "label_entity_id")
    return {label: entity for label, entity in table(block, "_atom_site", columns) if entity}


def _entity_sequences(block: Block) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    last: dict[str, str] = {}
    for entity, number, name in table(block, "_entity_poly_seq", ("entity_id", "num", "mon_id")):
        if last.get(entity) != number:  # one of several at a heterogeneous position
            found.setdefault(entity, []).append(name)
        last[entity] = number
    return found


def _kind(entity_type: str, polymer_type: str) -> str:
    polymer = polymer_type.lower()
    if polymer.startswith("polypeptide") or polymer == "cyclic-pseudo-peptide":
        return "protein"
    if "ribonucleotide" in polymer or polymer == "peptide nucleic acid":
        return "nucleic"
    if entity_type == "water":
        return "water"
    if entity_type in ("non-polymer", "branched"):
        return "ligand"
    return "other polymer" if polymer else ""
