"""The steps of the template engine in their order."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from foldsight.confidence import Confidence
from foldsight.engines.base import Context, FoldRequest
from foldsight.engines.template.assemble import assemble, chain_name, spread
from foldsight.engines.template.choose import Match, choose
from foldsight.engines.template.draft import Draft, TemplateChain, template_chain
from foldsight.engines.template.support import estimate
from foldsight.engines.template.thread import breaks, thread, trim_ends
from foldsight.library import Library
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest, SourceUse


def build(request: FoldRequest, library: Library, context: Context) -> Prediction:
    """Build a homology structure of all chains of a query.

    Raises
    ------
    NoStructure
    """
    started = time.perf_counter()
    context.report(0.05, "Searching the structure library")
    matches = choose(library, request.query.chains)
    drafts, support = [], []
    for match in matches:
        context.report(0.1 + 0.8 * match.chain / len(matches), f"Building on {match.hit}")
        template = template_chain(library.structure(match.hit.entry.id), match.hit.chain)
        draft = _one_chain(request.query.chains[match.chain], template, match)
        drafts.append(draft)
        support.append(estimate(draft, template, match.hit.alignment))
    spread(drafts, [match.assembly for match in matches])
    structure = assemble(request.query.name, drafts, support)
    values = np.concatenate([s[d.built] for s, d in zip(support, drafts, strict=True)])
    seconds = {"fold": round(time.perf_counter() - started, 3)}
    return Prediction(
        structure, Confidence("template_support", values), _manifest(request, matches, drafts, seconds)
    )


def _one_chain(sequence: str, template: TemplateChain, match: Match) -> Draft:
    draft = thread(sequence, template, match.hit.alignment)
    trim_ends(draft)
    for i in breaks(draft):
        draft.leave_out(i, i)
    return draft


def _manifest(
    request: FoldRequest, matches: list[Match], drafts: list[Draft], seconds: dict[str, float]
) -> FoldManifest:
    return FoldManifest(
        engine="template",
        engine_version="1",
        origin="homology",
        sequence_key=request.query.key,
        name=request.query.name,
        settings=dict(request.settings),
        sources=_sources(matches),
        seconds=seconds,
        network=request.network,
        warnings=_warnings(matches),
        facts=_facts(matches, drafts),
    )


def _facts(matches: list[Match], drafts: list[Draft]) -> dict[str, Any]:
    chains = [_chain_facts(match, draft) for match, draft in zip(matches, drafts, strict=True)]
    aligned = [len(match.hit.alignment.query) for match in matches]
    identical = sum(int(match.hit.alignment.identical.sum()) for match in matches)
    length = sum(len(draft.sequence) for draft in drafts)
    return {
        "template": ", ".join(dict.fromkeys(str(chain["template"]) for chain in chains)),
        "chain": ", ".join(str(chain["chain"]) for chain in chains),
        "title": "; ".join(dict.fromkeys(str(chain["title"]) for chain in chains)),
        "identity": round(identical / sum(aligned), 3),
        "coverage": round(sum(aligned) / length, 3),
        "residues_left_out": sum(int(chain["residues_left_out"]) for chain in chains),
        "chains": chains,
    }


def _chain_facts(match: Match, draft: Draft) -> dict[str, Any]:
    hit = match.hit
    return {
        "query_chain": chain_name(match.chain),
        "template": hit.entry.id,
        "chain": hit.chain,
        "title": hit.entry.title,
        "identity": round(hit.identity, 3),
        "coverage": round(hit.coverage, 3),
        "residues_left_out": int((~draft.built).sum()),
    }


def _sources(matches: list[Match]) -> tuple[SourceUse, ...]:
    entries = {match.hit.entry.id: match.hit.entry for match in matches}
    return tuple(
        SourceUse(
            "structure library", entry.id, date=entry.added, licence=entry.licence, citation=entry.source
        )
        for entry in entries.values()
    )


def _warnings(matches: list[Match]) -> tuple[str, ...]:
    found = [match.hit.entry.note for match in matches if match.hit.entry.note]
    if len({match.assembly for match in matches}) > 1:
        found.append(
            "No template holds all chains together: chains on different templates are placed side by side, "
            "and how they lie to each other means nothing."
        )
    return tuple(dict.fromkeys(found))
