"""Threading: the aligned residues of a query take their place on the template."""

from __future__ import annotations

import numpy as np

from foldsight.analysis.rotamers import kind
from foldsight.analysis.vectors import place
from foldsight.engines.template.closure import carbonyls
from foldsight.engines.template.draft import LEFT_OUT, TEMPLATE, Draft, TemplateChain
from foldsight.library.align import Alignment
from foldsight.typing import Ints

#: Slots of N, CA, C and O; CB comes next.
_BACKBONE = 4
#: Bond, angle and torsion from N of an oxygen that nothing follows (Å, radians; a helix's psi).
_LAST_OXYGEN = tuple(np.array([1.231, np.radians(120.1), np.radians(135.0)]))


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
        Unaligned residues are left out; substituted side chains end at CB, built anew.
    """
    draft = Draft.empty(sequence)
    query, place = alignment.query, alignment.template
    known = np.isfinite(template.coord[place, :3]).all(axis=(1, 2))
    query, place, same = query[known], place[known], alignment.identical[known]
    draft.coord[query, :_BACKBONE] = template.coord[place, :_BACKBONE]
    draft.coord[query[same]] = template.coord[place[same]]
    draft.origin[query] = TEMPLATE
    add_cb(draft, query[~same])
    _add_oxygens(draft)
    return draft


def add_cb(draft: Draft, rows: Ints) -> None:
    """Place the CB of residues from their backbone, as an L amino acid has it."""
    for i in rows:
        if draft.sequence[i] != "G":
            n, ca, c = draft.coord[i, :3]
            length, bend, turn = kind(draft.sequence[i]).geometry[0]
            draft.coord[i, _BACKBONE] = place(n, c, ca, length, bend, turn)


def _add_oxygens(draft: Draft) -> None:
    """Place carbonyl oxygens that the template lacks, opposite the next nitrogen where there is one."""
    for i in np.flatnonzero(draft.built & np.isnan(draft.coord[:, 3, 0])):
        n, ca, c = draft.coord[i, :3]
        follows = i + 1 < len(draft.sequence) and draft.built[i + 1]
        if follows:
            draft.coord[i, 3] = carbonyls(draft.coord[None, i : i + 2, :3])[0, 0]
        else:
            draft.coord[i, 3] = place(n, ca, c, *_LAST_OXYGEN)


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


def leave_out_end(draft: Draft, i: int, *, longest: int = 5) -> None:
    """Leave out residue ``i`` and those beyond it when it is near an end of the chain."""
    places = np.flatnonzero(draft.built)
    if not draft.built[i]:
        return
    if i - places[0] < longest:
        draft.leave_out(int(places[0]), i)
    elif places[-1] - i < longest:
        draft.leave_out(i, int(places[-1]))


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
