"""Structure files as items of a search or a matrix; what cannot be read becomes a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from foldsight.analysis.alignment.batch import Reader, trace_of
from foldsight.analysis.alignment.many import Refusal
from foldsight.analysis.alignment.trace import Trace


def items(paths: Iterable[Path], read: Reader) -> Iterator[Trace | Refusal]:
    """Yield the first protein chain of each file, under the file's name."""
    for path in paths:
        yield replace(trace_of(path, read), name=path.name)
