"""Structures with similar sequences: the library's graph, and the caller's own compared one by one."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

from foldsight.analysis import embedding
from foldsight.analysis.embedding import Kind
from foldsight.errors import BadRequest
from foldsight.typing import Floats
from foldsight_server.identity import Identity
from foldsight_server.store.access import Access, Connection, Row
from foldsight_server.store.database import Database
from foldsight_server.store.queries import sql

#: Up to so many rows are all compared. For the vectors of a language model that is as fast as the
#: graph with its filter. Of words the signs say too little (bench/similarity.py: the graph's recall
#: is about one half at 100,000 rows), so that being right is worth a tenth of a second.
EXACT: dict[Kind, int] = {"esm2-650m": 20_000, "kmer-1": 200_000}
#: How many rows the graph gives to be ranked by the whole vectors, and how wide it is searched.
CANDIDATES = 320
_BATCH, _PAUSE = 200, 60.0


class Similar:
    """Embeddings in PostgreSQL, and the search in them.

    Parameters
    ----------
    access : Access
    database : Database
    """

    def __init__(self, access: Access, database: Database) -> None:
        self._access, self._database = access, database

    async def run(self) -> None:
        """Embed what comes, for ever; a fresh server first does what it was started for."""
        await asyncio.sleep(_PAUSE)
        await self.add_library(await asyncio.to_thread(library_rows))
        while True:
            await asyncio.sleep(_PAUSE)
            while await self.catch_up(_BATCH):
                await asyncio.sleep(0)

    async def catch_up(self, limit: int, kind: Kind | None = None) -> int:
        """Embed up to ``limit`` sequences that are not yet; return how many there were."""
        chosen = kind or embedding.available()[0]
        async with self._database.connection() as connection:
            values = {"kind": chosen, "limit": limit}
            rows = await (await connection.execute(sql("unembedded"), values)).fetchall()
            for row in rows:
                await self._embed(connection, chosen, row)
        return len(rows)

    async def _embed(self, connection: Connection, kind: Kind, row: Row) -> None:
        values = {"kind": kind, "sequence_hash": row["sequence_hash"]}
        try:
            found = await asyncio.to_thread(embedding.embed, row["sequence"], kind)
        except BadRequest:
            await connection.execute(sql("refuse_embedding"), values)
            return
        await connection.execute(sql("keep_embedding"), {**values, "embedding": text_of(found)})

    async def add_library(self, rows: Iterable[Mapping[str, Any]], kind: Kind | None = None) -> int:
        """Put entries that are new into the library; return how many.

        Parameters
        ----------
        rows : iterable of mapping
            With ``entry``, ``title``, ``organism`` and ``sequence``.
        kind : str, optional
            The best that can be made here when not given.
        """
        chosen, added = kind or embedding.available()[0], 0
        async with self._database.connection() as connection:
            cursor = await connection.execute(sql("library_entries"), {"kind": chosen})
            there = {row["entry"] for row in await cursor.fetchall()}
            for row in rows:
                if row["entry"] not in there:
                    vector = await asyncio.to_thread(embedding.embed, row["sequence"], chosen)
                    await connection.execute(sql("keep_library_embedding"), _entry(row, chosen, vector))
                    added += 1
        return added

    async def search(
        self,
        identity: Identity,
        sequence: str,
        *,
        k: int,
        kind: Kind | None = None,
        project: str | None = None,
    ) -> dict[str, Any]:
        """Return the ``k`` most similar of library and visible structures; with ``project`` only of that.

        Of the structures that the caller may see, never fewer than ``k`` come back where there
        are so many.

        Raises
        ------
        BadRequest, EngineUnavailable
            When the sequence cannot be embedded.
        """
        chosen = kind or embedding.available()[0]
        vector = await asyncio.to_thread(embedding.embed, sequence, chosen)
        # What was uploaded a moment ago shall be found.
        await self.catch_up(_BATCH, chosen)
        hits = await self.nearest(identity, vector, k=k, kind=chosen, project=project)
        return {"kind": chosen, "hits": hits}

    async def nearest(
        self, identity: Identity, vector: Floats, *, k: int, kind: Kind, project: str | None = None
    ) -> list[Row]:
        """Return the ``k`` rows of the highest cosine, best first."""
        values = {
            "kind": kind, "query": text_of(vector), "k": k, "ef": max(CANDIDATES, k), "caller": identity.id,
            "project": project, "enough": EXACT[kind] + 1,
        }  # fmt: skip
        async with self._access.open(identity) as connection:
            own = await visible(connection, values)
            public = [] if project is not None else await library(connection, values)
        hits = [{**row, "source": "project"} for row in own] + [
            {**row, "source": "library"} for row in public
        ]
        return heapq.nlargest(k, hits, key=lambda row: row["cosine"])


async def library(connection: Connection, values: dict[str, Any]) -> list[Row]:
    """Return the nearest entries of the library, by the graph where it is large."""
    if (await _rows(connection, "library_size", values))[0]["n"] <= EXACT[values["kind"]]:
        return await _rows(connection, "library_exact", values)
    return await library_near(connection, values)


async def library_near(connection: Connection, values: dict[str, Any]) -> list[Row]:
    """Return the nearest entries of the library by its graph."""
    await _widen(connection, values)
    return await _rows(connection, "library_near", values)


async def visible(connection: Connection, values: dict[str, Any]) -> list[Row]:
    """Return the nearest structures that the caller may see: as many as asked for, or all."""
    values = {**values, **(await _rows(connection, "visible_projects", values))[0]}
    size = (await _rows(connection, "visible_size", values))[0]["n"]
    if size > EXACT[values["kind"]] and await _iterates(connection):
        await _widen(connection, values)
        found = await _rows(connection, "visible_near", values)
        # The walk ends after a bounded number of rows; whatever it then lacks is compared one by one.
        if len(found) >= min(values["k"], size):
            return found
    return await _rows(connection, "visible_exact", values)


async def _widen(connection: Connection, values: dict[str, Any]) -> None:
    await connection.execute("SELECT set_config('hnsw.ef_search', %s, true)", (str(min(values["ef"], 1000)),))


async def _iterates(connection: Connection) -> bool:
    """Whether the graph can be walked on past what a filter drops: pgvector 0.8 and newer."""
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true)")
    except psycopg.errors.Error:
        return False
    return True


async def _rows(connection: Connection, statement: str, values: dict[str, Any]) -> list[Row]:
    # Not prepared: a plan for any kind would look into the graphs of all.
    return await (await connection.execute(sql(statement), values, prepare=False)).fetchall()


def text_of(vector: Floats) -> str:
    """Return a vector as PostgreSQL reads it."""
    return "[" + ",".join(f"{value:.5g}" for value in vector.tolist()) + "]"


def _entry(row: Mapping[str, Any], kind: Kind, vector: Floats) -> dict[str, Any]:
    length = len(str(row["sequence"]).replace(":", ""))
    return {**row, "kind": kind, "length": length, "embedding": text_of(vector)}


def library_rows() -> list[dict[str, Any]]:
    """Return the entries of the structure library as :meth:`Similar.add_library` takes them."""
    from foldsight.library import Library
    from foldsight.sequence import CHAIN_JOIN

    rows = []
    for entry in Library.open().list():
        sequence = CHAIN_JOIN.join(chain.sequence for chain in entry.chains if len(chain.sequence) >= 10)
        if sequence.replace("X", "").replace(CHAIN_JOIN, ""):
            rows.append({"entry": entry.id, "title": entry.title, "organism": None, "sequence": sequence})
    return rows
