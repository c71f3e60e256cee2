"""The steps of the template engine in their order."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from foldsight.confidence import Confidence
from foldsight.engines.base import Context, FoldRequest
from foldsight.engines.template import VERSION
from foldsight.engines.template.assemble import assemble, chain_name, spread
from foldsight.engines.template.choose import Match, Shelf, choose
from foldsight.engines.template.draft import LOOP, TEMPLATE, Draft, TemplateChain
from foldsight.engines.template.loops import build_loops, rebuild, straighten
from foldsight.engines.template.sidechains import contacts, inherited_chi1, place_side_chains
from foldsight.engines.template.support import estimate
from foldsight.engines.template.thread import leave_out_end, thread, trim_ends
from foldsight.library import Library
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest, SourceUse
from foldsight.typing import Doubles

#: Side-chain atoms nearer than this to another residue, Å, are worth another backbone.
CROWDED = 2.0


def build(request: FoldRequest, library: Library, context: Context) -> Prediction:
    """Build a homology structure of all chains of a query.

    Raises
    ------
    NoStructure
    """
    started = time.perf_counter()
    context.report(0.05, "Searching the structure library")
    shelf = Shelf(library)
    matches = choose(shelf, request.query.chains)
    pieces: list[_Piece] = []
    for match in matches:
        context.report(0.1 + 0.2 * match.chain / len(matches), f"Threading on {match.hit}")
        pieces.append(_thread(request.query.chains[match.chain], shelf, match))
    for number in sorted({match.assembly for match in matches}):
        _complete([piece for piece in pieces if piece.match.assembly == number], context)
    drafts = [piece.draft for piece in pieces]
    support = [estimate(piece.draft, piece.match.hit.alignment, piece.template.sequence) for piece in pieces]
    spread(drafts, [match.assembly for match in matches])
    structure = assemble(request.query.name, drafts, support)
    values = np.concatenate([s[d.built] for s, d in zip(support, drafts, strict=True)])
    seconds = {"fold": round(time.perf_counter() - started, 3)}
    return Prediction(structure, Confidence("template_support", values), _manifest(request, pieces, seconds))


@dataclass(eq=False)
class _Piece:
    """One chain on its way."""

    match: Match
    template: TemplateChain
    draft: Draft
    loops: int = 0
    rebuilt: int = 0

    @cached_property
    def kept(self) -> set[int]:
        """Residues that are the same in query and template."""
        alignment = self.match.hit.alignment
        return set(alignment.query[alignment.identical].tolist())


def _thread(sequence: str, shelf: Shelf, match: Match) -> _Piece:
    template = shelf.chain(match.hit)
    draft = thread(sequence, template, match.hit.alignment)
    trim_ends(draft)
    return _Piece(match, template, draft)


def _complete(pieces: list[_Piece], context: Context) -> None:
    """Close gaps, then place side chains, with all chains of an assembly in sight."""
    for piece in pieces:
        context.report(0.3, f"Closing gaps on {piece.match.hit}")
        piece.loops = build_loops(piece.draft, _others(piece, pieces))
        piece.rebuilt = straighten(piece.draft, piece.kept, _others(piece, pieces))
    context.report(0.5, "Placing side chains")
    _place(pieces)
    for piece, i in _crowded(pieces):
        if rebuild(piece.draft, i, _others(piece, pieces)):
            piece.rebuilt += 1
    _place(pieces)
    for piece, i in _crowded(pieces):
        leave_out_end(piece.draft, i)


def _place(pieces: list[_Piece]) -> None:
    coord = np.concatenate([piece.draft.coord for piece in pieces])
    sequence = "".join(piece.draft.sequence for piece in pieces)
    place_side_chains(sequence, coord, np.concatenate([_favoured(piece) for piece in pieces]))
    edges = np.cumsum([len(piece.draft.sequence) for piece in pieces])[:-1]
    for piece, part in zip(pieces, np.split(coord, edges), strict=True):
        piece.draft.coord = part


def _crowded(pieces: list[_Piece]) -> list[tuple[_Piece, int]]:
    """Return residues whose side chain is other than the template's and still runs into something."""
    coord = np.concatenate([piece.draft.coord for piece in pieces])
    sequence = "".join(piece.draft.sequence for piece in pieces)
    found = set(np.concatenate(contacts(sequence, coord, CROWDED)).tolist())
    places = [(piece, i) for piece in pieces for i in range(len(piece.draft.sequence))]
    return [(piece, i) for k, (piece, i) in enumerate(places) if k in found and i not in piece.kept]


