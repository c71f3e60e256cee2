"""The error matrix beside a structure file, by the naming of the tool that wrote both."""

from __future__ import annotations

import re
from pathlib import Path

#: Structure stem -> file beside it; the first that exists is taken.
_RULES: tuple[tuple[str, str], ...] = (
    (r"^(AF-.+-F\d+)-model_(v\d+)$", r"\1-predicted_aligned_error_\2.json"),  # AlphaFold DB
    (r"^(.+)_(?:un)?relaxed_(rank_.+)$", r"\1_scores_\2.json"),  # ColabFold
    (r"^(?:un)?relaxed_(model_.+)$", r"pae_\1.json"),  # AlphaFold 2
    (r"^(.+)_model_(\d+)$", r"\1_full_data_\2.json"),  # AlphaFold 3 server
    (r"^(.+)_model$", r"\1_confidences.json"),  # AlphaFold 3
    (r"^model$", r"confidences.json"),  # AlphaFold 3, seeds
    (r"^(.+)$", r"pae_\1.npz"),  # Boltz
    (r"^structure$", r"pae.npy"),  # a bundle of ours
)
#: Larger files are read only when asked for by name.
MAX_BYTES = 128 << 20


def pae_beside(path: Path) -> Path | None:
    """Return the file with the errors of a structure file, if its tool's naming finds one.

    Parameters
    ----------
    path : Path
        Of the structure.
    """
    stem = re.sub(r"\.(?:pdb|ent|cif|mmcif|bcif)(?:\.gz)?$", "", path.name, flags=re.IGNORECASE)
    for pattern, name in _RULES:
        if not re.match(pattern, stem):
            continue
        for suffix in ("", ".gz"):
            found = path.with_name(re.sub(pattern, name, stem) + suffix)
            if found.is_file() and found.stat().st_size <= MAX_BYTES:
                return found
    return None
