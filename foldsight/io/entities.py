"""Entities for a structure that has none: which chains share a sequence, which are ligands."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from foldsight.residues import ONE_TO_THREE, one_letter
from foldsight.structure import Chain, Structure
from foldsight.typing import Ints

_POLYMERS = {"protein": "polypeptide(L)", "nucleic": "polyribonucleotide", "other polymer": "other"}
_UNKNOWN = {"protein": "UNK", "nucleic": "N"}


@dataclass
class Entity:
    """One kind of molecule.

    Attributes
    ----------
    id : str
        From ``1``.
    kind : str
        As :attr:`Chain.kind`.
    components : list of str
        Component names; of each position, for polymers.
    chains : list of Chain
    letters : str
        One-letter sequence, for polymers.
    alternates : list of (int, str)
        Further components at a position (microheterogeneity).
    """

    id: str
    kind: str
    components: list[str]
    chains: list[Chain] = field(default_factory=list)
    letters: str = ""
    alternates: list[tuple[int, str]] = field(default_factory=list)

    @property
    def type(self) -> str:
        """``_entity.type``."""
        if self.kind in _POLYMERS:
            return "polymer"
        return "water" if self.kind == "water" else "non-polymer"

    @property
    def polymer_type(self) -> str:
        """``_entity_poly.type``."""
        if self.kind == "nucleic" and any(name.startswith("D") for name in self.components):
            return "polydeoxyribonucleotide"
        return _POLYMERS[self.kind]


def written_label_seq(structure: Structure) -> Ints:
    """Return ``label_seq`` with alternates at their position, -1 outside polymers; shape (R,)."""
    table = structure.residues
    found = table.label_seq.copy()
    polymer = np.array([chain.kind in _POLYMERS for chain in structure.chains], dtype=bool)
    for i in np.flatnonzero((found < 0) & polymer[table.chain]).tolist():
        for j in (i - 1, i + 1):
            if 0 <= j < len(found) and found[j] > 0 and _same_place(structure, i, j):
                found[i] = found[j]
                break
    return found


def _same_place(structure: Structure, i: int, j: int) -> bool:
    table = structure.residues
    return bool(
        table.chain[i] == table.chain[j]
        and table.auth_seq[i] == table.auth_seq[j]
        and table.ins_code[i] == table.ins_code[j]
    )


def entities_of(structure: Structure, label_seq: Ints) -> tuple[list[Entity], list[Entity]]:
    """Return the entities, and the entity of each chain.

    Parameters
    ----------
    structure : Structure
    label_seq : ndarray, shape=(R,), dtype=int32
        From :func:`written_label_seq`.
    """
    entities: list[Entity] = []
    of_chain: list[Entity] = []
    table = structure.residues
    order = np.argsort(table.chain, kind="stable")
    cuts = np.searchsorted(table.chain[order], np.arange(1, len(structure.chains)))
    for chain, members in zip(structure.chains, np.split(order, cuts), strict=True):
        names = table.name[members].tolist()
        draft = _draft(chain, names, label_seq[members].tolist())
        entity = next((other for other in entities if _merge(other, draft)), None)
        if entity is None:
            draft.id = str(len(entities) + 1)
            entities.append(draft)
            entity = draft
        entity.chains.append(chain)
        of_chain.append(entity)
    return entities, of_chain


def _draft(chain: Chain, names: list[str], positions: list[int]) -> Entity:
    if chain.kind not in _POLYMERS:
        return Entity("", chain.kind, sorted(set(names)) if chain.kind == "water" else names)
    last = max([len(chain.sequence), *positions])
    components = [""] * last
    alternates = []
    for name, position in zip(names, positions, strict=True):
        if position < 1:
            continue
        if components[position - 1]:
            alternates.append((position, name))
        else:
            components[position - 1] = name
    letters = "".join(
        one_letter(name) if name else _at(chain.sequence, i) for i, name in enumerate(components)
    )
    return Entity("", chain.kind, components, letters=letters, alternates=alternates)


def _at(sequence: str, i: int) -> str:
    return sequence[i] if i < len(sequence) else "X"


def _merge(entity: Entity, other: Entity) -> bool:
    """Take ``other`` for the same molecule where nothing contradicts it."""
    if entity.kind != other.kind:
        return False
    if entity.kind not in _POLYMERS:
        return entity.kind == "water" or entity.components == other.components
    if entity.letters != other.letters or len(entity.components) != len(other.components):
        return False
    pairs = list(zip(entity.components, other.components, strict=True))
    if any(a and b and a != b for a, b in pairs):
        return False
    entity.components = [a or b for a, b in pairs]
    entity.alternates = sorted({*entity.alternates, *other.alternates})
    return True


def full_components(entity: Entity) -> list[str]:
    """Return a component name for every position, by letter where none was observed."""
    default = _UNKNOWN.get(entity.kind, "UNK")
    return [
        name or (ONE_TO_THREE.get(letter, default) if entity.kind == "protein" else default)
        for name, letter in zip(entity.components, entity.letters, strict=True)
    ]
