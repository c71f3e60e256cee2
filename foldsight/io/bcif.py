"""BinaryCIF, decoded within bounds (Sehnal et al. 2020, doi:10.1371/journal.pcbi.1008247).

The encodings are undone here, column by column and only when asked for. What a column may
swell to is fixed by the row count of its category, so a forged file cannot fill the memory.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from foldsight.errors import BadFile
from foldsight.io.content import Content
from foldsight.typing import Doubles, Strings

#: Most rows of a category.
MAX_ROWS = 50_000_000
_TYPES = {1: "<i1", 2: "<i2", 3: "<i4", 4: "<u1", 5: "<u2", 6: "<u4", 32: "<f4", 33: "<f8"}
Array = npt.NDArray[Any]


class BinaryBlock:
    """One data block of a BinaryCIF file; see :class:`foldsight.io.cif_header.Block`."""

    def __init__(self, content: Content, block: dict[str, Any]) -> None:
        self._content = content
        self.name = str(block.get("header", ""))
        self._categories: dict[str, dict[str, Any]] = {
            str(category["name"]).lower(): category for category in block["categories"]
        }

    def has(self, category: str) -> bool:
        """Whether the category has any item."""
        return category in self._categories

    def texts(self, category: str, item: str) -> Strings | None:
        """Return a column as text, nulls as ``""``; None where there is no such item."""
        found = self._column(category, item)
        if found is None:
            return None
        values, missing = found
        text: Strings = values if values.dtype.kind == "U" else values.astype(np.str_)
        return np.where(missing, "", text) if missing is not None else text

    def floats(self, category: str, item: str) -> Doubles | None:
        """Return a column as numbers, nulls as NaN; None where there is no such item."""
        found = self._column(category, item)
        if found is None:
            return None
        values, missing = found
        if values.dtype.kind == "U":
            try:
                return np.array([float(v) if v not in ("", ".", "?") else np.nan for v in values.tolist()])
            except ValueError:
                raise damaged(self._content) from None
        numbers = values.astype(np.float64)
        if missing is not None:
            numbers[missing] = np.nan
        return numbers

    def items(self) -> dict[str, list[str]]:
        """Return the items of each category, in the file's order."""
        return {
            name: [str(column["name"]) for column in table["columns"]]
            for name, table in self._categories.items()
            if table["columns"] and table["rowCount"]
        }

    def words(self, category: str, item: str) -> list[str]:
        """Return a column as CIF words, quoted where they must be."""
        from gemmi import cif

        found = self._column(category, item)
        if found is None:
            return []
        values, missing = found
        if values.dtype.kind == "f":
            words = [_decimal(value) for value in values.tolist()]
        else:
            words = [cif.quote(str(value)) for value in values.tolist()]
        if missing is not None:
            words = ["?" if null else word for word, null in zip(words, missing.tolist(), strict=True)]
        return words

    def _column(self, category: str, item: str) -> tuple[Array, npt.NDArray[np.bool_] | None] | None:
        """Return values, and where they are null; None where there is no such item.

        Raises
        ------
        BadFile
            When the column does not follow the format.
        """
        table = self._categories.get(category)
        try:
            column = next((c for c in table["columns"] if c["name"] == item), None) if table else None
            if column is None or table is None:
                return None
            with np.errstate(all="raise"):
                return _values(column, int(table["rowCount"]))
        except _FAULTS:
            raise damaged(self._content) from None


#: What forged or cut data can raise below.
_FAULTS = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)


def damaged(content: Content) -> BadFile:
    """Return the refusal of a file that does not follow the format."""
    return content.bad("is cut or damaged BinaryCIF", "Copy or download it again.")


def _values(column: dict[str, Any], rows: int) -> tuple[Array, npt.NDArray[np.bool_] | None]:
    if not 0 <= rows <= MAX_ROWS:
        raise ValueError(f"a category of {rows} rows")
    values = decode(column["data"], rows)
    if len(values) != rows or values.ndim != 1:
        raise ValueError(f"{len(values)} values for {rows} rows")
    mask = column.get("mask")
    if mask is None:
        return values, None
    missing = decode(mask, rows) != 0
    if len(missing) != rows:
        raise ValueError(f"{len(missing)} marks for {rows} rows")
    return values, missing


