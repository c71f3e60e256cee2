"""Between a CIF data block (gemmi) and BinaryCIF bytes (biotite's encoder)."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from foldsight.io.bcif import read_blocks
from foldsight.io.content import Content

if TYPE_CHECKING:
    from gemmi import cif

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,8})")
_DECIMAL = re.compile(r"-?\d+\.(\d{1,6})")
_NULLS = {".": 1, "?": 2}


def block_of_bytes(data: bytes) -> cif.Block:
    """Return the first data block of BinaryCIF as a gemmi block, every category kept.

    Raises
    ------
    BadFile
    """
    from gemmi import cif

    content = Content(data, "the BinaryCIF data")
    source = read_blocks(content)[0]
    block = cif.Block(source.name or "structure")
    try:
        for category, items in source.items().items():
            columns = [source.words(category, item) for item in items]
            loop = block.init_mmcif_loop(f"{category}.", items)
            loop.set_all_values(columns)
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        raise content.bad("is damaged", "Read the original file again.") from None
    return block


def bytes_of_block(block: cif.Block) -> bytes:
    """Return a gemmi block as BinaryCIF."""
    from biotite.structure.io import pdbx

    categories: dict[str, Any] = {}
    for prefix in block.get_mmcif_category_names():
        table = block.find_mmcif_category(prefix)
        columns = {
            tag.removeprefix(prefix): _column(list(table.column(i))) for i, tag in enumerate(table.tags)
        }
        categories[prefix.strip("_.")] = pdbx.BinaryCIFCategory(columns)
    file = pdbx.BinaryCIFFile({block.name: pdbx.BinaryCIFBlock(categories)})
    stream = io.BytesIO()
    pdbx.compress(file, rtol=1e-9, atol=5e-7).write(stream)
    return stream.getvalue()


def _column(words: list[str]) -> Any:
    from biotite.structure.io import pdbx

    mask = np.array([_NULLS.get(word, 0) for word in words], dtype=np.uint8)
    data = pdbx.BinaryCIFData(_typed(words, mask))
    return pdbx.BinaryCIFColumn(data, pdbx.BinaryCIFData(mask) if mask.any() else None)


def _typed(words: list[str], mask: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Return integers, decimals or text; a number is only what reads back as it was written."""
    from gemmi import cif

    known = [word for word, null in zip(words, mask.tolist(), strict=True) if not null]
    if known and all(map(_INTEGER.fullmatch, known)):
        return np.array(
            [0 if null else int(word) for word, null in zip(words, mask.tolist(), strict=True)], np.int32
        )
    if known and all(map(_DECIMAL.fullmatch, known)):
        return np.array(
            [0.0 if null else float(word) for word, null in zip(words, mask.tolist(), strict=True)]
        )
    return np.array(
        ["" if null else cif.as_string(word) for word, null in zip(words, mask.tolist(), strict=True)]
    )
