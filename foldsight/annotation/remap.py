"""The same residues in another structure, whatever its numbers: by identity, never by bare number.

Ways are tried in this order, and the first that fits wins:

1. UniProt positions, where both sides know them and the letters agree;
2. an alignment of the chains' sequences (global, BLOSUM62, free ends), when the structure that
   the annotation was written on is at hand and at least 35 % of the aligned residues are equal;
3. sequence positions (``label_seq``), then author numbers, when the letters at both ends agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from foldsight.annotation.values import Annotation, Residued, Span, rows_of, spans_of
from foldsight.errors import BadRequest
from foldsight.residues import ResidueRef

#: Share of equal residues below which two chains are not taken for relatives: above it the fold, and so the
#: alignment, is near certain for chains of some 80 residues and more (Rost 1999, Protein Eng. 12:85).
LEAST_IDENTITY = 0.35


def remap(
    annotations: Iterable[Annotation], target: Residued, source: Residued | None = None
) -> tuple[list[Annotation], list[tuple[Annotation, str]]]:
    """Return annotations with their residues as ``target`` names them, and those that have none there.

    Parameters
    ----------
    annotations : iterable of Annotation
    target : Structure
    source : Structure, optional
        What they were written on; with it chains are matched by sequence.

    Returns
    -------
    moved : list of Annotation
        A range that is there only in part keeps that part.
    lost : list of (Annotation, str)
        With the reason, one sentence.
    """
    index = _Index(target, source)
    moved, lost = [], []
    for annotation in annotations:
        found = [span for old in annotation.ranges for span in index.find(old)]
        if found:
            moved.append(replace(annotation, ranges=tuple(found)))
        else:
            lost.append((annotation, f"None of {annotation.residues} is in the structure."))
    return moved, lost


class _Index:
    """Finds the rows of a structure that a span means."""

    def __init__(self, target: Residued, source: Residued | None) -> None:
        self._target, self._source = target, source
        self._letters = [str(letter) for letter in target.one_letters]
        self._by_uniprot: dict[tuple[str, int], int] = {}
        self._by_label: dict[tuple[str, int], int] = {}
        self._by_author: dict[tuple[str, int, str], int] = {}
        for row, ref in enumerate(target.refs):
            self._by_author.setdefault((ref.chain, ref.auth_seq, ref.ins_code), row)
            if ref.uniprot is not None:
                self._by_uniprot.setdefault((ref.chain, ref.uniprot), row)
            if ref.label_seq is not None:
                self._by_label.setdefault((ref.chain, ref.label_seq), row)
        self._aligned = _alignments(source, target) if source is not None else {}

    def find(self, span: Span) -> list[Span]:
        rows = self._uniprot(span) or self._alignment(span) or self._numbers(span)
        return spans_of(sorted(rows), self._target)

    def _uniprot(self, span: Span) -> list[int]:
        first, last = span.first.uniprot, span.last.uniprot
        if first is None or last is None:
            return []
        for chain in self._chains(span.first.chain):
            found = {n: self._by_uniprot.get((chain, n)) for n in range(first, last + 1)}
            ends = ((found[first], span.letters[0]), (found[last], span.letters[1]))
            rows = [row for row in found.values() if row is not None]
            if rows and all(row is None or self._letters[row] == letter for row, letter in ends):
                return rows
        return []

    def _alignment(self, span: Span) -> list[int]:
        if self._source is None:
            return []
        try:
            rows = rows_of(span, self._source)
        except BadRequest:
            return []
        return [self._aligned[row] for row in rows if row in self._aligned]

    def _numbers(self, span: Span) -> list[int]:
        for chain in self._chains(span.first.chain):
            for ends in self._numbered(span, chain):
                if tuple(self._letters[row] for row in ends) == span.letters and ends[0] <= ends[1]:
                    return list(range(ends[0], ends[1] + 1))
        return []

    def _numbered(self, span: Span, chain: str) -> Iterator[tuple[int, int]]:
        both = (span.first, span.last)
        labels = [self._by_label.get((chain, ref.label_seq)) if ref.label_seq else None for ref in both]
        authors = [self._by_author.get((chain, ref.auth_seq, ref.ins_code)) for ref in both]
        for first, last in (labels, authors):
            if first is not None and last is not None:
                yield first, last

    def _chains(self, wanted: str) -> list[str]:
        """The chain of the same name, then, where there is one chain only, that one."""
        chains = list(dict.fromkeys(ref.chain for ref in self._target.refs if ref.label_seq is not None))
        return [wanted] if wanted in chains else chains if len(chains) == 1 else []


def _alignments(source: Residued, target: Residued) -> dict[int, int]:
    """Return row of source -> row of target, each chain with the one that fits it best."""
    free = dict(_polymers(target))
    found: dict[int, int] = {}
    for chain, rows in _polymers(source):
        tried = [(name == chain, name, *_align(source, rows, target, other)) for name, other in free.items()]
        fitting = [entry for entry in tried if entry[2] >= LEAST_IDENTITY]
        if fitting:
            _, name, _, pairs = max(fitting, key=lambda entry: (entry[2], entry[0]))
            found.update(pairs)
            del free[name]
    return found


def _polymers(structure: Residued) -> list[tuple[str, list[int]]]:
    chains: dict[str, list[int]] = {}
    for row, ref in enumerate(structure.refs):
        if _in_polymer(ref):
            chains.setdefault(ref.chain, []).append(row)
    return list(chains.items())


def _in_polymer(ref: ResidueRef) -> bool:
    return ref.label_seq is not None


def _align(
    source: Residued, rows: list[int], target: Residued, others: list[int]
) -> tuple[float, dict[int, int]]:
    """Return the share of equal residues among the aligned, and the pairs of rows."""
    import parasail

    one = "".join(str(source.one_letters[row]) for row in rows)
    two = "".join(str(target.one_letters[row]) for row in others)
    if one == two:
        return 1.0, dict(zip(rows, others, strict=True))
    trace = parasail.sg_trace_striped_16(one, two, 11, 1, parasail.blosum62).traceback
    left, right, pairs, equal = iter(rows), iter(others), {}, 0
    for a, b in zip(trace.query, trace.ref, strict=True):
        row = next(left) if a != "-" else None
        other = next(right) if b != "-" else None
        if row is not None and other is not None:
            pairs[row] = other
            equal += a == b
    # A few residues that happen to match at loose ends are no alignment of a chain.
    enough = len(pairs) >= min(len(rows), len(others)) / 2
    return (equal / len(pairs) if pairs and enough else 0.0), pairs
