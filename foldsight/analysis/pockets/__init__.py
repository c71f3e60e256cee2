"""Pockets: where a small molecule may bind, from a protein's atoms alone.

``walls`` which atoms count; ``surface`` points around them; ``features`` what surrounds
each point; ``scorer`` the trained networks as plain arrays; ``clusters`` points to sites;
``ranking`` what a site looks like; ``lining`` the atoms around it, and copies of it;
``volume`` and ``druggability`` its measures; ``detect`` the whole way; ``result`` what
comes out; ``batch`` many files; ``fpocket`` the same result from an installed fpocket.
"""

from __future__ import annotations

from foldsight.analysis.pockets.batch import scan_files
from foldsight.analysis.pockets.detect import find_pockets
from foldsight.analysis.pockets.fpocket import run_fpocket
from foldsight.analysis.pockets.result import Pocket, Pockets

__all__ = ["Pocket", "Pockets", "find_pockets", "run_fpocket", "scan_files"]
