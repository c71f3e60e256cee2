"""What is written into a picture: labels of residues, and distances between two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from foldsight.errors import BadRequest
from foldsight.residues import ResidueRef

if TYPE_CHECKING:
    from foldsight.scene.scene import Scene

Kind: TypeAlias = Literal["label", "distance"]


@dataclass(frozen=True)
class Mark:
    """A label or a distance.

    Attributes
    ----------
    kind : {'label', 'distance'}
    residues : tuple of ResidueRef
        Those that a label stands at the middle of, or the two ends of a distance.
    text : str
    """

    kind: Kind
    residues: tuple[ResidueRef, ...]
    text: str


def ca_distance(scene: Scene, first: ResidueRef, second: ResidueRef) -> float:
    """Return the distance between two residues of a scene, CA to CA, in Å.

    Raises
    ------
    BadRequest
        When one has no CA.
    """
    ends = [_ca(scene, ref) for ref in (first, second)]
    return float(np.linalg.norm(ends[0] - ends[1]))


def _ca(scene: Scene, ref: ResidueRef) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    for item in scene.structures:
        for row, other in zip(item.rows, scene.refs(item), strict=True):
            if other == ref:
                atom = int(item.structure.ca_index[row])
                if atom < 0:
                    raise BadRequest(f"{ref} has no CA to measure from.")
                coord: np.ndarray[tuple[int], np.dtype[np.float64]] = item.structure.atoms.coord[atom]
                return coord.astype(np.float64)
    raise BadRequest(f"The view shows no residue {ref}.")
