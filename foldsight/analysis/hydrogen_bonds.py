"""Backbone hydrogen bonds by electrostatic energy (Kabsch & Sander 1983, equation 1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.analysis.backbone import Backbone
from foldsight.typing import Doubles, Ints

#: 0.084 e² x 332 kcal Å / mol / e²: partial charges of C=O and N-H.
COUPLING = 27.888
#: A hydrogen bond has at most this energy, kcal/mol.
CUTOFF = -0.5
#: Energies are not let below this: atoms that overlap.
FLOOR = -9.9
#: CA atoms farther apart, Å, are never bonded.
REACH = 9.0


@dataclass(frozen=True, eq=False)
class BackboneBonds:
    """N-H···O=C bonds: at most the two best of each donor.

    Attributes
    ----------
    donor, acceptor : ndarray, shape=(K,), dtype=int32
        Index into the :class:`~foldsight.analysis.backbone.Backbone`.
    energy : ndarray, shape=(K,), dtype=float64
        kcal/mol, at most -0.5.
    """

    donor: Ints
    acceptor: Ints
    energy: Doubles


def backbone_bonds(backbone: Backbone) -> BackboneBonds:
    """Find the hydrogen bonds between backbone amides and carbonyls."""
    from scipy.spatial import cKDTree

    if len(backbone) < 2:
        empty = np.zeros(0, dtype=np.int32)
        return BackboneBonds(empty, empty, np.zeros(0))
    pairs = cKDTree(backbone.ca).query_pairs(REACH, output_type="ndarray")
    donor = np.concatenate([pairs[:, 0], pairs[:, 1]])
    acceptor = np.concatenate([pairs[:, 1], pairs[:, 0]])
    # A residue is no acceptor for the amide that its own carbonyl is bonded to.
    apart = (donor - acceptor != 1) | ~backbone.joined[donor]
    donor, acceptor = donor[apart], acceptor[apart]
    energy = _energy(backbone, donor, acceptor)
    bonded = np.flatnonzero(energy < CUTOFF)
    keep = bonded[_two_best(donor[bonded], energy[bonded])]
    return BackboneBonds(donor[keep].astype(np.int32), acceptor[keep].astype(np.int32), energy[keep])


def _energy(backbone: Backbone, donor: Ints, acceptor: Ints) -> Doubles:
    hydrogen = backbone.amide_hydrogens()[donor]
    nitrogen, carbon, oxygen = backbone.n[donor], backbone.c[acceptor], backbone.o[acceptor]
    ho, hc, nc, no = (
        np.linalg.norm(a - b, axis=1)
        for a, b in ((hydrogen, oxygen), (hydrogen, carbon), (nitrogen, carbon), (nitrogen, oxygen))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        # Rounded as Kabsch & Sander do, which decides bonds that sit on the cutoff.
        energy = np.round(COUPLING * (1 / no + 1 / hc - 1 / ho - 1 / nc), 3)
    overlapping = np.minimum.reduce([ho, hc, nc, no]) < 0.5
    found: Doubles = np.where(overlapping, FLOOR, np.maximum(energy, FLOOR))
    return np.where(np.isnan(energy), 0.0, found)


def _two_best(donor: Ints, energy: Doubles) -> Ints:
    """Return positions of the two lowest energies of each donor."""
    order = np.lexsort((energy, donor))
    ranked = donor[order]
    third = np.zeros(len(order), dtype=bool)
    third[2:] = ranked[2:] == ranked[:-2]
    found: Ints = order[~third]
    return found
