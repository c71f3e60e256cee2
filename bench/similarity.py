"""Similarity search over 100,000 sequences: recall of the graph and its time, against comparing all.

Data, made here from fixed seeds, no protein among them:

``words``
    Sequences in families: 2,500 random ancestors of 80 to 500 residues, each with 40 members that
    differ from it in 10 to 60 % of their residues, embedded as ``kmer-1``.
``latent``
    Vectors as a language model's may be: 50 clusters of 2,000, each spread over 32 directions of
    its own, with noise in all 1280. They stand in for ESM-2, whose weights are not here.

The 200 queries are further members, none of them in the tables. Of ``words`` the recall is also
given over those queries whose tenth neighbour is nearer than chance: beyond, the ten nearest of
100,000 are strangers by all the embedding can tell, in whatever order. The number of candidates
was set on queries of another seed (``--tune``). Everything runs on the embedded database,
through the very calls that the service makes.

``python bench/similarity.py [--tune] [ROWS]``
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
from foldsight_server.identity import Identity
from foldsight_server.store import similar
from foldsight_server.store.access import Access
from foldsight_server.store.database import Database
from foldsight_server.store.embedded import EmbeddedPostgres
from foldsight_server.store.queries import sql
from foldsight_server.store.similar import Similar
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from foldsight.analysis.embedding import Kind, embed

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
MEMBERS, QUERIES, K = 40, 200, 10
KINDS: dict[str, Kind] = {"words": "kmer-1", "latent": "esm2-650m"}
#: Cosine that one of 100,000 pairs of unrelated ``words`` passes: five standard deviations.
CHANCE = 5 / np.sqrt(1280)
CALLER, OTHER = Identity("caller", "Caller"), "other"


def member(ancestor: str, chance: random.Random) -> str:
    share = chance.uniform(0.1, 0.6)
    return "".join(chance.choice(LETTERS) if chance.random() < share else letter for letter in ancestor)


def words(rows: int, seed: int) -> tuple[Any, Any]:
    """Return rows and queries of the set ``words``."""
    chance, asking = random.Random(20261123), random.Random(seed)
    families = ["".join(chance.choices(LETTERS, k=chance.randint(80, 500))) for _ in range(rows // MEMBERS)]
    held = [member(family, chance) for family in families for _ in range(MEMBERS)]
    asked = [member(asking.choice(families), asking) for _ in range(QUERIES)]
    made = [np.stack([embed(sequence, "kmer-1") for sequence in part]) for part in (held, asked)]
    return made[0], made[1]


def latent(rows: int, seed: int) -> tuple[Any, Any]:
    """Return rows and queries of the set ``latent``."""
    chance, asking = np.random.default_rng(20261123), np.random.default_rng(seed)
    count = max(rows // 2000, 1)
    centres = chance.normal(size=(count, 1280))
    directions = chance.normal(size=(count, 32, 1280)) / np.sqrt(32)

    def draw(source: np.random.Generator, clusters: Any) -> Any:
        spread = [source.normal(size=32) @ directions[cluster] for cluster in clusters]
        found = centres[clusters] + np.stack(spread) + 0.3 * source.normal(size=(len(clusters), 1280))
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

    held = draw(chance, np.arange(rows) % count)
    return held, draw(asking, asking.integers(0, count, QUERIES))


def load(dsn: str, kind: Kind, vectors: Any) -> float:
    """Fill the library; return the seconds that its graph took."""
    table = "library_embeddings_kmer" if kind == "kmer-1" else "library_embeddings_esm2"
    with psycopg.connect(dsn, autocommit=True) as connection:
        register_vector(connection)
        connection.execute("DROP INDEX IF EXISTS library_embeddings_signs")
        columns = f"{table} (kind, entry, length, embedding)"
        with connection.cursor().copy(f"COPY {columns} FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["text", "text", "int4", "halfvec"])
            for i, vector in enumerate(vectors):
                copy.write_row([kind, str(i), 1, HalfVector(vector)])
        connection.execute("SET maintenance_work_mem = '1GB'")
        began = time.perf_counter()
        connection.execute(
            f"CREATE INDEX ON {table} USING hnsw ((binary_quantize(embedding)::bit(1280)) bit_hamming_ops)"
        )
        seconds = time.perf_counter() - began
        connection.execute(f"VACUUM ANALYZE {table}")
    return seconds


def load_own(dsn: str, rows: int) -> None:
    """Put the words into projects too, one in a hundred into the caller's."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        # They are so few that all are compared; their graph would only cost time here.
        connection.execute("DROP INDEX embeddings_signs")
        connection.execute(
            "INSERT INTO embeddings SELECT kind, entry, embedding FROM library_embeddings_kmer"
        )
        fill_projects(connection, rows)
        connection.execute("VACUUM ANALYZE")


