"""Which chains of the library resemble a sequence.

phmmer (HMMER 3 through pyhmmer) looks through all chains; the best of them are then
aligned end to end, because its own alignments are local and stop at the first doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from foldsight.library.align import Alignment, align
from foldsight.library.store import Entry

#: Chains less alike than this, by E-value, are chance.
E_VALUE = 1e-3


@dataclass(frozen=True, eq=False)
class Hit:
    """A chain of the library that resembles the query.

    Attributes
    ----------
    entry : Entry
    chain : str
        Author chain id.
    bits : float
        phmmer score.
    e_value : float
    alignment : Alignment
        Query against the observed residues of the chain.
    """

    entry: Entry
    chain: str
    bits: float
    e_value: float
    alignment: Alignment

    @property
    def identity(self) -> float:
        """Identical over aligned residues, 0-1."""
        return self.alignment.identity

    @property
    def coverage(self) -> float:
        """Aligned over all query residues, 0-1."""
        return self.alignment.coverage

    def __str__(self) -> str:
        return f"{self.entry.id} chain {self.chain}"


def digitise(sequences: Iterable[str]) -> Any:
    """Return sequences as the block that :func:`scan` takes; names are their positions."""
    from pyhmmer import easel

    alphabet = easel.Alphabet.amino()
    block = easel.DigitalSequenceBlock(alphabet)
    for i, sequence in enumerate(sequences):
        block.append(easel.TextSequence(name=str(i).encode(), sequence=sequence).digitize(alphabet))
    return block


def scan(query: str, block: Any, *, limit: int = 50) -> list[tuple[int, float, float]]:
    """Return ``(position, bits, E-value)`` of the sequences that resemble the query.

    Parameters
    ----------
    query : str
    block : pyhmmer.easel.DigitalSequenceBlock
        From :func:`digitise`.
    limit : int, optional
        Most hits returned, best first; ties in the order of the block.
    """
    import pyhmmer

    if not len(block):
        return []
    alphabet = pyhmmer.easel.Alphabet.amino()
    digital = pyhmmer.easel.TextSequence(name=b"query", sequence=query).digitize(alphabet)
    queries: Any = [digital]  # pyhmmer's stubs have no covariant sequences
    hits = next(iter(pyhmmer.phmmer(queries, block, cpus=1, E=E_VALUE)))
    found = [(int(hit.name), float(hit.score), float(hit.evalue)) for hit in hits if hit.reported]
    return sorted(found, key=lambda item: (-item[1], item[0]))[:limit]


def search(query: str, chains: Sequence[tuple[Entry, str, str]], block: Any, *, limit: int) -> list[Hit]:
    """Scan and align.

    Parameters
    ----------
    chains : sequence of (Entry, str, str)
        Entry, author chain id and sequence, in the order of ``block``.
    """
    found = []
    for position, bits, e_value in scan(query, block, limit=limit):
        entry, chain, sequence = chains[position]
        found.append(Hit(entry, chain, bits, e_value, align(query, sequence)))
    return found
