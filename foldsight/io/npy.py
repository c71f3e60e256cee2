"""NumPy's own file format, bounded and never unpickled."""

from __future__ import annotations

import io
import tokenize
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from foldsight.errors import BadFile

#: Most tokens of an error matrix.
MAX_TOKENS = 20_000
_MAX_BYTES = 8 * MAX_TOKENS * MAX_TOKENS


def read_npy(data: bytes, where: str) -> npt.NDArray[Any]:
    """Return the numeric array in the bytes of a ``.npy`` file.

    Raises
    ------
    BadFile
        When it is no such file, is cut, or holds objects (a pickle).
    """
    try:
        stream = io.BytesIO(data)
        major, _ = np.lib.format.read_magic(stream)
        read_header = (
            np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read_header(stream)
        if dtype.hasobject or dtype.kind not in "fiu":
            raise BadFile(f"{where} holds {dtype} and not numbers.", hint="Objects are never unpickled.")
        # The header may promise more than the file has; what is there is what may be allocated.
        if int(np.prod(shape, dtype=np.float64)) * dtype.itemsize > len(data) - stream.tell():
            raise BadFile(f"{where} is a NumPy file that ends too early.", hint="Copy it again.")
        stream.seek(0)
        array: npt.NDArray[Any] = np.load(stream, allow_pickle=False)
    except (ValueError, EOFError, OverflowError, SyntaxError, TypeError, MemoryError, tokenize.TokenError):
        raise BadFile(f"{where} is not a NumPy array file.", hint="Give a .npy of numbers.") from None
    return array


def read_npz(data: bytes, where: str) -> dict[str, npt.NDArray[Any]]:
    """Return the numeric arrays in the bytes of a ``.npz`` file, by name.

    Raises
    ------
    BadFile
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MAX_BYTES:
                raise BadFile(f"{where} unpacks to more than {_MAX_BYTES >> 30} GB.")
            return {
                item.filename.removesuffix(".npy"): read_npy(
                    archive.read(item), f"{item.filename} in {where}"
                )
                for item in archive.infolist()
                if item.filename.endswith(".npy")
            }
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, RuntimeError, NotImplementedError, EOFError):
        raise BadFile(f"{where} is a damaged ZIP archive.", hint="Copy it again.") from None
