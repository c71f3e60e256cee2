"""Files that a service sent, as values; what cannot be read is the service's fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from foldsight.errors import BadFile, SourceFailed
from foldsight.sources import cache
from foldsight.sources.cache import Answer
from foldsight.structure import Structure
from foldsight.typing import Floats


def structure_of(answer: Answer, service: str, name: str) -> Structure:
    """Return the structure in an answer.

    Raises
    ------
    SourceFailed
        When it holds none.
    """
    from foldsight.io import read

    with _blaming(service, answer):
        found: Any = read(answer.content, name=name)
        structure: Structure = getattr(found, "structure", found)
        return structure


def pae_of(answer: Answer, structure: Structure, service: str) -> Floats:
    """Return the PAE in an answer, one row and column per residue of the structure.

    Raises
    ------
    SourceFailed
        When it holds none, or one of another size.
    """
    from foldsight.io.pae import fit_pae, read_pae

    with _blaming(service, answer):
        return fit_pae(read_pae(answer.content, name=f"the PAE of {structure.name}"), structure)


@contextmanager
def _blaming(service: str, answer: Answer) -> Iterator[None]:
    try:
        yield
    except BadFile as fault:
        cache.forget(answer)
        raise SourceFailed(
            f"{service} sent a file that cannot be read: {fault.message}", hint="Try again later."
        ) from fault
