"""What a structural alignment gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.analysis.alignment.trace import Trace
from foldsight.structure import Structure
from foldsight.typing import Doubles, Ints

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Alignment:
    """A mobile chain superposed on a reference chain.

    Attributes
    ----------
    reference, mobile : Trace
    tm_by_reference, tm_by_mobile : float
        TM-score normalised by the length of the reference and of the mobile chain
        (Zhang & Skolnick 2004), 0-1.
    rmsd : float
        Å over the ``n_aligned`` pairs.
    rotation : ndarray, shape=(3, 3)
    translation : ndarray, shape=(3,)
        ``x' = rotation @ x + translation`` takes the mobile chain onto the reference.
    aligned_reference, aligned_mobile : str
        Sequences with ``-`` for gaps, of equal length.
    """

    reference: Trace
    mobile: Trace
    tm_by_reference: float
    tm_by_mobile: float
    rmsd: float
    rotation: Doubles
    translation: Doubles
    aligned_reference: str
    aligned_mobile: str

    @cached_property
    def pairs(self) -> Ints:
        """Positions in the two traces that are aligned; shape (n_aligned, 2)."""
        reference = np.array([letter != "-" for letter in self.aligned_reference])
        mobile = np.array([letter != "-" for letter in self.aligned_mobile])
        both = reference & mobile
        found: Ints = np.stack([np.cumsum(reference)[both] - 1, np.cumsum(mobile)[both] - 1], axis=1)
        return found

    @property
    def n_aligned(self) -> int:
        """Number of aligned pairs."""
        return len(self.pairs)

    @property
    def identity(self) -> float:
        """Share of aligned pairs with the same letter, 0-1."""
        same = sum(a == b != "-" for a, b in zip(self.aligned_reference, self.aligned_mobile, strict=True))
        return same / max(self.n_aligned, 1)

    @cached_property
    def distances(self) -> Doubles:
        """CA-CA distance of each pair after superposition, Å; shape (n_aligned,)."""
        moved = self.mobile.coord @ self.rotation.T + self.translation
        delta = moved[self.pairs[:, 1]] - self.reference.coord[self.pairs[:, 0]]
        found: Doubles = np.linalg.norm(delta, axis=1)
        return found

    def apply(self, structure: Structure) -> Structure:
        """Return ``structure`` moved as the mobile chain was."""
        coord = structure.atoms.coord @ self.rotation.T + self.translation
        return replace(structure, atoms=replace(structure.atoms, coord=coord), origin_block="")

    def table(self, reference: Structure, mobile: Structure) -> pd.DataFrame:
        """Return one row per aligned pair: both residues, both letters, the distance in Å."""
        import pandas as pd

        left = [reference.refs[i] for i in self.reference.rows[self.pairs[:, 0]]]
        right = [mobile.refs[i] for i in self.mobile.rows[self.pairs[:, 1]]]
        return pd.DataFrame(
            {
                "reference": [str(ref) for ref in left],
                "mobile": [str(ref) for ref in right],
                "reference_aa": [self.reference.sequence[i] for i in self.pairs[:, 0]],
                "mobile_aa": [self.mobile.sequence[i] for i in self.pairs[:, 1]],
                "distance": self.distances,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the alignment as JSON values."""
        return {
            "reference": self.reference.name,
            "mobile": self.mobile.name,
            "tm_by_reference": self.tm_by_reference,
            "tm_by_mobile": self.tm_by_mobile,
            "rmsd": self.rmsd,
            "n_aligned": self.n_aligned,
            "identity": self.identity,
            "rotation": self.rotation.tolist(),
            "translation": self.translation.tolist(),
            "aligned_reference": self.aligned_reference,
            "aligned_mobile": self.aligned_mobile,
        }

    def __repr__(self) -> str:
        return (
            f"{self.mobile.name} on {self.reference.name}: TM-score {self.tm_by_reference:.3f} by reference, "
            f"{self.tm_by_mobile:.3f} by mobile; RMSD {self.rmsd:.2f} Å over {self.n_aligned} residues"
        )
