"""Which template each chain of a query is built on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from foldsight.engines.template.draft import TemplateChain, template_chain
from foldsight.engines.template.structural import align
from foldsight.errors import NoStructure
from foldsight.library import Hit, Library
from foldsight.structure import Structure

#: A template is offered from here on. Below 30 % identity half of the alignments drift.
MIN_IDENTITY, MIN_COVERAGE = 0.30, 0.60
#: Hits whose first, sequence-only alignment comes this near are aligned again to the structure.
_NEARLY = 0.8
#: Most hits aligned again for one chain.
_LOOKED_AT = 24


@dataclass(frozen=True, eq=False)
class Match:
    """A query chain on its template.

    Attributes
    ----------
    chain : int
        Position of the chain in the query, from 0.
    hit : Hit
    assembly : int
        Chains with the same number share one template entry, so that their relative
        placement is the template's.
    """

    chain: int
    hit: Hit
    assembly: int


class Shelf:
    """Template chains of a library, each loaded once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._structure = cache(library.structure)
        self._chain = cache(self._load)

    def chain(self, hit: Hit) -> TemplateChain:
        """Return the chain that a hit lies on."""
        return self._chain(hit.entry.id, hit.chain)

    def _load(self, entry: str, chain: str) -> TemplateChain:
        structure: Structure = self._structure(entry)
        return template_chain(structure, chain)

    def hits(self, sequence: str) -> list[Hit]:
        """Return hits of the library, the promising ones aligned to the structure."""
        found = sorted(self.library.search(sequence), key=_rank)
        near = [
            hit
            for hit in found
            if hit.identity >= _NEARLY * MIN_IDENTITY and hit.coverage >= _NEARLY * MIN_COVERAGE
        ]
        better = [replace(hit, alignment=align(sequence, self.chain(hit))) for hit in near[:_LOOKED_AT]]
        return better or found


def choose(shelf: Shelf, chains: tuple[str, ...]) -> list[Match]:
    """Give each chain a template, as many as possible on chains of one entry.

    Raises
    ------
    NoStructure
        When a chain has no template, with the best identity and coverage seen.
    """
    hits = {sequence: shelf.hits(sequence) for sequence in dict.fromkeys(chains)}
    offers = {
        i: usable(hits[sequence]) or _refuse(i, len(chains), hits[sequence])
        for i, sequence in enumerate(chains)
    }
    matches: list[Match] = []
    while len(matches) < len(chains):
        left = [i for i in offers if i not in {match.chain for match in matches}]
        assembly = len({match.assembly for match in matches})
        matches += [Match(i, hit, assembly) for i, hit in _best_entry(left, offers)]
    return sorted(matches, key=lambda match: match.chain)


def usable(hits: list[Hit]) -> list[Hit]:
    """Return the hits that pass both thresholds, most useful first."""
    passed = [hit for hit in hits if hit.identity >= MIN_IDENTITY and hit.coverage >= MIN_COVERAGE]
    return sorted(passed, key=_rank)


def _rank(hit: Hit) -> tuple[float, float, str, str]:
    """Sort key: identical residues, then resolution, then names (so that ties are decided)."""
    return (-_worth(hit), hit.entry.resolution or 9.9, hit.entry.id, hit.chain)


def _worth(hit: Hit) -> float:
    return round(hit.identity * hit.coverage, 3)


def _best_entry(left: list[int], offers: dict[int, list[Hit]]) -> list[tuple[int, Hit]]:
    """Return the assignment of the entry that takes most of the chains, best first on a tie."""
    entries = dict.fromkeys(hit.entry.id for i in left for hit in offers[i])
    plans = [_assign(entry, left, offers) for entry in entries]
    return min(plans, key=lambda plan: (-len(plan), -sum(_worth(hit) for _, hit in plan), _rank(plan[0][1])))


def _assign(entry: str, left: list[int], offers: dict[int, list[Hit]]) -> list[tuple[int, Hit]]:
    """Put query chains on chains of one entry, each used once, best pairs first."""
    pairs = [(i, hit) for i in left for hit in offers[i] if hit.entry.id == entry]
    pairs.sort(key=lambda pair: (-_worth(pair[1]), pair[0], pair[1].chain))
    plan: dict[int, Hit] = {}
    for i, hit in pairs:
        if i not in plan and hit.chain not in {taken.chain for taken in plan.values()}:
            plan[i] = hit
    return sorted(plan.items())


def _refuse(chain: int, total: int, hits: list[Hit]) -> list[Hit]:
    who = f"chain {chain + 1}" if total > 1 else "the sequence"
    hint = "Add a related structure: foldsight library add pdb:ID (or a file)."
    needed = f"{MIN_IDENTITY:.0%} identity over {MIN_COVERAGE:.0%} of the residues are needed"
    if not hits:
        raise NoStructure(f"No structure of the library resembles {who}; {needed}.", hint=hint)
    best = min(hits, key=_rank)
    raise NoStructure(
        f"The best template for {who}, {best}, has {best.identity:.0%} identity over "
        f"{best.coverage:.0%} of the residues; {needed}.",
        hint=hint,
        template=best.entry.id,
        identity=round(best.identity, 3),
        coverage=round(best.coverage, 3),
    )
