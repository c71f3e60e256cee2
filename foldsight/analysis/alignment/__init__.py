"""Structural alignment (TM-align), safe in a notebook and a server.

``trace`` what of a structure is aligned; ``result`` what comes out; ``pool`` the killable
worker processes; ``pairwise`` one pair, one against many, all against all.
"""

from __future__ import annotations

from foldsight.analysis.alignment.pairwise import align, align_all, align_many
from foldsight.analysis.alignment.result import Alignment
from foldsight.analysis.alignment.trace import Trace

__all__ = ["Alignment", "Trace", "align", "align_all", "align_many"]
