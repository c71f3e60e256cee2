"""Numbers in the fixed columns of a PDB file."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from foldsight.typing import Doubles

Bytes: TypeAlias = npt.NDArray[np.uint8]
_BLANK, _MINUS, _POINT = 32, 45, 46


def fixed_point(field: Bytes, decimals: int) -> Doubles | None:
    """Parse numbers whose point is where the format wants it; None where any is not.

    The result is the double that ``float`` gives: a whole number over a power of ten.
    """
    width = field.shape[1]
    point = width - decimals - 1 if decimals else width
    if decimals and not (field[:, point] == _POINT).all():
        return None
    digits = field[:, [i for i in range(width) if i != point]]
    values = digits - np.uint8(48)  # what is no digit wraps beyond 9
    minus = digits == _MINUS
    solid = (values < 10) | minus
    # Blanks, then at most one minus, then digits to the end, one of them before the point.
    fits = (
        (solid | (digits == _BLANK)).all()
        and (solid[:, 1:] >= solid[:, :-1]).all()
        and not (minus[:, 1:] & solid[:, :-1]).any()
        and (values[:, point - 1 :] < 10).all()
    )
    if not fits:
        return None
    values[values > 9] = 0
    powers = 10.0 ** np.arange(digits.shape[1] - 1, -1, -1)
    whole = values.astype(np.float64) @ powers
    result: Doubles = np.where(minus.any(axis=1), -whole, whole) / 10.0**decimals
    return result


def hybrid36(word: bytes, width: int = 4) -> int:
    """Return the number in a fixed field: decimal, else hybrid-36 (A000 = 10,000).

    >>> hybrid36(b" -12"), hybrid36(b"A000"), hybrid36(b"a000")
    (-12, 10000, 1223056)

    Raises
    ------
    ValueError
        When it is neither.
    """
    try:
        return int(word)
    except ValueError:
        head = word[:1]
        if len(word) != width or not head.isalpha() or not (word.isupper() or word.islower()):
            raise
        value = int(word, 36) - 10 * 36 ** (width - 1) + 10**width
        return int(value if head.isupper() else value + 26 * 36 ** (width - 1))
