"""Structural alignment (TM-align), safe in a notebook and a server.

======================  =============================================================
:mod:`.trace`           what of a structure is aligned
:mod:`.alphabet`        its 3Di letters
:mod:`.pool`            the killable worker processes
:mod:`.pairwise`        one pair, now or awaited
:mod:`.result`          what a pair gives
:mod:`.many`            many pairs at once
:mod:`.prefilter`       pairs that need no alignment
:mod:`.search`          one against many
:mod:`.matrix`          all against all
:mod:`.correspondence`  residues of all pairs of chains of two complexes
:mod:`.tm_score`        the best superposition of paired residues
:mod:`.complexes`       whole complexes, chains found
:mod:`.pictures`        matrix, tree and distances drawn
:mod:`.batch`           pairs from a list of files
======================  =============================================================
"""

from __future__ import annotations

from foldsight.analysis.alignment.complexes import ComplexAlignment, align_complexes
from foldsight.analysis.alignment.many import Refusal
from foldsight.analysis.alignment.matrix import AlignmentMatrix, align_all
from foldsight.analysis.alignment.pairwise import align, align_async
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.search import Match, Matches, align_many
from foldsight.analysis.alignment.trace import Trace

__all__ = [
    "Alignment",
    "AlignmentMatrix",
    "ComplexAlignment",
    "Match",
    "Matches",
    "Refusal",
    "Trace",
    "align",
    "align_all",
    "align_async",
    "align_complexes",
    "align_many",
]