def fill_projects(connection: psycopg.Connection[Any], rows: int) -> None:
    """Put every hundredth row into a project of the caller's and the others into somebody else's."""
    connection.execute("INSERT INTO users (id, name) VALUES (%s, 'c'), (%s, 'o')", (CALLER.id, OTHER))
    for user, mine in ((CALLER.id, True), (OTHER, False)):
        connection.execute(
            "WITH p AS (INSERT INTO projects (owner_id, name) VALUES (%(user)s, 'bench') RETURNING id), "
            "m AS (INSERT INTO project_members SELECT id, %(user)s, 'owner', %(user)s FROM p) "
            "INSERT INTO structures (project_id, created_by, name, sequence, sequence_length, sequence_hash, "
            "origin, files, bytes) SELECT p.id, %(user)s, i, '', 1, i, 'uploaded', '[]', 0 "
            "FROM p, generate_series(0, %(rows)s - 1) i WHERE (i %% 100 = 0) = %(mine)s",
            {"user": user, "rows": rows, "mine": mine},
        )


def processor_ms(postmaster: int) -> float:
    """Return the processor time that the database has used so far, which no busy machine inflates."""
    times = [process.cpu_times() for process in psutil.Process(postmaster).children()]
    return 1000 * sum(time.user + time.system for time in times)


async def timed(
    work: Callable[[Any], Awaitable[list[Any]]], queries: Any, postmaster: int
) -> tuple[list[list[Any]], Any, float]:
    """Return the answers, the milliseconds of each and the database's own per query; the cache is warm."""
    for query in queries:
        await work(query)
    found, spent, before = [], [], processor_ms(postmaster)
    for query in queries:
        began = time.perf_counter()
        found.append(await work(query))
        spent.append(1000 * (time.perf_counter() - began))
    return found, np.array(spent), (processor_ms(postmaster) - before) / len(queries)


def recall(found: list[list[Any]], truth: Any) -> float:
    """Return the share of the true nearest that came back."""
    pairs = zip(found, truth, strict=True)
    return float(np.mean([len({int(e) for e in rows} & {int(t) for t in true}) / K for rows, true in pairs]))


async def measure(home: Path, rows: int, seed: int, tune: bool) -> None:
    """Load, ask and print."""
    database = Database(home)
    await database.open()
    try:
        for name, kind in KINDS.items():
            held, queries = (words if name == "words" else latent)(rows, seed)
            scores = queries @ held.astype(np.float16).astype(np.float32).T
            seconds = await asyncio.to_thread(load, database.dsn, kind, held)
            print(f"{name}: {rows} rows, graph of signs built in {seconds:.0f} s", flush=True)
            bench = Bench(database, kind, queries, scores, EmbeddedPostgres(home / "postgres").pid or 0)
            await (bench.sweep() if tune else bench.library())
            if name == "words" and not tune:
                await asyncio.to_thread(load_own, database.dsn, rows)
                await bench.own()
    finally:
        await database.close()


