"""AlphaFold DB: predicted structures by UniProt accession, by words, or by the MD5 of a sequence.

Files are fetched from the URLs in the answers, never from URLs built here: file names
carry a version, and old versions are taken down.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from foldsight import settings
from foldsight.confidence import Confidence
from foldsight.errors import BadRequest, NotFound, SourceFailed
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest, SourceUse
from foldsight.sequence import sequence_key
from foldsight.sources.cache import Answer
from foldsight.sources.files import pae_of, structure_of
from foldsight.sources.http import Http
from foldsight.sources.records import SearchResult, documented
from foldsight.structure import Structure
from foldsight.typing import Floats, Network

API = "https://alphafold.ebi.ac.uk/api"
LICENCE = "CC-BY-4.0"
CITATION = "Varadi et al. (2024) Nucleic Acids Res. 52:D368, doi:10.1093/nar/gkad1011"
#: A UniProt accession, with an isoform number or not (uniprot.org/help/accession_numbers).
ACCESSION = re.compile(
    r"^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2})(-[0-9]+)?$"
)
_CANONICAL = re.compile(r"^AF-(.+)-F1$")


@dataclass(frozen=True)
class Entry:
    """What AlphaFold DB says of one entry.

    Attributes
    ----------
    id : str
        ``AF-P04637-F1``.
    accession : str
        UniProt accession.
    version : int
    start : int
        UniProt position of the first residue.
    description, organism : str
    cif_url, pae_url : str
        ``pae_url`` is empty where there is none.
    missense_url : str
        The AlphaMissense table; empty for all but human proteins.
    end : int
        UniProt position of the last residue; 0 where it is not given.
    gene, sequence : str
    mean_plddt : float or None
        0-100.
    """

    id: str
    accession: str
    version: int
    start: int
    description: str
    organism: str
    cif_url: str
    pae_url: str
    missense_url: str = ""
    end: int = 0
    gene: str = ""
    sequence: str = ""
    mean_plddt: float | None = None


class AlphaFoldDb:
    """The source ``afdb:``."""

    id = "afdb"
    title = "AlphaFold DB"

    def __init__(self) -> None:
        self._http = Http(self.title, ("alphafold.ebi.ac.uk", ".ebi.ac.uk"))

    def fetch(self, identifier: str, network: str | None = None) -> Prediction:
        """Return the prediction of a UniProt accession, or of an entry id such as ``AF-P04637-F1``.

        Raises
        ------
        BadRequest
            When it is no accession.
        NotFound
        NetworkOff, SourceFailed
        """
        allowed = settings.network(network)
        accession = _accession(identifier)
        return self.load(self.entry(accession, allowed), allowed)

    def search(self, text: str, *, limit: int, network: Network) -> SearchResult:
        """Search by words; see :func:`foldsight.sources.search`."""
        from foldsight.sources import afdb_search

        return afdb_search.search(self, text, limit, network)

    def entry(self, accession: str, network: Network) -> Entry:
        """Return the entry of an accession.

        The service lists isoforms beside the canonical sequence; the one whose accession
        is the one asked for is taken.
        """
        return self.entry_in(self.asked(accession, network), accession)

    def asked(self, accession: str, network: Network) -> Answer:
        """Return what the service says of an accession, for :meth:`entry_in`."""
        return self._http.get(f"{API}/prediction/{accession}", network=network, limit=4_000_000)

    def entry_in(self, answer: Answer, accession: str) -> Entry:
        """Return the entry of an accession from the service's answer."""
        with documented(self.title, self._http.must(answer, f"entry {accession}")) as listed:
            return _pick(listed, accession)

    def missense(self, entry: Entry, network: Network) -> Answer:
        """Fetch the AlphaMissense table of an entry that has one."""
        answer = self._http.get(entry.missense_url, network=network, limit=32_000_000)
        return self._http.must(answer, f"AlphaMissense table of {entry.accession}")

    def find(self, sequence: str, network: Network) -> Entry | None:
        """Return the entry of exactly this sequence, or None; only its MD5 is sent."""
        digest = hashlib.md5(sequence.encode("ascii"), usedforsecurity=False).hexdigest()
        # The service refuses rows=1.
        asked = {"id": digest, "type": "md5", "rows": "10"}
        answer = self._http.get(f"{API}/sequence/summary", network=network, params=asked, limit=4_000_000)
        for accession in _accessions(answer):
            entry = self.entry(accession, network)
            if entry.cif_url:
                return entry
        return None

    def load(self, entry: Entry, network: Network) -> Prediction:
        """Fetch coordinates and PAE of an entry."""
        answer = self._http.must(self._http.get(entry.cif_url, network=network), entry.id)
        structure = _numbered(structure_of(answer, self.title, entry.id), entry)
        pae = self._pae(entry, structure, network) if entry.pae_url else None
        confidence = Confidence("plddt", plddt(structure), pae=pae)
        return Prediction(structure, confidence, _manifest(structure, entry, answer, network))

    def _pae(self, entry: Entry, structure: Structure, network: Network) -> Floats | None:
        answer = self._http.get(entry.pae_url, network=network, limit=200_000_000)
        return pae_of(answer, structure, self.title) if answer.found else None


