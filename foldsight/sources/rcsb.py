"""RCSB PDB: experimental structures by PDB id, by words, and by sequence."""

from __future__ import annotations

import re
from dataclasses import replace

from foldsight import settings
from foldsight.errors import BadRequest, NetworkOff, SourceFailed
from foldsight.sources.files import structure_of
from foldsight.sources.http import Http
from foldsight.sources.records import SearchResult
from foldsight.structure import Structure
from foldsight.typing import Network

FILES = "https://files.rcsb.org/download"
SEARCH = "https://search.rcsb.org/rcsbsearch/v2/query"
LICENCE = "CC0-1.0"
_SHORT = re.compile(r"^[0-9][a-z0-9]{3}$")
_LONG = re.compile(r"^pdb_[0-9a-z]{8}$")


def pdb_id(text: str) -> str:
    """Return a PDB id in its shortest form: four characters where it has one.

    Raises
    ------
    BadRequest

    Examples
    --------
    >>> pdb_id("1HPV"), pdb_id("pdb_00001hpv"), pdb_id("PDB_1000abcd")
    ('1hpv', '1hpv', 'pdb_1000abcd')
    """
    found = text.strip().lower()
    if _LONG.match(found):
        return found.removeprefix("pdb_0000") if found.startswith("pdb_0000") else found
    if not _SHORT.match(found):
        raise BadRequest(
            f"{text!r} is not a PDB id.", hint="Write it like pdb:1HPV or pdb:pdb_00001hpv.", id=text
        )
    return found


class Rcsb:
    """The source ``pdb:``."""

    id = "pdb"
    title = "RCSB PDB"

    def __init__(self) -> None:
        self._http = Http(self.title, ("files.rcsb.org", "search.rcsb.org", "data.rcsb.org"))

    def fetch(self, identifier: str, network: str | None = None) -> Structure:
        """Return the deposited structure of a PDB id.

        Raises
        ------
        BadRequest
            When it is no PDB id.
        NotFound
        NetworkOff, SourceFailed
        """
        name = pdb_id(identifier)
        answer = self._http.get(f"{FILES}/{name}.cif", network=settings.network(network), limit=400_000_000)
        found = structure_of(self._http.must(answer, f"entry {name}"), self.title, name)
        return replace(found, name=name)

    def search(self, text: str, *, limit: int, network: Network) -> SearchResult:
        """Search by words; see :func:`foldsight.sources.search`."""
        from foldsight.sources import rcsb_search

        return rcsb_search.search(self._http, text, limit, network)

    def similar(self, sequence: str, network: Network, *, identity: float = 0.95) -> list[str]:
        """Return the PDB ids with a chain like this sequence, the best first. Sends the sequence.

        Parameters
        ----------
        sequence : str
        network : {'off', 'hash', 'sequence'}
        identity : float, optional
            Least identity, 0-1.

        Raises
        ------
        NetworkOff
            When the setting does not let a sequence leave the machine.
        """
        if network != "sequence":
            raise NetworkOff(
                f"RCSB was not searched: the network setting {network!r} keeps sequences here.",
                hint="Allow it with network='sequence'.",
                network=network,
            )
        query = {
            "query": {
                "type": "terminal",
                "service": "sequence",
                "parameters": {
                    "sequence_type": "protein",
                    "value": sequence,
                    "identity_cutoff": identity,
                    "evalue_cutoff": 1e-6,
                },
            },
            "return_type": "entry",
            "request_options": {
                "scoring_strategy": "sequence",
                "results_content_type": ["experimental"],
                "paginate": {"start": 0, "rows": 5},
            },
        }
        answer = self._http.post(SEARCH, query, network=network)
        if not answer.found:
            return []
        hits = answer.json().get("result_set")
        if not isinstance(hits, list):
            raise SourceFailed("RCSB PDB did not answer as documented.", missing="result_set")
        return [pdb_id(str(hit.get("identifier"))) for hit in hits]
