"""The tracks of the sequence panel: colourings that are computed from the coordinates and the PAE."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foldsight.analysis.domains import domains_of
from foldsight.analysis.secondary_structure import secondary_structure, three_state
from foldsight.analysis.surface_area import residue_area
from foldsight.scene.coloring import Coloring, by_category, by_secondary, by_value
from foldsight.scene.scene import Scene, SceneStructure
from foldsight.structure import Structure

SASA, DOMAIN = "sasa", "domain"
_STATES = "HEC"


def with_tracks(scene: Scene) -> Scene:
    """Return the scene whose structures may also be coloured by area and PAE domains.

    Secondary structure is then DSSP's, the same in the picture and in tables.
    """
    return replace(scene, structures=tuple(_tracked(item) for item in scene.structures))


def _tracked(item: SceneStructure) -> SceneStructure:
    found = {coloring.id: coloring for coloring in item.colorings}
    found["secondary"] = _secondary(item.structure)
    found[SASA] = _area(item.structure)
    domains = _domains(item)
    if domains is not None:
        found[DOMAIN] = domains
    return replace(item, colorings=tuple(found.values()))


def _secondary(structure: Structure) -> Coloring:
    states = three_state(secondary_structure(structure))
    classes = np.array([_STATES.index(str(state)) for state in states], dtype=np.int32)
    classes[~structure.protein_mask] = -1
    return replace(by_secondary(), classes=classes)


def _area(structure: Structure) -> Coloring:
    area = np.where(structure.protein_mask, residue_area(structure), np.nan)
    return by_value(area, id=SASA, label="SASA", title="Area that water reaches, Å²", low=0.0)


def _domains(item: SceneStructure) -> Coloring | None:
    """Domains proposed from the PAE, numbered from 1 in each chain."""
    structure, pae = item.structure, item.pae
    if pae is None or len(pae) != len(structure.residues):
        return None
    words: list[str | None] = [None] * len(structure.residues)
    for chain in np.unique(structure.residues.chain[structure.protein_mask]):
        rows = np.flatnonzero((structure.residues.chain == chain) & structure.protein_mask)
        auth = structure.chains[int(chain)].auth
        for row, number in zip(rows, domains_of(pae[np.ix_(rows, rows)]), strict=True):
            words[row] = f"{auth} {number}" if number else None
    if not any(words):
        return None
    return by_category(words, id=DOMAIN, label="Domain", title="Domain (from PAE)")
