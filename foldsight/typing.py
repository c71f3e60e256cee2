"""Names of the array types used in signatures; shapes are given in docstrings."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
#: int32 in stored columns; what numpy gives (int64) in passing.
Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Bools: TypeAlias = NDArray[np.bool_]
Strings: TypeAlias = NDArray[np.str_]
Json: TypeAlias = dict[str, Any]

#: What a confidence column is; DESIGN's vocabulary, used in files and JSON.
ConfidenceKind: TypeAlias = Literal["plddt", "template_support", "b_factor"]

#: What may leave the machine: nothing, the MD5 of a sequence, or the sequence.
Network: TypeAlias = Literal["off", "hash", "sequence"]
