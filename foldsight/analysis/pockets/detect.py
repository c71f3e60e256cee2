"""Find and describe the pockets of a structure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from foldsight.analysis.pockets.chemistry import CLASSES, HYDROPHOBIC, POLAR, RADII
from foldsight.analysis.pockets.clusters import Site, find_sites, merge_split
from foldsight.analysis.pockets.druggability import druggability
from foldsight.analysis.pockets.features import Surface
from foldsight.analysis.pockets.lining import body, copies, lining, residue_names, share
from foldsight.analysis.pockets.ranking import describe_sites
from foldsight.analysis.pockets.result import Pocket, Pockets
from foldsight.analysis.pockets.scorer import Scorers, scorers, sigmoid
from foldsight.analysis.pockets.symmetry import agreed
from foldsight.analysis.pockets.volume import AROUND, PROBE, swept_volume
from foldsight.analysis.pockets.walls import Walls
from foldsight.confidence import Confidence
from foldsight.prediction import Prediction
from foldsight.structure import Structure
from foldsight.typing import Bools, Floats, Ints

METHOD = "foldsight pockets 4"
#: Residues of lower confidence are not walls: their place is unknown.
WALL_CONFIDENCE = 50.0
#: Atoms so far, Å, from the points can still stand in the way of the probe.
IN_THE_WAY = AROUND + PROBE + max(RADII.values())

_IS_HYDROPHOBIC = np.isin(CLASSES, HYDROPHOBIC)
_IS_POLAR = np.isin(CLASSES, POLAR)


def find_pockets(structure: Structure | Prediction) -> Pockets:
    """Find the pockets of a protein, the likeliest binding site first.

    Hydrogens, waters, ligands and B-factors play no part. Residues of a prediction with
    confidence below 50 are left out; pockets lined by low confidence are marked.

    Parameters
    ----------
    structure : Structure or Prediction

    Raises
    ------
    BadRequest
        For CA-only input, no protein, or fewer than 20 residues.
    """
    confidence = None
    if isinstance(structure, Prediction):
        confidence = structure.confidence if structure.confidence.kind != "b_factor" else None
        structure = structure.structure
    unsure = _unsure(confidence)
    walls = Walls.of(structure, unsure)
    search = Search.of(Surface.of(walls), scorers(), residue_names(structure))
    pockets = tuple(search.pocket(i, structure, confidence) for i in range(len(search.sites)))
    kind = confidence.kind if confidence else None
    left_out = int((unsure & structure.protein_mask).sum()) if unsure is not None else 0
    return Pockets(structure.name, pockets, METHOD, kind, left_out)


def _unsure(confidence: Confidence | None) -> Bools | None:
    if confidence is None:
        return None
    unsure: Bools = np.nan_to_num(confidence.values, nan=100.0) < WALL_CONFIDENCE
    return unsure


@dataclass(frozen=True, eq=False)
class Search:
    """Sites of a surface in their final order, before they are described.

    Attributes
    ----------
    surface : Surface
    probability : ndarray, shape=(P,)
        Of each surface point.
    sites : list of Site
    score, drug_score : ndarray, shape=(len(sites),)
        Calibrated probabilities.
    """

    surface: Surface
    probability: Floats
    sites: list[Site]
    score: Floats
    drug_score: Floats

    @classmethod
    def of(cls, surface: Surface, trained: Scorers, names: Ints) -> Search:
        """Score points, group them into sites, rank these.

        ``names`` are those of :func:`~foldsight.analysis.pockets.lining.residue_names`.
        """
        points = surface.points
        logit = trained.point.logit(surface.features, surface.around)
        probability = sigmoid(agreed(logit, points, surface.walls, names))
        sites = find_sites(points, probability)
        if not sites:
            nothing = np.empty(0, dtype=np.float32)
            return cls(surface, probability, [], nothing, nothing)
        table = describe_sites(sites, points, surface.features, probability)
        linings = [lining(points[body(site, points, probability)], surface.tree) for site in sites]
        same = copies([np.unique(surface.walls.residue[atoms]) for atoms in linings], names)
        score, drug_score = (
            sigmoid(share(scorer.logit(table), same)) for scorer in (trained.site, trained.drug)
        )
        kept = merge_split(sites, score)
        rows = [row for row, _ in kept]
        return cls(surface, probability, [site for _, site in kept], score[rows], drug_score[rows])

    def pocket(self, i: int, structure: Structure, confidence: Confidence | None) -> Pocket:
        """Describe the i-th site."""
        site, walls = self.sites[i], self.surface.walls
        rows = body(site, self.surface.points, self.probability)
        atoms = lining(self.surface.points[rows], self.surface.tree)
        residues = np.unique(walls.residue[atoms])
        hydrophobicity, polarity = shares_of(walls, atoms)
        shares = {
            "volume": self._volume(rows, atoms),
            "hydrophobicity": hydrophobicity,
            "polarity": polarity,
            "enclosure": float(self.surface.enclosure[rows].mean()),
        }
        x, y, z = walls.to_file_frame(site.centre).tolist()
        return Pocket(
            rank=i + 1,
            score=float(self.score[i]),
            centre=(x, y, z),
            residues=tuple(structure.refs[int(row)] for row in residues),
            druggability=druggability(**shares),
            drug_score=float(self.drug_score[i]),
            confidence=_mean(confidence, residues),
            points=walls.to_file_frame(self.surface.points[rows]),
            **shares,
        )

    def _volume(self, rows: Ints, atoms: Ints) -> float:
        walls, points = self.surface.walls, self.surface.points[rows]
        low, high = points.min(axis=0) - IN_THE_WAY, points.max(axis=0) + IN_THE_WAY
        near = np.flatnonzero(((walls.coord > low) & (walls.coord < high)).all(axis=1))
        apart, _ = cKDTree(points).query(walls.coord[near], distance_upper_bound=IN_THE_WAY)
        near = near[np.isfinite(apart)]
        return swept_volume(points, walls.coord[atoms], walls.coord[near], walls.radius[near])


def shares_of(walls: Walls, atoms: Ints) -> tuple[float, float]:
    """Return the share of atoms that are hydrophobic, and of those that are polar."""
    kind = walls.kind[atoms]
    return float(_IS_HYDROPHOBIC[kind].mean()), float(_IS_POLAR[kind].mean())


def _mean(confidence: Confidence | None, residues: Ints) -> float | None:
    if confidence is None:
        return None
    known = confidence.values[residues]
    known = known[np.isfinite(known)]
    return float(known.mean()) if known.size else None
