"""Colour by any column: of the residue table, or of values given by residue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from foldsight.errors import BadRequest
from foldsight.residues import resolve
from foldsight.scene.coloring import Coloring, by_category, by_value
from foldsight.structure import Structure

#: A ramp needs numbers; more words than this are no legend.
MOST_WORDS = 40


def by_column(
    structure: Structure,
    column: Any,
    *,
    label: str | None = None,
    title: str | None = None,
    low: float | None = None,
    high: float | None = None,
    center: float | None = None,
) -> Coloring:
    """Colour residues by a column.

    Parameters
    ----------
    structure : Structure
    column : Series, mapping or sequence
        A series indexed like ``prediction.residues`` (rows may be missing), a series or mapping by
        residue (``"A:25"`` or :class:`~foldsight.residues.ResidueRef`), or one value per residue.
        Numbers make a scale, words and truth values make classes.
    label, title : str, optional
        Name in menus and title of the legend; the series' name by default.
    low, high : float, optional
        Ends of the scale.
    center : float, optional
        Middle of a scale of two hues. Zero when the values lie on both sides of it.

    Raises
    ------
    BadRequest
        When the values do not fit the structure's residues.
    """
    values = _values(structure, column)
    name = label or str(getattr(column, "name", None) or "value")
    if any(isinstance(v, str | bool | np.bool_) for v in values):
        return _words(values, name, title)
    numbers = _numbers(values)
    known = numbers[np.isfinite(numbers)]
    if not known.size:
        raise BadRequest(f"The column {name!r} has no value for any residue of {structure.name}.")
    two_sided = low is None and high is None and known.min() < 0 < known.max()
    middle = 0.0 if center is None and two_sided else center
    return by_value(numbers, id=name, label=name, title=title, low=low, high=high, center=middle)


def _values(structure: Structure, column: Any) -> list[Any]:
    """One value per residue of the structure, None where there is none."""
    count = len(structure.residues)
    if isinstance(column, Mapping):
        return _by_residue(structure, column)
    index = getattr(column, "index", None)
    if index is not None and hasattr(column, "to_numpy"):
        keys = list(index)
        if keys and not isinstance(keys[0], int | np.integer):
            return _by_residue(structure, dict(zip(keys, column.to_numpy(), strict=True)))
        return _by_row(count, keys, list(column.to_numpy()))
    if isinstance(column, str) or not isinstance(column, Sequence | np.ndarray):
        raise BadRequest(
            f"A {type(column).__name__} is no column.",
            hint='Give a series such as p.residues["sasa"], or a dict such as {"A:25": 1.2}.',
        )
    if len(column) != count:
        raise BadRequest(f"The column has {len(column)} values for {count} residues of {structure.name}.")
    return list(column)


def _by_row(count: int, rows: Sequence[int], values: Sequence[Any]) -> list[Any]:
    outside = [row for row in rows if not 0 <= row < count]
    if outside or len(set(rows)) != len(rows):
        raise BadRequest(
            f"The column's index does not name each of the {count} residues once.",
            hint="Index it like p.residues, or by residue, such as A:25.",
        )
    found: list[Any] = [None] * count
    for row, value in zip(rows, values, strict=True):
        found[int(row)] = value
    return found


def _by_residue(structure: Structure, column: Mapping[Any, Any]) -> list[Any]:
    refs = structure.refs
    place = {(ref.chain, ref.auth_seq, ref.ins_code): row for row, ref in enumerate(refs)}
    found: list[Any] = [None] * len(refs)
    for key, value in column.items():
        for ref in resolve(key, refs) if isinstance(key, str) else [key]:
            row = place.get((ref.chain, ref.auth_seq, ref.ins_code))
            if row is None:
                raise BadRequest(f"{structure.name} has no residue {ref}.")
            found[row] = value
    return found


def _numbers(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    try:
        return np.array([np.nan if _missing(v) else float(v) for v in values], dtype=np.float32)
    except (TypeError, ValueError):
        raise BadRequest("The column holds neither numbers nor words.") from None


def _missing(value: Any) -> bool:
    # pandas' own missing value is equal to nothing, itself included, and has no truth value.
    return value is None or type(value).__name__ == "NAType" or value != value


def _words(values: Sequence[Any], name: str, title: str | None) -> Coloring:
    words = [None if _missing(v) or v == "" else _word(v) for v in values]
    count = len(set(words))
    if count > MOST_WORDS:
        raise BadRequest(f"The column {name!r} has {count} different words; no legend can tell them apart.")
    return by_category(words, id=name, label=name, title=title)


def _word(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool | np.bool_) else str(value)
