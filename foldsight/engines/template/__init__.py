"""The template engine: a structure from a relative of known structure.

=====================  ===============================================================
:mod:`.choose`         which template each chain is built on
:mod:`.thread`         aligned residues take their place on the template
:mod:`.loops`          gaps and deletions are closed, or left open where they cannot be
:mod:`.sidechains`     substituted side chains, by rotamers
:mod:`.support`        template support: how good each residue is likely to be
:mod:`.build`          all of it, in order
=====================  ===============================================================

It needs no weights and no network. Its confidence is *template support*, an estimated
lDDT x 100; it is not pLDDT.
"""

from __future__ import annotations

from foldsight.engines.base import Availability, Capabilities, Context, FoldRequest
from foldsight.prediction import Prediction

#: Raise it with every change of what is built: the cache answers by it.
VERSION = "2"


class TemplateEngine:
    """Homology structures on the structure library."""

    id = "template"
    title = "Template engine"
    version = VERSION
    licence = "Apache-2.0"
    citation = "FoldSight template engine; alignments by HMMER 3 (Eddy 2011) and parasail (Daily 2016)"
    caps = Capabilities(origin="homology", confidence="template_support", multimer=True)

    def available(self) -> Availability:
        """Say whether there is a library to search; the starter makes that the rule."""
        from foldsight.library import Library

        if Library.open().list():
            return Availability("ready")
        return Availability("no_library", "The structure library is empty.", "foldsight library add pdb:ID")

    def fingerprint(self, request: FoldRequest) -> str:
        """Return the digest of the library."""
        from foldsight.library import Library

        return Library.open().digest()

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        """Build a homology structure.

        Raises
        ------
        NoStructure
            When a chain has no template of enough identity and coverage.
        """
        from foldsight.engines.template.build import build
        from foldsight.library import Library

        return build(request, Library.open(), context)
