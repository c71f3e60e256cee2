"""PDB files, read by their columns, so that every kind of age and fault is told apart.

The format is fixed-width (wwPDB format 3.30). Read leniently are: files from before 1996
(an id and a line number in columns 73-80), serial numbers that are stars or too long,
hybrid-36 numbers, blank chain ids, missing elements, charges, occupancies and B-factors,
and short lines. A coordinate or residue number that is no number is refused by its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from foldsight.io.assemble import Header
from foldsight.io.content import Content
from foldsight.io.elements import elements_of
from foldsight.io.pdb_fields import Bytes, fixed_point, hybrid36
from foldsight.io.pdb_header import map_uniprot, parse_header
from foldsight.io.rows import LARGEST, AtomRows
from foldsight.typing import Doubles, Ints, Strings

_WIDTH = 80
_BLANK, _END_OF_LINE = 32, 10
#: Component names of four letters that simulation programs write beside a chain id.
_FOUR_LETTERS = (
    "TIP3",
    "TIP4",
    "TIP5",
    "SPCE",
    "POPC",
    "POPE",
    "POPS",
    "DPPC",
    "DOPC",
    "DMPC",
    "CHL1",
    "CLOR",
)


def read_pdb(content: Content) -> tuple[AtomRows, Header]:
    """Return the atoms of the first MODEL and the header of a PDB file.

    Raises
    ------
    BadFile
        Naming the line whose coordinates or residue number cannot be read.
    """
    data = content.data
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    grid, line_numbers, table = _lines(data)
    header = Header(n_models=max(1, table.n_models))
    parse_header(data, header)
    rows = _rows(content, grid, line_numbers, table, header)
    map_uniprot(rows, header.references)
    return rows, header


class _Table:
    """Where the records of the first MODEL are."""

    def __init__(self, codes: Bytes) -> None:
        self.codes = codes
        model = np.cumsum(np.isin(codes, (_MODEL, _ENDMDL, _END)))
        is_atom = np.isin(codes, (_ATOM, _HETATM))
        with_atoms = np.unique(model[is_atom])
        self.n_models = len(with_atoms)
        first = model == with_atoms[0] if len(with_atoms) else np.zeros(len(codes), bool)
        self.atoms: Ints = np.flatnonzero(is_atom & first)
        self.anisou: Ints = np.flatnonzero((codes == _ANISOU) & first)
        self.part: Ints = np.cumsum(codes == _TER)[self.atoms].astype(np.int32)
        self.has_end = bool(len(with_atoms) > 1 and (codes == _END).any() and not (codes == _MODEL).any())


_ATOM, _HETATM, _ANISOU, _MODEL, _ENDMDL, _TER, _END = range(1, 8)
_CODES = {b"ATOM  ": _ATOM, b"HETATM": _HETATM, b"ANISOU": _ANISOU, b"ENDMDL": _ENDMDL,
          **{word + b" " * blanks: code for word, code in ((b"MODEL", _MODEL), (b"TER", _TER), (b"END", _END))
             for blanks in range(7 - len(word))}}  # fmt: skip


def _lines(data: bytes) -> tuple[Bytes, Ints, _Table]:
    """Return the coordinate lines as a grid of 80 columns, their line numbers and their kinds."""
    even = _even_lines(data)
    if even is not None:
        heads = np.ascontiguousarray(even[:, :6]).view("S6").ravel()
        kinds, which = np.unique(heads, return_inverse=True)
        codes = np.array([_CODES.get(kind.ljust(6), 0) for kind in kinds.tolist()], dtype=np.uint8)[which]
        picked: Ints = np.flatnonzero(codes)
        return even[picked, :_WIDTH], picked + 1, _Table(codes[picked])
    lines = data.split(b"\n")
    code_of = _CODES.get
    found = [code_of(line[:6], 0) for line in lines]
    chosen = [i for i, code in enumerate(found) if code]
    text = b"".join([lines[i][:_WIDTH].ljust(_WIDTH) for i in chosen])
    grid = np.frombuffer(text, dtype=np.uint8).reshape(-1, _WIDTH)
    return grid, np.array(chosen, dtype=np.int64) + 1, _Table(np.array(found, dtype=np.uint8)[chosen])


def _even_lines(data: bytes) -> Bytes | None:
    """Return a grid of whole lines where all have 80 columns, as files of the PDB do."""
    if len(data) % (_WIDTH + 1) or not data.endswith(b"\n"):
        return None
    grid = np.frombuffer(data, dtype=np.uint8).reshape(-1, _WIDTH + 1)
    if (grid[:, _WIDTH] == _END_OF_LINE).all() and not (grid[:, :_WIDTH] == _END_OF_LINE).any():
        return grid
    return None


def _text(grid: Bytes, first: int, last: int) -> Strings:
    """Return columns ``first`` to ``last`` (from 1, both included; at most 4) as stripped text."""
    # Four bytes are one integer, which sorts faster than text; few distinct words are stripped.
    packed = np.zeros((len(grid), 4), dtype=np.uint8)
    packed[:, : last - first + 1] = grid[:, first - 1 : last]
    kinds, which = np.unique(packed.view("<u4").ravel(), return_inverse=True)
    words = [int(kind).to_bytes(4, "little").rstrip(b"\0").decode("latin-1").strip() for kind in kinds]
    stripped: Strings = np.array(words, dtype=f"U{last - first + 1}")[which]
    return stripped


def _rows(content: Content, grid: Bytes, line_numbers: Ints, table: _Table, header: Header) -> AtomRows:
    atoms, lines = grid[table.atoms], line_numbers[table.atoms]
    name = _text(atoms, 13, 16)
    comp, chain = _names(atoms)
    element, odd = elements_of(atoms[:, 76:78], atoms[:, 12:16], comp)
    if odd:
        header.warnings.append(
            f"{content.where}: {odd} atoms have no element in columns 77-78 (an older or non-standard "
            "file); it was taken from their names."
        )
    if table.has_end:
        header.warnings.append(f"{content.where} has atoms after END; only those before it are read.")
    return AtomRows(
        coord=_coord(content, atoms, lines),
        name=name,
        element=element,
        altloc=_text(atoms, 17, 17),
        comp=comp,
        label_chain=np.full(len(atoms), "", dtype="U1"),
        auth_chain=chain,
        ins_code=_text(atoms, 27, 27),
        occupancy=_optional(content, atoms, lines, (55, 60, "occupancy"), 1.0),
        b_factor=_optional(content, atoms, lines, (61, 66, "B-factor"), 0.0),
        charge=_charges(atoms),
        auth_seq=_numbers(content, atoms, lines),
        label_seq=np.full(len(atoms), -1, dtype=np.int32),
        uniprot=np.full(len(atoms), -1, dtype=np.int32),
        het=table.codes[table.atoms] == _HETATM,
        part=table.part,
        anisou=_anisou(grid[table.anisou], atoms),
    )


def _names(atoms: Bytes) -> tuple[Strings, Strings]:
    """Return component names and chain ids.

    Column 21 belongs to neither by the standard. Simulation programs put the fourth letter
    of a name there, others the first of two letters of a chain id.
    """
    comp, chain = _text(atoms, 18, 20), _text(atoms, 22, 22)
    if (atoms[:, 20] == _BLANK).all():
        return comp, chain
    four, two = _text(atoms, 18, 21), _text(atoms, 21, 22)
    is_name = (atoms[:, 21] == _BLANK) | np.isin(four, _FOUR_LETTERS)
    return np.where(is_name, four, comp), np.where(is_name, chain, two)


def _coord(content: Content, atoms: Bytes, lines: Ints) -> Doubles:
    whole = atoms[:, 30:54].reshape(-1, 8)
    coord = fixed_point(whole, 3)
    if coord is not None:
        return coord.reshape(-1, 3)
    spans = ((31, 38, "x coordinate"), (39, 46, "y coordinate"), (47, 54, "z coordinate"))
    return np.stack([_floats(content, atoms, lines, span, None) for span in spans], axis=1)


def _optional(
    content: Content, atoms: Bytes, lines: Ints, span: tuple[int, int, str], default: float
) -> npt.NDArray[np.float32]:
    found = fixed_point(atoms[:, span[0] - 1 : span[1]], 2)
    if found is None:
        found = _floats(content, atoms, lines, span, default)
    odd = ~(np.abs(found) <= LARGEST)
    if odd.any():
        fault = f"has {found[odd][0]} as {span[2]} in line {lines[int(np.argmax(odd))]}"
        raise content.bad(fault, "Repair or remove that line.")
    return found.astype(np.float32)


def _floats(
    content: Content, atoms: Bytes, lines: Ints, span: tuple[int, int, str], default: float | None
) -> Doubles:
    """Parse a numeric field; ``default`` stands for blanks, None where they are a fault."""
    first, last, what = span
    width = last - first + 1
    field = np.ascontiguousarray(atoms[:, first - 1 : last])
    blank = (field == _BLANK).all(axis=1)
    if blank.any():
        if default is None:
            raise content.bad(
                f"has no {what} in line {lines[int(np.argmax(blank))]}", "Repair or remove that line."
            )
        field = field.copy()
        field[blank] = np.frombuffer(f"{default}".ljust(width)[:width].encode(), np.uint8)
    return _parse(content, lines, field, float, what)


def _parse(
    content: Content, lines: Ints, field: Bytes, kind: Callable[[bytes], Any], what: str
) -> npt.NDArray[Any]:
    words = field.view(f"S{field.shape[1]}").ravel()
    try:
        return np.array(list(map(kind, words.tolist())), dtype=np.float64)
    except ValueError:
        bad = np.array([not _works(kind, word) for word in words.tolist()])
        i = int(np.argmax(bad))
        shown = words[i].decode("latin-1").strip()
        fault = f"has {shown!r} as {what} in line {lines[i]}, which is not a number"
        raise content.bad(fault, "Repair or remove that line.") from None


def _works(kind: Callable[[bytes], Any], word: bytes) -> bool:
    try:
        kind(word)
    except ValueError:
        return False
    return True


def _numbers(content: Content, atoms: Bytes, lines: Ints) -> Ints:
    field = np.ascontiguousarray(atoms[:, 22:26])
    plain = fixed_point(field, 0)
    if plain is not None:
        return plain.astype(np.int32)
    numbers: Ints = _parse(content, lines, field, hybrid36, "residue number").astype(np.int32)
    return numbers


def _charges(atoms: Bytes) -> Ints:
    words = np.ascontiguousarray(atoms[:, 78:80]).view("S2").ravel()
    found = np.zeros(len(words), dtype=np.int32)
    for word in np.unique(words).tolist():
        match = re.fullmatch(rb"(?:(\d)([+-])|([+-])(\d))", word.strip())
        if match:
            size, sign = match[1] or match[4], match[2] or match[3]
            found[words == word] = int(size) * (1 if sign == b"+" else -1)
    return found


def _anisou(lines: Bytes, atoms: Bytes) -> npt.NDArray[np.float32] | None:
    """Return U in Å² for each atom, by serial and name; None where the file has no ANISOU."""
    if not len(lines):
        return None
    values = fixed_point(lines[:, 28:70].reshape(-1, 7), 0)
    if values is None:  # not the standard layout; nothing else depends on it
        return None
    index = {key: i for i, key in enumerate(_keys(atoms))}
    found = np.full((len(atoms), 6), np.nan, dtype=np.float32)
    spots = np.array([index.get(key, -1) for key in _keys(lines)], dtype=np.int64)
    found[spots[spots >= 0]] = values.reshape(-1, 6)[spots >= 0] / 1e4
    return found


def _keys(lines: Bytes) -> list[bytes]:
    # Serial, atom, altloc, residue, chain and number: columns 7-27.
    keys: list[bytes] = np.ascontiguousarray(lines[:, 6:27]).view("S21").ravel().tolist()
    return keys
