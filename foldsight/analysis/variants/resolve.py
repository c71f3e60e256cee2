"""Finding the residues that variants name, and saying what is there when they are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from foldsight.analysis.variants.parse import Mutation, Variant
from foldsight.errors import BadRequest
from foldsight.residues import ONE_TO_THREE
from foldsight.structure import Structure
from foldsight.typing import Ints

#: A shift of the numbering is looked for up to this many residues.
MAX_SHIFT = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One residue of the structure that changes.

    Attributes
    ----------
    row : int
        Index into the residue table.
    wild, mutant : str
        One-letter codes.
    notes : tuple of str
        What was decided on the way, one sentence each.
    """

    row: int
    wild: str
    mutant: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A variant with its residues, or the reason why it has none."""

    variant: Variant
    changes: tuple[Change, ...] = ()
    fault: BadRequest | None = None


def resolve_all(structure: Structure, variants: Sequence[Variant], chain: str | None = None) -> list[Found]:
    """Find the residues of each variant; a variant that cannot be found carries its fault.

    Parameters
    ----------
    structure : Structure
    variants : sequence of Variant
    chain : str, optional
        Author chain for variants that name none.
    """
    finder = _Finder(structure, chain, [m for variant in variants for m in variant.mutations])
    return [_resolve(finder, variant) for variant in variants]


def _resolve(finder: _Finder, variant: Variant) -> Found:
    try:
        return Found(variant, tuple(finder.find(mutation) for mutation in variant.mutations))
    except BadRequest as fault:
        return Found(variant, fault=fault)


class _Finder:
    """Looks residues up by number, and explains what it does not find."""

    def __init__(self, structure: Structure, chain: str | None, mutations: list[Mutation]) -> None:
        self.structure = structure
        self.mutations = mutations
        self.rows = np.flatnonzero(structure.protein_mask)
        refs = structure.refs
        self.auth: dict[tuple[str, int, str], int] = {}
        self.uniprot: dict[tuple[str, int], int] = {}
        for row in self.rows.tolist():
            ref = refs[row]
            # With microheterogeneity several rows share a number; the first one is kept.
            self.auth.setdefault((ref.chain, ref.auth_seq, ref.ins_code), row)
            if ref.uniprot is not None:
                self.uniprot.setdefault((ref.chain, ref.uniprot), row)
        self.chains = list(dict.fromkeys(refs[row].chain for row in self.rows.tolist()))
        self.default = chain
        if chain is not None:
            self._check_chain(chain)

    def _check_chain(self, chain: str) -> None:
        if chain not in self.chains:
            raise BadRequest(
                f"{self.structure.name} has no protein chain {chain!r}.",
                hint=f"Its protein chains are {', '.join(self.chains) or 'none'}.",
            )

    def letter(self, row: int) -> str:
        return str(self.structure.one_letters[row])

    def find(self, mutation: Mutation) -> Change:
        """Return the residue of one mutation.

        Raises
        ------
        BadRequest
            When there is no such residue, or it is of another type.
        """
        chain, notes = self._chain_of(mutation)
        row = self._row(mutation, chain)
        if mutation.reference:
            notes += (self._numbering_note(mutation),)
        if row is None:
            raise self._absent(mutation, chain)
        if self.letter(row) != mutation.wild:
            raise self._wrong_type(mutation, chain, row)
        component = str(self.structure.residues.name[row])
        if component != ONE_TO_THREE[mutation.wild]:
            notes += (f"{self._name(row)} is {component}, taken as {ONE_TO_THREE[mutation.wild]}.",)
        return Change(row, mutation.wild, mutation.mutant, notes)

    def _row(self, mutation: Mutation, chain: str) -> int | None:
        if mutation.reference and self.uniprot:
            return self.uniprot.get((chain, mutation.number))
        return self.auth.get((chain, mutation.number, mutation.ins_code))

    def _numbering_note(self, mutation: Mutation) -> str:
        if self.uniprot:
            return f"{mutation.reference} was taken as the UniProt numbering of the structure."
        return f"The structure has no UniProt numbers, so {mutation.number} was taken as author number."

    def _chain_of(self, mutation: Mutation) -> tuple[str, tuple[str, ...]]:
        named = mutation.chain or self.default
        if named is not None:
            self._check_chain(named)
            return named, ()
        if len(self.chains) == 1:
            return self.chains[0], ()
        fitting = [chain for chain in self.chains if self._fits(mutation, chain)]
        if not fitting:
            return self.chains[0], ()
        if len(fitting) > 1 and not self._same_sequence(fitting):
            raise BadRequest(
                f"{mutation} fits chains {', '.join(fitting)}.",
                hint=f"Say which, for example {fitting[0]}:{mutation}.",
                variant=str(mutation),
            )
        note = f"No chain was named: {fitting[0]} fits"
        others = f", and so do its copies {', '.join(fitting[1:])}" if len(fitting) > 1 else ""
        return fitting[0], (f"{note}{others}.",)

    def _fits(self, mutation: Mutation, chain: str) -> bool:
        row = self._row(mutation, chain)
        return row is not None and self.letter(row) == mutation.wild

    def _same_sequence(self, chains: list[str]) -> bool:
        """Copies share nine of ten residues that both show, by number."""
        first, *others = (self._letters(chain) for chain in chains)
        return all(
            sum(first.get(key) == letter for key, letter in other.items())
            >= 0.9 * min(len(first), len(other))
            for other in others
        )

    def _letters(self, chain: str) -> dict[tuple[int, str], str]:
        return {
            (auth, code): self.letter(row) for (name, auth, code), row in self.auth.items() if name == chain
        }

    def _absent(self, mutation: Mutation, chain: str) -> BadRequest:
        numbers = [
            self.structure.refs[r].auth_seq for r in self.rows if self.structure.refs[r].chain == chain
        ]
        first, last = min(numbers), max(numbers)
        inside = first <= mutation.number <= last
        reason = "it is not in the coordinates (a gap)" if inside else f"it runs from {first} to {last}"
        return BadRequest(
            f"Chain {chain} has no residue {mutation.number}{mutation.ins_code}: {reason}.",
            hint=self._advice(mutation, chain),
            variant=str(mutation),
            expected=mutation.wild,
        )

    def _wrong_type(self, mutation: Mutation, chain: str, row: int) -> BadRequest:
        there = str(self.structure.residues.name[row])
        return BadRequest(
            f"Residue {self._name(row)} is {there}, not {ONE_TO_THREE[mutation.wild]}.",
            hint=self._advice(mutation, chain),
            variant=str(mutation),
            expected=mutation.wild,
            found=self.letter(row),
        )

    def _advice(self, mutation: Mutation, chain: str) -> str:
        """Say where the wild type of the mutation is found instead."""
        wild = ONE_TO_THREE[mutation.wild]
        if not mutation.reference:
            row = self.uniprot.get((chain, mutation.number))
            if row is not None and self.letter(row) == mutation.wild:
                return f"{wild} {mutation.number} of UniProt is {self._name(row)}."
        other = [c for c in self.chains if c != chain and self._fits(mutation, c)]
        if other:
            return f"Chain {other[0]} has {wild} {mutation.number}."
        shift = self._shift(chain)
        if shift:
            return (
                f"All variants given fit when {shift:+d} is added to their numbers: "
                f"{mutation.wild}{mutation.number + shift}{mutation.mutant}."
            )
        near = self._nearest(mutation, chain)
        return f"The nearest {wild} are {', '.join(near)}." if near else f"Chain {chain} has no {wild}."

    def _shift(self, chain: str) -> int | None:
        """Find the smallest shift of numbers with which every mutation fits; needs two or more."""
        wanted = {(m.number, m.wild) for m in self.mutations if (m.chain or chain) == chain}
        if len(wanted) < 2:
            return None
        (number, wild), *rest = sorted(wanted)
        found = []
        for (name, auth, code), row in self.auth.items():
            shift = auth - number
            if name != chain or code or abs(shift) > MAX_SHIFT or self.letter(row) != wild:
                continue
            rows = [self.auth.get((chain, n + shift, "")) for n, _ in rest]
            if all(r is not None and self.letter(r) == w for r, (_, w) in zip(rows, rest, strict=True)):
                found.append(shift)
        return min(found, key=abs, default=None)

    def _nearest(self, mutation: Mutation, chain: str) -> list[str]:
        same = [
            (abs(auth - mutation.number), row)
            for (name, auth, _), row in self.auth.items()
            if name == chain and self.letter(row) == mutation.wild
        ]
        return [self._name(row) for _, row in sorted(same)[:3]]

    def _name(self, row: int) -> str:
        return str(self.structure.refs[row])


def rows_of(structure: Structure, selection: str, chain: str | None = None) -> Ints:
    """Return the protein residues that a selection names, as residue rows.

    Parameters
    ----------
    structure : Structure
    selection : str
        ``""`` is every protein residue (of ``chain`` when one is given).
    chain : str, optional
    """
    protein = structure.protein_mask
    if chain is not None:
        protein = protein & chain_mask(structure, [chain])
    rows = np.flatnonzero(protein).astype(np.int32)
    if not selection:
        return rows
    from foldsight.residues import resolve

    refs = [structure.refs[row] for row in rows]
    wanted = set(resolve(selection, refs))
    return np.array([row for row, ref in zip(rows, refs, strict=True) if ref in wanted], dtype=np.int32)


def chain_mask(structure: Structure, chains: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which residues belong to the named author chains; shape (R,)."""
    wanted = set(chains)
    missing = wanted - set(structure.auth_chains)
    if missing:
        raise BadRequest(
            f"{structure.name} has no chain {sorted(missing)[0]!r}.",
            hint=f"Its chains are {', '.join(structure.auth_chains)}.",
        )
    of_chain = np.array([chain.auth in wanted for chain in structure.chains], dtype=bool)
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = of_chain[structure.residues.chain]
    return found
