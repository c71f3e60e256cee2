"""The ``afdb`` engine: the AlphaFold DB entry of exactly this sequence, found by its MD5."""

from __future__ import annotations

from dataclasses import replace

from foldsight.engines.base import Availability, Capabilities, Context, FoldRequest
from foldsight.errors import NoStructure
from foldsight.prediction import Prediction
from foldsight.sources.afdb import CITATION, LICENCE
from foldsight.sources.afdb import AlphaFoldDb as Source


class AlphaFoldDb:
    """Retrieves what AlphaFold predicted before; nothing is predicted here."""

    id = "afdb"
    title = "AlphaFold DB"
    version = "1"
    licence = LICENCE
    citation = CITATION
    caps = Capabilities(
        origin="retrieved", confidence="plddt", outputs=frozenset({"pae"}), sends="hash", deterministic=True
    )

    def available(self) -> Availability:
        """Always: whether the service answers is found out when it is asked."""
        return Availability("ready")

    def fingerprint(self, request: FoldRequest) -> str:
        """Return the empty text: the database is the same for everyone."""
        return ""

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        """Return the entry of exactly this sequence.

        Raises
        ------
        NoStructure
            When there is none.
        NetworkOff, SourceFailed
        """
        source, query = Source(), request.query
        context.report(0.1, "AlphaFold DB: asking by the MD5 of the sequence")
        entry = source.find(query.chains[0], request.network)
        if entry is None:
            raise NoStructure(f"AlphaFold DB has no entry with exactly the sequence of {query.name}.")
        context.report(0.5, f"AlphaFold DB: fetching {entry.id}")
        found = source.load(entry, request.network)
        if found.structure.protein_sequences() != {found.structure.auth_chains[0]: query.chains[0]}:
            raise NoStructure(
                f"{entry.id} of AlphaFold DB does not have exactly the sequence of {query.name}."
            )
        sent = f"The MD5 of the sequence, and the accession {entry.accession}, to alphafold.ebi.ac.uk."
        manifest = replace(found.manifest, name=query.name, sequence_key=query.key, sent=(sent,))
        return replace(found, manifest=manifest)
