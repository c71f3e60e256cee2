"""The columns beside a ddG: what the change does to its place, and what to be wary of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from foldsight.analysis.rotamers import ATOMS
from foldsight.analysis.secondary_structure import secondary_structure, three_state
from foldsight.analysis.variants import packing
from foldsight.analysis.variants.energies import SiteEnergies
from foldsight.analysis.variants.resolve import Change
from foldsight.analysis.variants.scales import VOLUME
from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.analysis.variants.table import VariantRow
from foldsight.confidence import KIND_LABELS, Confidence
from foldsight.residues import ONE_TO_THREE
from foldsight.structure import Structure
from foldsight.typing import Bools, Doubles, Strings

#: Below this confidence (pLDDT or template support) a warning is given.
LOW_CONFIDENCE = 70.0
#: CA of a chain break nearer than this, Å: surroundings may be missing.
NEAR_GAP = 8.0
#: Burial (0-1) from which a site counts as buried.
BURIED = 0.75
#: Loss of volume, Å³, that leaves a cavity at a buried site.
CAVITY = 30.0
#: Atoms nearer than this, Å, touch.
TOUCH = 4.5


@dataclass(frozen=True, eq=False)
class _Place:
    """What the sentences about one site start from."""

    change: Change
    site: int
    phi: float
    state: str
    burial: float


class Explainer:
    """Fills the explanation columns for changes of one structure."""

    def __init__(self, structure: Structure, confidence: Confidence | None) -> None:
        self.structure = structure
        self.confidence = confidence
        self._sites: dict[int, tuple[list[str], list[str]]] = {}

    @cached_property
    def surround(self) -> packing.Surround:
        """The atoms of the structure, ready for searching."""
        return packing.Surround(self.structure)

    @cached_property
    def states(self) -> Strings:
        """Three-state secondary structure of every residue."""
        return three_state(secondary_structure(self.structure))

    @cached_property
    def ligand(self) -> Bools:
        """Which residues are neither protein nor water; shape (R,)."""
        kinds = np.array([chain.kind for chain in self.structure.chains])[self.structure.residues.chain]
        found: Bools = (kinds != "protein") & (kinds != "water")
        return found

    def fill(
        self,
        row: VariantRow,
        change: Change,
        energies: SiteEnergies,
        site: int,
        context: Bools,
        *,
        full: bool,
    ) -> VariantRow:
        """Return the row with its explanation columns.

        Parameters
        ----------
        row : VariantRow
        change : Change
        energies : SiteEnergies
        site : int
            Index into ``energies.rows``.
        context : ndarray, shape=(R,), dtype=bool
        full : bool
            Place the mutant's side chain too.
        """
        at = int(energies.rows[site])
        phi = float(energies.geo.torsions[at, 0])
        place = _Place(change, at, phi, str(self.states[change.row]), row.burial)
        flags = list(_type_flags(place))
        row = replace(row, secondary_structure=place.state)
        if full:
            row, more = self._packing(row, place, energies, context)
            flags += more
        if change.row not in self._sites:
            self._sites[change.row] = self._touching(change.row), self._warnings(change.row, energies, at)
        partners, warnings = self._sites[change.row]
        return replace(row, flags="; ".join(flags + partners), warnings="; ".join(warnings))

    def _packing(
        self, row: VariantRow, place: _Place, energies: SiteEnergies, context: Bools
    ) -> tuple[VariantRow, list[str]]:
        cb = energies.geo.atoms[place.site, 4] + energies.geo.origin
        around = self.surround.near(cb, place.change.row, context | self.ligand)
        wild = packing.wild_side(self.structure, place.change.row)
        before = place.change.row - 1 if energies.sites.joined[place.site] else -1
        letter = place.change.mutant
        backbone = energies.sites.backbone[place.site]
        if letter == place.change.wild:
            return replace(row, clash_overlap_a=0.0, contacts_lost=0), []
        mutant, overlap = packing.best_rotamer(letter, ONE_TO_THREE[letter], backbone, around, before)
        clash, partner = self._worst(mutant, overlap, around)
        row = replace(
            row,
            clash_overlap_a=clash,
            clash_with=partner,
            contacts_lost=packing.contacts(wild, around) - packing.contacts(mutant, around),
            hydrogen_bonds_lost=self._lost(
                packing.hydrogen_bonds(wild, around), packing.hydrogen_bonds(mutant, around)
            ),
            salt_bridges_lost=self._lost(
                packing.salt_bridges(wild, around), packing.salt_bridges(mutant, around)
            ),
        )
        flags = [f"clash of {clash:.1f} Å with {partner}"] if clash else []
        sulfur = packing.disulfide_partner(wild, around)
        if sulfur is not None:
            flags.append(f"disulfide to {self.surround.label(sulfur).split()[0]} lost")
        return row, flags

    def _worst(self, side: packing.Side, overlap: Doubles, around: packing.Neighbours) -> tuple[float, str]:
        if overlap.size == 0 or overlap.max() <= packing.CLASH:
            return 0.0, ""
        _, other = np.unravel_index(int(np.argmax(overlap)), overlap.shape)
        return round(float(overlap.max()), 2), self.surround.label(int(around.rows[other]))

    def _lost(self, wild: dict[int, str], mutant: dict[int, str]) -> str:
        gone = [f"{name}-{self.surround.label(row)}" for row, name in wild.items() if row not in mutant]
        return ", ".join(gone)

    def _touching(self, row: int) -> list[str]:
        """Name other chains and ligands that touch the residue, whatever the context."""
        table, residues = self.structure.atoms, self.structure.residues
        own = residues.chain[row]
        found = self.surround.tree.query_ball_point(table.coord[table.residue == row], TOUCH)
        rows = {int(table.residue[self.surround.rows[k]]) for each in found for k in each}
        protein = self.structure.protein_mask
        chains = {self.structure.refs[r].chain for r in rows if protein[r] and residues.chain[r] != own}
        ligands = {str(residues.name[r]) for r in rows if self.ligand[r] and r != row}
        words = [f"interface with chain {chain}" for chain in sorted(chains)]
        return words + [f"touches {name}" for name in sorted(ligands)]

    def _warnings(self, row: int, energies: SiteEnergies, at: int) -> list[str]:
        found = []
        given = self.confidence
        if given is not None and given.kind != "b_factor" and given.values[row] < LOW_CONFIDENCE:
            label = KIND_LABELS[given.kind]
            found.append(f"{label} {given.values[row]:.0f} is below {LOW_CONFIDENCE:.0f}")
        if self._near_gap(energies, at):
            found.append(f"within {NEAR_GAP:.0f} Å of a gap in the chain")
        missing = self._missing_atoms(row)
        if missing:
            found.append(f"the structure lacks {missing} side-chain atoms here")
        return found

    def _near_gap(self, energies: SiteEnergies, at: int) -> bool:
        sites = energies.sites
        chain = self.structure.residues.chain[sites.rows]
        breaks = np.flatnonzero(~sites.joined[1:] & (chain[1:] == chain[:-1])) + 1
        ends = np.concatenate([breaks - 1, breaks])
        apart = np.linalg.norm(sites.backbone[ends, 1] - sites.backbone[at, 1], axis=1)
        return bool((apart < NEAR_GAP).any())

    def _missing_atoms(self, row: int) -> int:
        wild = packing.wild_side(self.structure, row)
        letter = str(self.structure.one_letters[row])
        if ONE_TO_THREE.get(letter) != wild.residue:
            return 0  # a modified residue has other atoms
        return len(set(ATOMS[letter][4:]) - set(wild.names))


def _type_flags(place: _Place) -> list[str]:
    wild, mutant = place.change.wild, place.change.mutant
    if wild == mutant:
        return []
    found = []
    if mutant == "P":
        found.append("proline introduced" + {"H": " in a helix", "E": " in a strand"}.get(place.state, ""))
        if np.isfinite(place.phi) and not -100 < np.degrees(place.phi) < -35:
            found.append(f"phi {np.degrees(place.phi):.0f}° does not suit proline")
    if wild == "P":
        found.append("proline lost")
    if wild == "G" and place.phi > 0:
        found.append("glycine with positive phi lost")
    if mutant == "G" and place.state != "C":
        found.append("glycine introduced in a " + {"H": "helix", "E": "strand"}[place.state])
    if place.burial >= BURIED:
        found += _buried_flags(wild, mutant)
    return found


def _buried_flags(wild: str, mutant: str) -> list[str]:
    found = []
    if mutant in "DEKR" and wild not in "DEKR":
        found.append("charge buried")
    lost = VOLUME[AMINO_ACIDS.index(wild)] - VOLUME[AMINO_ACIDS.index(mutant)]
    if lost > CAVITY:
        found.append(f"cavity of about {lost:.0f} Å³")
    return found