def _decimal(value: float) -> str:
    # Binary fractions of decimals: six places are more than any category gives.
    return f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) >= 1e-4 or value == 0 else f"{value:.9g}"


def read_blocks(content: Content) -> list[BinaryBlock]:
    """Return the data blocks of a BinaryCIF file.

    Raises
    ------
    BadFile
    """
    import msgspec

    try:
        document = msgspec.msgpack.decode(content.data)
        return [BinaryBlock(content, block) for block in document["dataBlocks"]]
    except (msgspec.DecodeError, *_FAULTS):
        raise damaged(content) from None


def decode(data: dict[str, Any], rows: int) -> Array:
    """Undo the encodings of one array of at most ``rows`` values.

    Raises
    ------
    ValueError, KeyError, TypeError
        When the data do not follow the format.
    """
    values: Any = data["data"]
    for step in reversed(data["encoding"]):
        values = _undo(values, step, rows)
    if not isinstance(values, np.ndarray):
        raise ValueError("an array without encoding")
    return values


def _undo(values: Any, step: dict[str, Any], rows: int) -> Array:
    kind = step["kind"]
    if kind == "ByteArray":
        return np.frombuffer(values, dtype=_TYPES[step["type"]])
    if kind == "StringArray":
        return _strings(values, step, rows)
    if not isinstance(values, np.ndarray):
        raise ValueError("an array without bytes")
    if kind == "RunLength":
        return _runs(values, step, rows)
    if kind == "IntegerPacking":
        return _unpack(values, step)
    return _undo_numbers(values, step)


def _undo_numbers(values: Array, step: dict[str, Any]) -> Array:
    kind, dtype = step["kind"], np.dtype(_TYPES[step["srcType"]])
    result: Array
    if kind == "FixedPoint":
        result = values.astype(dtype) / step["factor"]
    elif kind == "IntervalQuantization":
        low, high, steps = float(step["min"]), float(step["max"]), int(step["numSteps"])
        if not steps > 1:
            raise ValueError("an interval without steps")
        result = low + values.astype(dtype) * (high - low) / (steps - 1)
    elif kind == "Delta":
        result = np.cumsum(values, dtype=dtype) + np.array(step["origin"], dtype)
    else:
        raise ValueError(f"an unknown encoding {kind!r}")
    return result


def _runs(values: Array, step: dict[str, Any], rows: int) -> Array:
    pairs = values.reshape(-1, 2).astype(np.int64)
    counts = pairs[:, 1]
    # String offsets count one more than rows.
    if (counts < 0).any() or counts.sum() > rows + 1:
        raise ValueError("more values than rows")
    return np.repeat(pairs[:, 0], counts).astype(_TYPES[step["srcType"]])


def _unpack(values: Array, step: dict[str, Any]) -> Array:
    """Sum runs that touch the limit of the small type with the value that ends them."""
    size = {1: 8, 2: 16}[step["byteCount"]]
    top = (1 << size) - 1 if step["isUnsigned"] else (1 << (size - 1)) - 1
    wide = values.astype(np.int32)
    more = wide == top
    if not step["isUnsigned"]:
        more |= wide == -top - 1
    if not more.any():
        return wide
    ends = np.flatnonzero(~more)
    total = np.cumsum(wide, dtype=np.int64)[ends]
    return np.diff(total, prepend=0).astype(np.int32)


def _strings(values: Any, step: dict[str, Any], rows: int) -> Array:
    text: str = step["stringData"]
    offsets = decode({"data": step["offsets"], "encoding": step["offsetEncoding"]}, MAX_ROWS).tolist()
    words = [text[a:b] for a, b in pairwise(offsets)]
    index = decode({"data": values, "encoding": step["dataEncoding"]}, rows)
    if len(index) > rows or (len(index) and not -1 <= index.min() <= index.max() < len(words)):
        raise ValueError("a string that is not there")
    # -1 stands for null: the empty string put at the end.
    table: Array = np.array([*words, ""], dtype=np.str_)
    if table.dtype.itemsize * len(index) > (2 << 30):
        raise ValueError("strings too long")
    return table[index]
