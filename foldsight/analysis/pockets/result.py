"""What a pocket search gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from foldsight.confidence import KIND_LABELS
from foldsight.residues import ResidueRef
from foldsight.typing import ConfidenceKind, Doubles

if TYPE_CHECKING:
    import pandas as pd

#: Mean confidence of the lining below which a pocket is marked, as below pLDDT 70.
LOW_CONFIDENCE = 70.0


@dataclass(frozen=True, eq=False)
class Pocket:
    """One place where a small molecule may bind.

    Attributes
    ----------
    rank : int
        From 1, by ``score``.
    score : float
        Calibrated probability that a ligand binds here, 0-1.
    centre : tuple of float
        Å, in the frame of the structure.
    residues : tuple of ResidueRef
        The residues that line it, in file order.
    volume : float
        Å3, of the space a 1.4 Å probe sweeps inside the hull of the lining atoms.
    druggability : float
        0.4 volume + 0.3 hydrophobicity + 0.2 enclosure + 0.1 polarity, each 0-1; see
        :func:`~foldsight.analysis.pockets.druggability.druggability`.
    drug_score : float
        Trained probability that a drug-like molecule binds here rather than nothing, 0-1.
    hydrophobicity, polarity : float
        Share of the lining atoms that are hydrophobic (C and S of side chains) and polar
        (N and O), 0-1.
    enclosure : float
        Mean share of directions that are blocked within 10 Å, 0-1.
    confidence : float or None
        Mean confidence of the lining residues, 0-100; None where there is none.
    points : ndarray, shape=(M, 3)
        Where a probe touches the pocket's wall, Å: what the viewer draws.
    """

    rank: int
    score: float
    centre: tuple[float, float, float]
    residues: tuple[ResidueRef, ...]
    volume: float
    druggability: float
    drug_score: float
    hydrophobicity: float
    polarity: float
    enclosure: float
    confidence: float | None
    points: Doubles

    @property
    def low_confidence(self) -> bool:
        """Whether the lining is so uncertain that the pocket may not be there."""
        return self.confidence is not None and self.confidence < LOW_CONFIDENCE

    @property
    def chains(self) -> tuple[str, ...]:
        """Chains that line it."""
        return tuple(dict.fromkeys(ref.chain for ref in self.residues))

    def to_dict(self) -> dict[str, Any]:
        """Return the pocket as JSON values, without its points."""
        return {
            "rank": self.rank,
            "score": round(self.score, 4),
            "center": [round(x, 3) for x in self.centre],
            "residues": [str(ref) for ref in self.residues],
            "volume": round(self.volume, 1),
            "druggability": round(self.druggability, 4),
            "drug_score": round(self.drug_score, 4),
            "hydrophobicity": round(self.hydrophobicity, 4),
            "polarity": round(self.polarity, 4),
            "enclosure": round(self.enclosure, 4),
            "confidence": None if self.confidence is None else round(self.confidence, 2),
            "low_confidence": self.low_confidence,
        }

    def __str__(self) -> str:
        mark = ", low confidence" if self.low_confidence else ""
        return (
            f"pocket {self.rank}: score {self.score:.2f}, {self.volume:.0f} Å3, "
            f"druggability {self.druggability:.2f}, {len(self.residues)} residues{mark}"
        )


@dataclass(frozen=True, eq=False)
class Pockets(Sequence[Pocket]):
    """Pockets of a structure, the likeliest first.

    Attributes
    ----------
    name : str
        Of the structure.
    pockets : tuple of Pocket
    method : str
        What found them.
    confidence_kind : {'plddt', 'template_support'} or None
        What each pocket's ``confidence`` is.
    left_out : int
        Residues of very low confidence that were not taken as walls.
    """

    name: str
    pockets: tuple[Pocket, ...]
    method: str
    confidence_kind: ConfidenceKind | None = None
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.pockets)

    @overload
    def __getitem__(self, index: int) -> Pocket: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Pocket]: ...

    def __getitem__(self, index: int | slice) -> Pocket | Sequence[Pocket]:
        return self.pockets[index]

    def __iter__(self) -> Iterator[Pocket]:
        return iter(self.pockets)

    @property
    def table(self) -> pd.DataFrame:
        """One row per pocket; volume in Å3, centre in Å."""
        import pandas as pd

        rows = [pocket.to_dict() for pocket in self]
        for row, pocket in zip(rows, self, strict=True):
            row["residues"] = " ".join(row["residues"])
            row["n_residues"] = len(pocket.residues)
            row["x"], row["y"], row["z"] = row.pop("center")
        columns = [
            "rank", "score", "druggability", "drug_score", "volume", "hydrophobicity", "polarity",
            "enclosure", "n_residues", "confidence", "low_confidence", "x", "y", "z", "residues",
        ]  # fmt: skip
        found = pd.DataFrame(rows, columns=columns)
        return found if self.confidence_kind else found.drop(columns=["confidence", "low_confidence"])

    def to_dict(self) -> dict[str, Any]:
        """Return the pockets as JSON values."""
        return {
            "name": self.name,
            "method": self.method,
            "confidence_kind": self.confidence_kind,
            "left_out": self.left_out,
            "pockets": [pocket.to_dict() for pocket in self],
        }

    def __str__(self) -> str:
        lines = [f"{self.name}: {len(self)} pockets ({self.method})", *map(str, self.pockets[:5])]
        if self.left_out:
            label = KIND_LABELS[self.confidence_kind] if self.confidence_kind else "confidence"
            lines.append(f"{self.left_out} residues of {label} below 50 were not taken as walls")
        return "\n  ".join(lines)

    def __repr__(self) -> str:
        return f"<Pockets of {self.name}: {len(self)}>"

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False, float_format="{:.2f}".format))