def _others(piece: _Piece, pieces: list[_Piece]) -> Doubles:
    atoms = [other.draft.coord.reshape(-1, 3) for other in pieces if other is not piece]
    joined: Doubles = np.concatenate([np.empty((0, 3)), *atoms])
    present: Doubles = joined[np.isfinite(joined[:, 0])]
    return present


def _favoured(piece: _Piece) -> Doubles:
    """Return the template's chi1 for each residue of the query that lies on one."""
    found = np.full(len(piece.draft.sequence), np.nan)
    alignment, template = piece.match.hit.alignment, piece.template
    for i, j in zip(alignment.query, alignment.template, strict=True):
        if piece.draft.origin[i] == TEMPLATE:
            found[i] = inherited_chi1(piece.draft.sequence[i], template.sequence[j], template.coord[j])
    return found


def _manifest(request: FoldRequest, pieces: list[_Piece], seconds: dict[str, float]) -> FoldManifest:
    matches = [piece.match for piece in pieces]
    return FoldManifest(
        engine="template",
        engine_version=VERSION,
        origin="homology",
        sequence_key=request.query.key,
        name=request.query.name,
        settings=dict(request.settings),
        sources=_sources(matches),
        seconds=seconds,
        network=request.network,
        warnings=_warnings(pieces),
        facts=_facts(pieces),
    )


def _facts(pieces: list[_Piece]) -> dict[str, Any]:
    chains = [_chain_facts(piece) for piece in pieces]
    alignments = [piece.match.hit.alignment for piece in pieces]
    aligned = sum(len(alignment.query) for alignment in alignments)
    identical = sum(int(alignment.identical.sum()) for alignment in alignments)
    length = sum(alignment.query_length for alignment in alignments)
    return {
        "template": ", ".join(dict.fromkeys(chain["template"] for chain in chains)),
        "chain": ", ".join(chain["chain"] for chain in chains),
        "title": "; ".join(dict.fromkeys(chain["title"] for chain in chains)),
        "identity": round(identical / aligned, 3),
        "coverage": round(aligned / length, 3),
        "loops_built": sum(chain["loops_built"] for chain in chains),
        "residues_left_out": sum(chain["residues_left_out"] for chain in chains),
        "chains": chains,
    }


def _chain_facts(piece: _Piece) -> dict[str, Any]:
    hit = piece.match.hit
    return {
        "query_chain": chain_name(piece.match.chain),
        "template": hit.entry.id,
        "chain": hit.chain,
        "title": hit.entry.title,
        "identity": round(hit.identity, 3),
        "coverage": round(hit.coverage, 3),
        "loops_built": piece.loops,
        "residues_rebuilt": piece.rebuilt,
        "residues_in_loops": int((piece.draft.origin == LOOP).sum()),
        "residues_left_out": int((~piece.draft.built).sum()),
        "left_out": left_out_ranges(piece.draft),
    }


def left_out_ranges(draft: Draft) -> str:
    """Return the residues that are not built, such as ``1-3, 77-80``; empty when all are."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (~draft.built).astype(np.int8), [0]])))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return ", ".join(f"{a + 1}" if b == a + 1 else f"{a + 1}-{b}" for a, b in pairs)


def _sources(matches: list[Match]) -> tuple[SourceUse, ...]:
    entries = {match.hit.entry.id: match.hit.entry for match in matches}
    return tuple(
        SourceUse(
            "structure library", entry.id, date=entry.added, licence=entry.licence, citation=entry.source
        )
        for entry in entries.values()
    )


def _warnings(pieces: list[_Piece]) -> tuple[str, ...]:
    matches = [piece.match for piece in pieces]
    found = [match.hit.entry.note for match in matches if match.hit.entry.note]
    if len({match.assembly for match in matches}) > 1:
        found.append(
            "No template holds all chains together: chains on different templates are placed side by side, "
            "and how they lie to each other means nothing."
        )
    for piece in pieces:
        ranges = left_out_ranges(piece.draft)
        if ranges:
            found.append(
                f"Chain {chain_name(piece.match.chain)}: residues {ranges} have no template and are left out."
            )
    crowded = [f"{chain_name(piece.match.chain)}:{i + 1}" for piece, i in _crowded(pieces)]
    if crowded:
        found.append(f"Side chains within {CROWDED:g} Å of another residue: {', '.join(crowded)}.")
    return tuple(dict.fromkeys(found))
