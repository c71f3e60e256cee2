"""The structure library: experimental structures that serve as templates.

========================  ==========================================================
:mod:`.store`             one entry as bytes, and back
:mod:`.align`             structure-aware pairwise alignment of two sequences
:mod:`.search`            which chains of the library resemble a sequence
:mod:`.catalog`           :class:`Library`: open, add, list, search, remove, digest
:mod:`.build_starter`     the script that made ``starter/``
========================  ==========================================================
"""

from __future__ import annotations

from foldsight.library.catalog import Library
from foldsight.library.search import Hit
from foldsight.library.store import ChainRecord, Entry

__all__ = ["ChainRecord", "Entry", "Hit", "Library"]
