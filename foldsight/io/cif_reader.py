"""mmCIF and BinaryCIF: from a data block to atom rows."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from foldsight.io import bcif, cif_text
from foldsight.io.assemble import Header
from foldsight.io.cif_header import Block, header_of, map_uniprot, polymers_of
from foldsight.io.content import Content
from foldsight.io.rows import LARGEST, AtomRows
from foldsight.typing import Doubles, Floats, Ints, Strings

_SITE = "_atom_site"
_U = ("1][1", "2][2", "3][3", "1][2", "1][3", "2][3")
_INT32 = np.iinfo(np.int32)


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
    block, rows, header = _read(content, bcif.read_blocks(content))
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
    header = header_of(block, len(set(numbers.tolist())) or 1)
    header.warnings.extend(warnings)
    label_chain, auth_chain = site.either("label_asym_id", "auth_asym_id")
    rows = AtomRows(
        coord=site.coord(),
        name=site.first_of("label_atom_id", "auth_atom_id"),
        element=_upper(site.text("type_symbol")),
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
        map_uniprot(block, rows)
    header.polymers = polymers_of(block)
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
        first, second = self.text(item), self.text(other)
        return np.where(first == "", second, first), np.where(second == "", first, second)

    def number(self, item: str, default: float) -> Floats:
        found = self.block.floats(_SITE, item)
        if found is None:
            return np.full(len(self), default, dtype=np.float32)
        filled = np.where(np.isnan(found), default, found)
        if np.abs(filled).max(initial=0.0) > LARGEST:
            raise ValueError(f"_atom_site.{item} beyond {LARGEST:,.0f}")
        return filled.astype(np.float32)

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
        missing = found == _INT32.min + 1
        return np.where(missing, self.integer("label_seq_id", 0), found) if missing.any() else found


def _upper(symbols: Strings) -> Strings:
    kinds, which = np.unique(symbols, return_inverse=True)
    upper: Strings = np.char.upper(kinds)[which]
    return upper


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
    values[~(np.abs(values) < LARGEST)] = np.nan
    found[rows[rows >= 0]] = values[rows >= 0]
    return found


def _sifts(site: _Site) -> Ints:
    numbers = site.integer("pdbx_sifts_xref_db_num", -1)
    if (numbers < 0).all():
        return numbers
    names = site.text("pdbx_sifts_xref_db_name")
    return np.where(np.isin(names, ("UNP", "")), numbers, -1).astype(np.int32)
