"""Threading: the aligned residues of a query take their place on the template."""

from __future__ import annotations

import numpy as np

from foldsight.engines.template.draft import LEFT_OUT, TEMPLATE, Draft, TemplateChain
from foldsight.library.align import Alignment

#: Slots of N, CA, C, O and CB, which do not depend on the kind of side chain.
_COMMON = 5


def thread(sequence: str, template: TemplateChain, alignment: Alignment) -> Draft:
    """Copy the backbone of aligned residues, and whole side chains where they are the same.

    Parameters
    ----------
    sequence : str
        The query chain.
    template : TemplateChain
    alignment : Alignment
        Query against the observed residues of the template.

    Returns
    -------
    Draft
        Unaligned residues are left out; substituted side chains end at CB.
    """
    draft = Draft.empty(sequence)
    query, place = alignment.query, alignment.template
    known = np.isfinite(template.coord[place, :3]).all(axis=(1, 2))
    query, place, same = query[known], place[known], alignment.identical[known]
    draft.coord[query, :_COMMON] = template.coord[place, :_COMMON]
    draft.coord[query[same]] = template.coord[place[same]]
    draft.origin[query] = TEMPLATE
    glycines = np.array([letter == "G" for letter in sequence], dtype=bool)
    draft.coord[glycines, _COMMON - 1 :] = np.nan
    return draft


def trim_ends(draft: Draft, *, longest: int = 3) -> None:
    """Leave out stray aligned residues at the ends, cut off from the rest by a gap.

    An alignment with free ends likes to place one or two residues beyond a gap; they
    tell nothing and cannot be joined.
    """
    runs = built_runs(draft)
    while len(runs) > 1 and runs[0][1] - runs[0][0] < longest:
        draft.leave_out(*runs.pop(0))
    while len(runs) > 1 and runs[-1][1] - runs[-1][0] < longest:
        draft.leave_out(*runs.pop())


def built_runs(draft: Draft) -> list[tuple[int, int]]:
    """Return first and last position of each stretch of built residues."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], draft.built.astype(np.int8), [0]])))
    return [(int(first), int(last) - 1) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def breaks(draft: Draft, *, longest_bond: float = 1.6) -> list[int]:
    """Return positions i where residues i and i + 1 are built and their peptide bond is not."""
    both = (draft.origin[:-1] != LEFT_OUT) & (draft.origin[1:] != LEFT_OUT)
    gap = np.linalg.norm(draft.coord[1:, 0] - draft.coord[:-1, 2], axis=-1)
    with np.errstate(invalid="ignore"):
        return [int(i) for i in np.flatnonzero(both & ~(gap < longest_bond))]
