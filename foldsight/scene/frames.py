"""Frames: several sets of coordinates of one structure, such as recycles, a trajectory or NMR models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from foldsight.errors import BadRequest
from foldsight.io.models import read_models
from foldsight.prediction import Prediction
from foldsight.structure import Structure
from foldsight.typing import Floats

#: More would take a page too long to read.
MOST_FRAMES, MOST_PLACES = 500, 4_000_000


def checked_frames(structure: Structure, frames: Floats | Sequence[Any] | str | Path) -> Floats:
    """Return frames as coordinates, shape=(F, N, 3) in Å.

    Parameters
    ----------
    structure : Structure
        Of N atoms.
    frames : array, shape=(F, N, 3), sequence, str or Path
        A sequence of arrays, shape=(N, 3), or of predictions and structures with the same atoms in
        the same order; a path of a file with several models.

    Raises
    ------
    BadRequest
        When a frame has other atoms, or a coordinate is no number.
    """
    if isinstance(frames, str | Path):
        frames = read_models(frames)
    given = [_coordinates(structure, frame, number) for number, frame in enumerate(frames, start=1)]
    if not 1 <= len(given) <= MOST_FRAMES or len(given) * len(structure.atoms) > MOST_PLACES:
        raise BadRequest(
            f"{len(given)} frames of {len(structure.atoms)} atoms cannot be shown.",
            hint=f"Give 1 to {MOST_FRAMES} frames, {MOST_PLACES:,} places in all: every tenth, for instance.",
        )
    return np.stack(given)


def _coordinates(structure: Structure, frame: Any, number: int) -> Floats:
    if isinstance(frame, Prediction):
        frame = frame.structure
    if isinstance(frame, Structure):
        same = len(frame.atoms) == len(structure.atoms) and bool(
            (frame.atoms.name == structure.atoms.name).all()
            and (
                frame.residues.name[frame.atoms.residue] == structure.residues.name[structure.atoms.residue]
            ).all()
        )
        if not same:
            raise BadRequest(
                f"Frame {number} has other atoms than {structure.name}.", hint="Frames are of one molecule."
            )
        frame = frame.atoms.coord
    try:
        found = np.asarray(frame, dtype=np.float32)
    except (TypeError, ValueError):
        raise BadRequest(
            f"Frame {number} holds no coordinates.", hint="Give an array of shape (atoms, 3)."
        ) from None
    if found.shape != (len(structure.atoms), 3) or not np.isfinite(found).all():
        raise BadRequest(
            f"Frame {number} is of shape {found.shape}, or holds what is no number.",
            hint=f"Give finite coordinates of shape ({len(structure.atoms)}, 3).",
        )
    return found
