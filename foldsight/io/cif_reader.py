"""mmCIF and BinaryCIF: from a data block to atom rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

import numpy as np

from foldsight.io import bcif, cif_text
from foldsight.io.assemble import Header
from foldsight.io.content import Content
from foldsight.io.rows import AtomRows
from foldsight.typing import Bools, Doubles, Floats, Ints, Strings

_SITE = "_atom_site"
_U = ("1][1", "2][2", "3][3", "1][2", "1][3", "2][3")
_INT32 = np.iinfo(np.int32)


class Block(Protocol):
    """A data block: columns by category (``_atom_site``) and item (``Cartn_x``)."""

    name: str

    def has(self, category: str) -> bool:
        """Whether the category has any item."""

    def texts(self, category: str, item: str) -> Strings | None:
        """Return a column as text, nulls as ``""``; None where there is no such item."""

    def floats(self, category: str, item: str) -> Doubles | None:
        """Return a column as numbers, nulls as NaN; ValueError where one is no number."""


def read_cif(content: Content) -> tuple[Block, AtomRows, Header]:
    """Return a text CIF file's block, the atoms of its first MODEL, and its header.

    Raises
    ------
    BadFile
    """
    blocks, text = cif_text.read_blocks(content)
    block, rows, header = _read(content, blocks)
    assert isinstance(block, cif_text.TextBlock)
    header.origin_block = text if len(blocks) == 1 else cif_text.block_text(block)
    if not content.data.endswith((b"\n", b"\r")):
        header.warnings.append(f"{content.where} does not end with a line end; it may have been cut.")
    return block, rows, header


def read_bcif(content: Content) -> tuple[Block, AtomRows, Header]:
    """Return a BinaryCIF file's block, the atoms of its first MODEL, and its header.

    Raises
    ------
    BadFile
    """
    try:
        block, rows, header = _read(content, bcif.read_blocks(content))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError):
        raise content.bad("is cut or damaged BinaryCIF", "Copy or download it again.") from None
    header.origin_block = content.data
    return block, rows, header


def _read(content: Content, blocks: Iterable[Block]) -> tuple[Block, AtomRows, Header]:
    listed = list(blocks)
    block = next((b for b in listed if b.has(_SITE)), None)
    if block is None:
        raise _without_atoms(content, listed)
    warnings = []
    if len(listed) > 1:
        which = "the first" if block is listed[0] else "the first with atoms"
        warnings.append(
            f"{content.where} holds {len(listed)} data blocks; only {which}, {block.name}, is read."
        )
    try:
        return _rows(content, block, warnings)
    except ValueError as error:
        raise content.bad(
            f"has a value that is not a number: {error}", "Repair or remove that row."
        ) from None


def _without_atoms(content: Content, blocks: list[Block]) -> Exception:
    if any(block.has("_chem_comp_atom") or block.has("_chem_comp_bond") for block in blocks):
        what = "is the dictionary entry of a chemical component and holds no structure"
    elif any(block.has("_refln") for block in blocks):
        what = "holds structure factors, no atoms"
    elif re.search(rb"^\s*_atom_site_(?:fract_|label|type_)", content.data, re.MULTILINE):
        what = "is a small-molecule CIF with fractional coordinates, not a protein structure"
    else:
        what = "holds no atoms (no _atom_site)"
    return content.bad(what, "Give a file with the coordinates of a protein.")


def _rows(content: Content, block: Block, warnings: list[str]) -> tuple[Block, AtomRows, Header]:
    site = _Site(content, block)
    numbers = site.text("pdbx_PDB_model_num")
    first = numbers == numbers[0] if len(numbers) else np.ones(len(site), dtype=bool)
    header = _header(block, len(set(numbers.tolist())) or 1)
    header.warnings.extend(warnings)
    label_chain, auth_chain = site.either("label_asym_id", "auth_asym_id")
    rows = AtomRows(
        coord=site.coord(),
        name=site.first_of("label_atom_id", "auth_atom_id"),
        element=np.char.upper(site.text("type_symbol")),
        altloc=site.text("label_alt_id"),
        comp=site.first_of("label_comp_id", "auth_comp_id"),
        label_chain=np.where(label_chain == "", "A", label_chain),
        auth_chain=auth_chain,
        ins_code=site.text("pdbx_PDB_ins_code"),
        occupancy=site.number("occupancy", 1.0),
        b_factor=site.number("B_iso_or_equiv", 0.0),
        charge=site.integer("pdbx_formal_charge", 0),
        auth_seq=site.auth_seq(),
        label_seq=site.integer("label_seq_id", -1),
        uniprot=_sifts(site),
        het=site.text("group_PDB") == "HETATM",
        part=np.zeros(len(site), dtype=np.int32),
        anisou=_anisou(site),
    )
    if not first.all():
        rows = rows.take(np.flatnonzero(first))
    if (rows.uniprot < 0).all():
        _map_uniprot(block, rows)
    header.polymers = _polymers(block, site)
    return block, rows, header


class _Site:
    """The ``_atom_site`` category, every column as long as the coordinates."""

    def __init__(self, content: Content, block: Block) -> None:
        self.content, self.block = content, block
        x = block.floats(_SITE, "Cartn_x")
        if x is None:
            raise content.bad("has atoms without Cartesian coordinates (_atom_site.Cartn_x)")
        self._x = x

    def __len__(self) -> int:
        return len(self._x)

    def coord(self) -> Doubles:
        columns = [self._x, self.block.floats(_SITE, "Cartn_y"), self.block.floats(_SITE, "Cartn_z")]
        if any(column is None or len(column) != len(self) for column in columns):
            raise self.content.bad("has atoms without all three coordinates")
        return np.stack([column for column in columns if column is not None], axis=1)

    def text(self, item: str) -> Strings:
        found = self.block.texts(_SITE, item)
        return np.full(len(self), "", dtype="U1") if found is None else found

    def first_of(self, item: str, other: str) -> Strings:
        """Return a column, and where it is null the other."""
        found = self.text(item)
        empty = found == ""
        return np.where(empty, self.text(other), found) if empty.any() else found

    def either(self, item: str, other: str) -> tuple[Strings, Strings]:
        """Return two columns that stand in for each other where one is null."""
        return self.first_of(item, other), self.first_of(other, item)

    def number(self, item: str, default: float) -> Floats:
        found = self.block.floats(_SITE, item)
        if found is None:
            return np.full(len(self), default, dtype=np.float32)
        return np.where(np.isnan(found), default, found).astype(np.float32)

    def integer(self, item: str, default: int) -> Ints:
        found = self.block.floats(_SITE, item)
        if found is None:
            return np.full(len(self), default, dtype=np.int32)
        whole = np.where(np.isnan(found), default, found)
        if np.any(np.abs(whole) > _INT32.max) or np.any(whole != np.trunc(whole)):
            raise ValueError(f"_atom_site.{item} must be whole numbers")
        return whole.astype(np.int32)

    def auth_seq(self) -> Ints:
        found = self.integer("auth_seq_id", _INT32.min + 1)
        label = self.integer("label_seq_id", 0)
        return np.where(found == _INT32.min + 1, label, found)


def _anisou(site: _Site) -> Floats | None:
    """Return U of each atom by its id; None where the file gives none."""
    block = site.block
    ids = block.texts(f"{_SITE}_anisotrop", "id")
    columns = [block.floats(f"{_SITE}_anisotrop", f"U[{place}]") for place in _U]
    if ids is None or any(column is None or len(column) != len(ids) for column in columns):
        return None
    spots = {identity: i for i, identity in enumerate(site.text("id").tolist())}
    found = np.full((len(site), 6), np.nan, dtype=np.float32)
    rows = np.array([spots.get(identity, -1) for identity in ids.tolist()], dtype=np.int64)
    values = np.stack([column for column in columns if column is not None], axis=1)
    found[rows[rows >= 0]] = values[rows >= 0]
    return found


def _sifts(site: _Site) -> Ints:
    numbers = site.integer("pdbx_sifts_xref_db_num", -1)
    if (numbers < 0).all():
        return numbers
    names = site.text("pdbx_sifts_xref_db_name")
    return np.where(np.isin(names, ("UNP", "")), numbers, -1).astype(np.int32)


def _map_uniprot(block: Block, rows: AtomRows) -> None:
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
        if name == "UNP" and begin.isdigit() and end.isdigit():
            labels = [label for label, owner in entities.items() if owner == entity]
            last = str(int(end) - int(begin) + 1)
            _shift(rows, np.isin(rows.label_chain, labels), "1", last, begin)


def _shift(rows: AtomRows, mask: Bools, begin: str, end: str, start: str) -> None:
    if begin.isdigit() and end.isdigit() and re.fullmatch(r"-?\d+", start):
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


def _header(block: Block, n_models: int) -> Header:
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


def _polymers(block: Block, site: _Site) -> dict[str, tuple[str, list[str]]]:
    """Return kind and component names of each ``label_asym_id``, kind ``""`` where unknown."""
    types = pairs(block, "_entity", "id", "type")
    polymer_types = pairs(block, "_entity_poly", "entity_id", "type")
    sequences = _entity_sequences(block)
    owners = pairs(block, "_struct_asym", "id", "entity_id") or _owners(site)
    kinds = {
        entity: _kind(types.get(entity, ""), polymer_types.get(entity, "")) for entity in {*owners.values()}
    }
    return {label: (kinds[entity], sequences.get(entity, [])) for label, entity in owners.items()}


def _owners(site: _Site) -> dict[str, str]:
    labels, entities = site.text("label_asym_id"), site.text("label_entity_id")
    both = np.flatnonzero(np.concatenate(([True], labels[1:] != labels[:-1])))
    return {str(labels[i]): str(entities[i]) for i in both if entities[i] != ""}


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
