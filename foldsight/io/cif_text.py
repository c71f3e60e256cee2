"""Text CIF through gemmi: a data block whose columns come out as arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from foldsight.io.content import Content
from foldsight.typing import Doubles, Strings

if TYPE_CHECKING:
    from gemmi import cif

_NULLS = frozenset({".", "?"})
_QUOTES = ("'", '"', ";")


class TextBlock:
    """One data block of a text CIF file; see :class:`foldsight.io.cif_header.Block`."""

    def __init__(self, block: cif.Block) -> None:
        self._block = block
        self.name: str = block.name
        self._categories = {name.lower() for name in block.get_mmcif_category_names()}

    def has(self, category: str) -> bool:
        """Whether the category has any item."""
        return f"{category}." in self._categories

    def texts(self, category: str, item: str) -> Strings | None:
        """Return a column as text, nulls as ``""``; None where there is no such item."""
        values = self._raw(category, item)
        return None if values is None else _clean(values)

    def floats(self, category: str, item: str) -> Doubles | None:
        """Return a column as numbers, nulls as NaN; None where there is no such item.

        Raises
        ------
        ValueError
            When a value is no number.
        """
        values = self._raw(category, item)
        if values is None:
            return None
        if len(set(values)) == 1:  # an occupancy of 1.00, no charges: common, and quick
            return np.full(len(values), _number(values[0]))
        try:
            return np.fromiter(map(float, values), dtype=np.float64, count=len(values))
        except ValueError:
            return np.array([_number(value) for value in values])

    def _raw(self, category: str, item: str) -> list[str] | None:
        column = self._block.find_values(f"{category}.{item}")
        return list(column) if column else None


def _clean(values: Sequence[str]) -> Strings:
    distinct = set(values)
    plain = {value: _plain(value) for value in distinct if value in _NULLS or value[:1] in _QUOTES}
    if len(distinct) == 1:
        return np.full(len(values), plain.get(values[0], values[0]))
    if plain:
        values = [plain.get(value, value) for value in values]
    column: Strings = np.array(values, dtype=np.str_)
    return column


def _plain(value: str) -> str:
    from gemmi import cif

    text: str = cif.as_string(value)
    return text


def _number(value: str) -> float:
    if value in _NULLS:
        return float("nan")
    try:
        return float(value)
    except ValueError:
        # 1.234(5): the standard uncertainty follows in brackets.
        return float(re.sub(r"\(\d+\)$", "", value.strip("'\"")))


def read_blocks(content: Content) -> tuple[list[TextBlock], str]:
    """Return the data blocks of a text CIF file, and the text of the file.

    Raises
    ------
    BadFile
        Where the text breaks the rules of CIF, by its line.
    """
    from gemmi import cif

    try:
        text = content.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.data.decode("latin-1")
    try:
        document = cif.read_string(text)
    except (ValueError, RuntimeError) as error:
        raise content.bad(_fault(str(error)), "It may have been cut; copy or download it again.") from None
    _check_loops(content, document)
    return [TextBlock(block) for block in document], text


def _check_loops(content: Content, document: cif.Document) -> None:
    """Refuse a loop over two categories: CIF allows it, mmCIF does not, and it cannot be written again."""
    for block in document:
        try:
            for name in block.get_mmcif_category_names():
                block.find_mmcif_category(name)
        except RuntimeError as error:
            raise content.bad(f"is not valid mmCIF: {str(error).rstrip('.')}", "Repair that loop.") from None


def _fault(message: str) -> str:
    """Return gemmi's ``string:line:column(offset): fault`` as a clause."""
    match = re.match(r"^\S*?:(\d+)(?::\d+\(\d+\))?(?: in \S+)?: (.*)$", message, re.DOTALL)
    if not match:
        return f"is not valid CIF ({message.splitlines()[0][:120]})"
    return f"is not valid CIF: {match[2].splitlines()[0][:120]}, line {match[1]}"


def block_text(block: TextBlock) -> str:
    """Return the block as CIF text."""
    text: str = block._block.as_string()
    return text
