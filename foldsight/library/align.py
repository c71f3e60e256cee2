"""Pairwise alignment of a query to a template chain: global, affine gaps, free ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.typing import Ints

#: BLOSUM62 with the gap costs that go with it.
GAP_OPEN, GAP_EXTEND = 11, 1


@dataclass(frozen=True, eq=False)
class Alignment:
    """Which query residue lies on which template residue.

    Attributes
    ----------
    query, template : ndarray, shape=(n,), dtype=int32
        Aligned positions from 0, both rising.
    identical : ndarray, shape=(n,), dtype=bool
    query_length : int
    """

    query: Ints
    template: Ints
    identical: np.ndarray[tuple[int], np.dtype[np.bool_]]
    query_length: int

    @property
    def identity(self) -> float:
        """Identical over aligned residues, 0-1."""
        return float(self.identical.mean()) if len(self.identical) else 0.0

    @property
    def coverage(self) -> float:
        """Aligned over all query residues, 0-1."""
        return len(self.query) / self.query_length


def align(query: str, template: str) -> Alignment:
    """Align two sequences end to end; overhanging ends cost nothing.

    Parameters
    ----------
    query, template : str
        One-letter sequences; ``X`` is allowed in the template.
    """
    import parasail

    found = parasail.sg_trace_striped_sat(query, template, GAP_OPEN, GAP_EXTEND, parasail.blosum62)
    above, below = found.traceback.query, found.traceback.ref
    return from_rows(above, below)


def from_rows(above: str, below: str) -> Alignment:
    """Read an alignment written as two rows with ``-`` for gaps."""
    upper = np.frombuffer(above.encode("ascii"), dtype=np.uint8)
    lower = np.frombuffer(below.encode("ascii"), dtype=np.uint8)
    in_query, in_template = upper != ord("-"), lower != ord("-")
    both = in_query & in_template
    return Alignment(
        query=(np.cumsum(in_query) - 1)[both].astype(np.int32),
        template=(np.cumsum(in_template) - 1)[both].astype(np.int32),
        identical=(upper == lower)[both],
        query_length=int(in_query.sum()),
    )