def plddt(structure: Structure) -> Floats:
    """Return pLDDT from the B-factor of each CA; NaN where there is no CA."""
    index = structure.ca_index
    values = structure.atoms.b_factor[index].astype(np.float32)
    values[index < 0] = np.nan
    return values


def _accession(identifier: str) -> str:
    text = identifier.strip().upper()
    canonical = _CANONICAL.match(text)
    accession = canonical[1] if canonical else text
    if not ACCESSION.match(accession):
        raise BadRequest(
            f"{identifier!r} is not a UniProt accession.", hint="Write it like afdb:P04637.", id=identifier
        )
    return accession


def _accessions(answer: Answer) -> list[str]:
    """Return the accessions of exact single-chain matches, canonical entries first."""
    if not answer.found:
        return []
    found: list[tuple[bool, str]] = []
    for item in _listed(answer.json(), "structures"):
        facts = item.get("summary", item)
        if facts.get("sequence_identity", 1.0) < 1.0 or facts.get("coverage", 1.0) < 1.0:
            continue
        canonical = _CANONICAL.match(str(facts.get("model_identifier", "")))
        accession = canonical[1] if canonical else _uniprot(facts)
        if ACCESSION.match(accession):
            found.append((canonical is None, accession))
    return list(dict.fromkeys(accession for _, accession in sorted(found, key=lambda pair: pair[0])))


def _uniprot(facts: dict[str, Any]) -> str:
    entities = facts.get("entities") or []
    named = [e for e in entities if e.get("identifier_category") == "UNIPROT"]
    return str(named[0].get("identifier", "")) if len(named) == 1 else ""


def _listed(found: Any, key: str) -> list[dict[str, Any]]:
    items = found.get(key) if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise SourceFailed("AlphaFold DB did not answer as documented.", missing=key)
    return [item for item in items if isinstance(item, dict)]


def _pick(listed: Any, accession: str) -> Entry:
    if not isinstance(listed, list):
        raise SourceFailed("AlphaFold DB did not answer as documented.", accession=accession)
    named = [item for item in listed if str(item.get("uniprotAccession", "")).upper() == accession]
    # Complexes may be listed with their members; long proteins as fragments, F1 first.
    single = [item for item in named if not item.get("isComplex")]
    if not single:
        raise NotFound(f"AlphaFold DB has no entry {accession}.", hint="Check the accession.")
    item = min(single, key=lambda facts: str(_id(facts)))
    if not item.get("cifUrl"):
        raise SourceFailed(f"AlphaFold DB lists no coordinates for {accession}.", accession=accession)
    return Entry(
        id=_id(item),
        accession=accession,
        version=int(item.get("latestVersion") or 0),
        start=int(item.get("sequenceStart") or item.get("uniprotStart") or 1),
        description=str(item.get("uniprotDescription") or ""),
        organism=str(item.get("organismScientificName") or ""),
        cif_url=str(item["cifUrl"]),
        pae_url=str(item.get("paeDocUrl") or ""),
        missense_url=str(item.get("amAnnotationsUrl") or ""),
        end=int(item.get("sequenceEnd") or item.get("uniprotEnd") or 0),
        gene=str(item.get("gene") or ""),
        sequence=str(item.get("sequence") or item.get("uniprotSequence") or ""),
        mean_plddt=_number(item.get("globalMetricValue")),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _id(item: dict[str, Any]) -> str:
    return str(item.get("modelEntityId") or item.get("entryId") or "")


def _numbered(structure: Structure, entry: Entry) -> Structure:
    """Give each residue its UniProt position."""
    table = structure.residues
    positions = np.where(table.label_seq > 0, table.label_seq + entry.start - 1, -1).astype(np.int32)
    return replace(structure, residues=replace(table, uniprot=positions))


def _manifest(structure: Structure, entry: Entry, answer: Answer, network: Network) -> FoldManifest:
    page = f"https://alphafold.ebi.ac.uk/entry/{entry.accession}"
    name = f"{entry.id} v{entry.version}"
    return FoldManifest(
        engine="afdb",
        engine_version=f"v{entry.version}",
        origin="retrieved",
        sequence_key=sequence_key(tuple(structure.protein_sequences().values())),
        name=entry.accession,
        sources=(SourceUse("AlphaFold DB", name, page, answer.date, LICENCE, CITATION),),
        network=network,
        sent=(f"The accession {entry.accession} to alphafold.ebi.ac.uk.",),
        facts={
            "entry": entry.id,
            "version": entry.version,
            "uniprot": entry.accession,
            "description": entry.description,
            "organism": entry.organism,
        },
    )
