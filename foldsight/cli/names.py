"""Safe file names from the headers of FASTA files, which may hold anything."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 80
#: Names that Windows keeps for devices.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def safe_stem(name: str) -> str:
    """Return a name of letters, digits, ``-`` and ``_`` that is safe on every file system.

    >>> safe_stem("../../etc/passwd"), safe_stem("β-lactamase (TEM-1)"), safe_stem("nul")
    ('etc_passwd', 'lactamase_TEM-1', '_nul')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")[:_LONGEST].strip("_-")
    if not stem:
        return "record"
    return f"_{stem}" if stem.lower() in _DEVICES else stem


def safe_stems(names: Iterable[str]) -> list[str]:
    """Return one stem per name, all different even where case does not count.

    >>> safe_stems(["a/b", "a b", "A_B", "a_b-2"])
    ['a_b', 'a_b-2', 'A_B-3', 'a_b-2-2']
    """
    taken: set[str] = set()
    stems: list[str] = []
    for name in names:
        stem, number = safe_stem(name), 2
        chosen = stem
        while chosen.lower() in taken:
            chosen, number = f"{stem}-{number}", number + 1
        taken.add(chosen.lower())
        stems.append(chosen)
    return stems
