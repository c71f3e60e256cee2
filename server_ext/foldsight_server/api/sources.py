"""Handlers that ask the databases: words to entries, an entry to its sequence."""

from __future__ import annotations

import asyncio
from typing import Any

from foldsight.errors import BadRequest
from foldsight.io import read
from foldsight.sequence import CHAIN_JOIN, Query
from foldsight.sources import search
from foldsight.sources.searching import LONGEST_TEXT, searchable
from foldsight_server.api.calls import Call, Response


async def search_sources(call: Call) -> Response:
    """Search UniProt, the PDB, AlphaFold DB or the library by words; what was sent for it is told."""
    call.identity.require("read")
    words = call.text("q", LONGEST_TEXT) or ""
    where = call.choice("where", searchable()) or "pdb"
    limit = max(int(call.number("limit", 25, 100)), 1)
    found = await asyncio.to_thread(search, words, where, limit)
    return Response(found.to_dict())


async def show_sequence(call: Call) -> Response:
    """Return the sequence of an entry such as ``uniprot:P04637``, as the prediction takes it."""
    call.identity.require("read")
    name = call.text("id", 100) or ""
    if not name.startswith("uniprot:"):
        raise BadRequest(f"{name!r} is no entry with one sequence.", hint="Give one such as uniprot:P04637.")
    found: Any = await asyncio.to_thread(read, name)
    if not isinstance(found, Query):
        raise BadRequest(f"{name!r} has no sequence.", hint="Give one such as uniprot:P04637.")
    return Response(
        {
            "id": name,
            "name": found.name,
            "sequence": CHAIN_JOIN.join(found.chains),
            "notes": list(found.notes),
        }
    )