class Bench:
    """Queries of one kind against a filled database."""

    def __init__(self, database: Database, kind: Kind, queries: Any, scores: Any, pid: int) -> None:
        self.database, self.kind, self.queries, self.pid = database, kind, queries, pid
        self.scores, self.ef = scores, similar.CANDIDATES
        self.truth = np.argsort(-scores, axis=1)[:, :K]
        self.clear = np.take_along_axis(scores, self.truth, axis=1)[:, -1] > CHANCE

    async def graph(self, query: Any) -> list[Any]:
        """Ask the library by its graph."""
        async with self.database.connection() as connection, connection.transaction():
            found = await similar.library_near(connection, self.values(query))
        return [row["entry"] for row in found]

    async def exact(self, query: Any) -> list[Any]:
        """Compare all of the library."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(sql("library_exact"), self.values(query), prepare=False)
            return [row["entry"] for row in await cursor.fetchall()]

    async def only_own(self, query: Any) -> list[Any]:
        """Ask for structures that the caller may see."""
        async with self.database.connection() as connection, connection.transaction():
            return [row["name"] for row in await similar.visible(connection, self.values(query))]

    async def service(self, query: Any) -> list[Any]:
        """Ask for both, as a request does."""
        access = Access(self.database)
        return await Similar(access, self.database).nearest(CALLER, query, k=K, kind=self.kind)

    def values(self, query: Any) -> dict[str, Any]:
        """Return what the statements want."""
        text, enough = similar.text_of(query), similar.EXACT[self.kind] + 1
        values = {"kind": self.kind, "query": text, "k": K, "ef": self.ef, "enough": enough}
        return {**values, "caller": CALLER.id, "project": None}

    async def library(self) -> None:
        """Print the graph against comparing all."""
        graph = await self.line("graph of signs, reranked", self.graph, self.truth, self.queries)
        some = 40
        all_ = await self.line("all compared", self.exact, self.truth[:some], self.queries[:some])
        print(f"  the graph takes {graph / all_:.3f} of the processor time of comparing all", flush=True)

    async def own(self) -> None:
        """Print the search of a caller who sees one row in a hundred."""
        seen = np.arange(0, self.scores.shape[1], 100)
        truth = seen[np.argsort(-self.scores[:, seen], axis=1)[:, :K]]
        await self.line("own rows, 1 % visible", self.only_own, truth, self.queries)
        _, spent, own_ms = await timed(self.service, self.queries, self.pid)
        print(f"  {'library and own, one call':26} {measured(spent, own_ms)}", flush=True)

    async def sweep(self) -> None:
        """Print recall and times by the number of candidates."""
        for self.ef in (80, 160, 320, 640, 1000):
            await self.line(f"{self.ef} candidates", self.graph, self.truth, self.queries)

    async def line(self, name: str, work: Any, truth: Any, queries: Any) -> float:
        """Measure, print a line, and return the database's own milliseconds."""
        found, spent, own_ms = await timed(work, queries, self.pid)
        clear = self.clear[: len(found)]
        near = recall([rows for rows, sure in zip(found, clear, strict=True) if sure], truth[clear])
        print(
            f"  {name:26} {measured(spent, own_ms)}  recall@{K} {recall(found, truth):.3f}, over "
            f"{clear.mean():.0%} with clear neighbours {near:.3f}, fewest rows {min(map(len, found))}",
            flush=True,
        )
        return own_ms


def measured(spent: Any, own_ms: float) -> str:
    """Return times as they are printed."""
    p50, p95 = np.median(spent), np.quantile(spent, 0.95)
    return f"p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  database {own_ms:6.1f} ms of processor"


def main() -> None:
    """Run on a database of its own."""
    words_ = [word for word in sys.argv[1:] if word != "--tune"]
    tune, rows = "--tune" in sys.argv, int(words_[0]) if words_ else 100_000
    with tempfile.TemporaryDirectory(prefix="fs") as folder:
        home = Path(folder)
        home.chmod(0o755)
        try:
            asyncio.run(measure(home, rows, 7 if tune else 11, tune))
        finally:
            EmbeddedPostgres(home / "postgres").stop()


if __name__ == "__main__":
    main()
