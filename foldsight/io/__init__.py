"""Files in and out: structures, confidence, sequences.

``reading`` and ``writing`` are the two doors (``read``, ``write``), ``facts`` says what a
file holds. Behind them: ``content`` (bytes, gzip, what a file is), ``pdb_reader`` and
``pdb_writer``, ``cif_reader`` over ``cif_text`` and ``bcif``, ``assemble`` (atom rows to a
structure), ``modelcif`` and ``bcif_writer``, ``quality`` (confidence in a structure file),
``pae`` and ``beside`` (error matrices), ``bundle`` (a prediction as a set of files),
``models`` (every model of a file), ``fasta``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foldsight.io.reading import read as read
    from foldsight.io.writing import write as write

_HOMES = {"read": "foldsight.io.reading", "write": "foldsight.io.writing"}

__all__ = ["read", "write"]


def __getattr__(name: str) -> Any:
    # Lazy, so that reading FASTA does not load numpy.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'foldsight.io' has no attribute {name!r}")
