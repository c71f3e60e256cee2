"""The ``pdb`` engine: an experimental structure of nearly the same sequence.

First the structure library on this machine, then, when the network setting lets a
sequence leave it, RCSB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.confidence import Confidence
from foldsight.engines.base import Availability, Capabilities, Context, FoldRequest
from foldsight.errors import NoStructure, SourceFailed
from foldsight.library import Entry, Library
from foldsight.library.align import Alignment, align
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest, SourceUse
from foldsight.sources.rcsb import LICENCE, Rcsb
from foldsight.structure import Structure
from foldsight.typing import Floats

#: What leaves the machine when RCSB is asked.
SENT = "The sequence to search.rcsb.org."
#: "Near-exact": identical over aligned residues; aligned over all residues asked for and
#: over all residues of the chain, so that no part is passed off as the whole.
IDENTITY, COVERAGE = 0.95, 0.9


@dataclass(frozen=True, eq=False)
class Match:
    """An experimental chain that is nearly the query."""

    entry: str
    chain: str
    structure: Structure
    identity: float
    coverage: float
    where: str
    url: str
    licence: str
    sent: tuple[str, ...] = ()


class NearExactPdb:
    """Finds an experimental structure; nothing is predicted."""

    id = "pdb"
    title = "PDB, near-exact"
    version = "1"
    licence = LICENCE
    citation = "Burley et al. (2025) Nucleic Acids Res. 53:D564, doi:10.1093/nar/gkae1091"
    caps = Capabilities(origin="experimental", confidence="b_factor", deterministic=True)

    def available(self) -> Availability:
        """Always: the library comes with FoldSight."""
        return Availability("ready")

    def fingerprint(self, request: FoldRequest) -> str:
        """Return the digest of the library, and whether RCSB may be asked."""
        return f"{Library.open().digest()};rcsb={request.network == 'sequence'}"

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        """Return the nearest experimental chain.

        Raises
        ------
        NoStructure
            When none is near enough.
        SourceFailed
            When RCSB, asked last, does not answer.
        """
        query = request.query
        context.report(0.1, "PDB: looking through the library")
        match = in_library(query.chains[0])
        if match is None and request.network == "sequence":
            context.report(0.4, "PDB: asking RCSB")
            match = _asked_rcsb(query.chains[0])
        if match is None:
            online = request.network == "sequence"
            asked = "the library and RCSB" if online else "the library"
            raise NoStructure(
                f"No chain in {asked} is at least {IDENTITY:.0%} identical to {query.name}.",
                sent=[SENT] if online else [],
            )
        return _prediction(match, request)


def in_library(sequence: str) -> Match | None:
    """Return the best chain of the library that is near enough."""
    library = Library.open()
    for hit in library.search(sequence):
        observed = next(chain.sequence for chain in hit.entry.chains if chain.auth == hit.chain)
        if _near(hit.alignment, observed) and _experimental(hit.entry.method):
            structure = library.structure(hit.entry.id).chain(hit.chain)
            url = _page(hit.entry)
            where, licence = "structure library", hit.entry.licence
            return Match(hit.entry.id, hit.chain, structure, hit.identity, hit.coverage, where, url, licence)
    return None


def _asked_rcsb(sequence: str) -> Match | None:
    try:
        return at_rcsb(sequence)
    except SourceFailed as fault:
        fault.details["sent"] = [SENT]  # it did not answer, and may have heard
        raise


def at_rcsb(sequence: str) -> Match | None:
    """Return the best chain at RCSB that is near enough. Sends the sequence."""
    source = Rcsb()
    for name in source.similar(sequence, "sequence", identity=IDENTITY):
        structure = source.fetch(name, "sequence")
        for chain, observed in structure.protein_sequences().items():
            found = align(sequence, observed)
            if _near(found, observed):
                return Match(
                    name,
                    chain,
                    structure.chain(chain),
                    found.identity,
                    found.coverage,
                    "RCSB PDB",
                    f"https://www.rcsb.org/structure/{name}",
                    LICENCE,
                    (SENT,),
                )
    return None


def _near(found: Alignment, observed: str) -> bool:
    of_chain = len(found.template) / max(len(observed), 1)
    return found.identity >= IDENTITY and min(found.coverage, of_chain) >= COVERAGE


def _experimental(method: str) -> bool:
    """Say whether coordinates were measured: not a model, not a frame of a simulation."""
    return bool(method) and not any(word in method for word in ("theoretical", "dynamics"))


def _page(entry: Entry) -> str:
    known = len(entry.id) == 4 or entry.id.startswith("pdb_")
    return f"https://www.rcsb.org/structure/{entry.id}" if known else ""


def b_factors(structure: Structure) -> Floats:
    """Return the B-factor (Å²) of each CA; NaN without one, all NaN when the file has none."""
    index = structure.ca_index
    values: Floats = structure.atoms.b_factor[index].astype(np.float32)
    values[index < 0] = np.nan
    return values if np.nanmax(values, initial=0.0) > 0 else np.full_like(values, np.nan)


def _prediction(match: Match, request: FoldRequest) -> Prediction:
    if not len(match.structure.residues):
        raise SourceFailed(f"{match.entry} chain {match.chain} is empty.", entry=match.entry)
    query, structure = request.query, match.structure
    manifest = FoldManifest(
        engine=NearExactPdb.id,
        engine_version=NearExactPdb.version,
        origin="experimental",
        sequence_key=query.key,
        name=query.name,
        sources=(SourceUse(match.where, match.entry, match.url, licence=match.licence),),
        network=request.network,
        sent=match.sent,
        facts={
            "entry": match.entry,
            "chain": match.chain,
            "title": structure.title,
            "method": structure.method,
            "resolution": structure.resolution,
            "identity": round(match.identity, 4),
            "coverage": round(match.coverage, 4),
        },
    )
    return Prediction(structure, Confidence("b_factor", b_factors(structure), scale_found="Å²"), manifest)
