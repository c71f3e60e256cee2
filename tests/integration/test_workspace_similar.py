"""Similar sequences: exact and by the graph, never short, nothing of others, no mixing of kinds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from foldsight_server.identity import Identity
from foldsight_server.store import similar
from foldsight_server.store.similar import library_rows

from foldsight.analysis.embedding import embed

if TYPE_CHECKING:
    from conftest import Workplace

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
CODES = "ALACYSASPGLUPHEGLYHISILELYSLEUMETASNPROGLNARGSERTHRVALTRPTYR"
NAMES = {letter: CODES[3 * i : 3 * i + 3] for i, letter in enumerate(LETTERS)}
LINE = "ATOM  {i:5d}  CA  {aa} A{i:4d}    {x:8.3f}   0.000   0.000  1.00 20.00           C\n"


def made(seed: int, length: int = 60) -> str:
    return "".join(random.Random(seed).choices(LETTERS, k=length))


def mutated(sequence: str, changes: int, seed: int) -> str:
    chance, letters = random.Random(seed), list(sequence)
    for place in chance.sample(range(len(letters)), changes):
        letters[place] = chance.choice(LETTERS)
    return "".join(letters)


def pdb(sequence: str) -> bytes:
    rows = (LINE.format(i=i, aa=NAMES[aa], x=i * 3.8) for i, aa in enumerate(sequence, start=1))
    return "".join(rows).encode()


def project_of(workplace: Workplace, user: str, *sequences: str, **body: Any) -> str:
    project = workplace.good(user, "POST", "/projects", {"name": "P", **body})["id"]
    for number, sequence in enumerate(sequences):
        query = {"name": f"s{number}"}
        workplace.good(user, "POST", f"/projects/{project}/structures", pdb(sequence), query=query)
    return str(project)


def names(found: dict[str, Any]) -> list[str]:
    return [row["name"] for row in found["hits"]]


@pytest.fixture(params=["exact", "graph"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of searching, on the same small tables."""
    if request.param == "graph":
        monkeypatch.setattr(similar, "EXACT", dict.fromkeys(similar.EXACT, 0))
    return str(request.param)


def test_relatives_come_first_and_strangers_see_nothing(workplace: Workplace, way: str) -> None:
    query, user = made(1), f"ana {way}"
    relatives = [mutated(query, changes, 5) for changes in (1, 6, 20)]
    project = project_of(workplace, user, *relatives, *(made(seed) for seed in range(50, 60)))
    found = workplace.good(user, "POST", "/similar", {"sequence": query, "k": 3})
    assert found["kind"] == "kmer-1"
    assert names(found) == ["s0", "s1", "s2"]
    assert [row["cosine"] for row in found["hits"]] == sorted(
        (r["cosine"] for r in found["hits"]), reverse=True
    )
    assert found["hits"][0]["project_id"] == project
    assert workplace.good("stranger", "POST", "/similar", {"sequence": query, "k": 3})["hits"] == []
    by_structure = {"structure": found["hits"][0]["id"], "k": 1}
    assert workplace.good(user, "POST", "/similar", by_structure)["hits"][0]["cosine"] == pytest.approx(
        1, abs=1e-3
    )
    assert workplace.ask("stranger", "POST", "/similar", by_structure)[0] == 404
    assert workplace.ask("stranger", "POST", "/similar", {"sequence": query, "project": project})[0] == 404


def test_what_is_visible_is_never_short_however_little_it_is(workplace: Workplace, way: str) -> None:
    """One row in a hundred is the caller's, and all of them are far from the query."""
    crowd, few = f"crowd {way}", f"few {way}"
    workplace.good(crowd, "GET", "/projects")
    mine = project_of(workplace, few, *(made(seed) for seed in range(900, 907)))
    theirs = project_of(workplace, crowd)
    query = made(2)
    workplace.sql(
        "INSERT INTO structures (project_id, created_by, name, sequence, sequence_length, "
        "sequence_hash, origin, files, bytes) SELECT %s, %s, 'near ' || i, '', 60, %s || i, "
        "'uploaded', '[]', 0 FROM generate_series(1, 700) i",
        theirs, crowd, f"near {way} ",
    )  # fmt: skip
    chance = np.random.default_rng(1)
    base = embed(query, "kmer-1")
    for i in range(1, 701):
        vector = base + chance.normal(0, 0.01, 1280)
        workplace.sql("INSERT INTO embeddings VALUES ('kmer-1', %s, %s::halfvec)", f"near {way} {i}",
                      similar.text_of(vector))  # fmt: skip
    for k in (5, 7, 50):
        found = workplace.good(few, "POST", "/similar", {"sequence": query, "k": k})["hits"]
        assert len(found) == min(k, 7)
        assert {row["project_id"] for row in found} == {mine}
    assert len(workplace.good(crowd, "POST", "/similar", {"sequence": query, "k": 50})["hits"]) == 50
    only = workplace.good(few, "POST", "/similar", {"sequence": query, "k": 50, "project": mine})["hits"]
    assert len(only) == 7


def test_the_library_is_everybodys_and_searched_with_ones_own(workplace: Workplace, way: str) -> None:
    query, service = made(3), workplace.core.service
    rows = [
        {
            "entry": f"{way}{i}",
            "title": f"entry {i}",
            "organism": "E. coli",
            "sequence": mutated(query, 3 * i, i),
        }
        for i in range(1, 6)
    ]
    assert workplace.run(service.similar.add_library(rows)) == 5
    assert workplace.run(service.similar.add_library(rows)) == 0
    project_of(workplace, f"lib {way}", mutated(query, 2, 1))
    found = workplace.good(f"lib {way}", "POST", "/similar", {"sequence": query, "k": 3})["hits"]
    assert found[0]["source"] == "project"
    assert (found[1]["source"], found[1]["name"], found[1]["organism"]) == ("library", "entry 1", "E. coli")
    workplace.sql("DELETE FROM library_embeddings")


def test_kinds_are_never_mixed(workplace: Workplace, way: str) -> None:
    query = made(4)
    project_of(workplace, f"kinds {way}", query)
    workplace.good(f"kinds {way}", "POST", "/similar", {"sequence": query})
    vector = embed(query, "kmer-1")
    caller = Identity(f"kinds {way}", "K")
    search = workplace.core.service.similar.nearest
    assert len(workplace.run(search(caller, vector, k=5, kind="kmer-1"))) == 1
    assert workplace.run(search(caller, vector, k=5, kind="esm2-650m")) == []
    status, problem = workplace.ask(
        f"kinds {way}", "POST", "/similar", {"sequence": query, "kind": "esm2-650m"}
    )
    assert (status, problem["code"]) == (409, "engine_unavailable")


def test_the_graph_is_used_for_a_large_library(workplace: Workplace) -> None:
    """Looked up in the plan: one partition's index, not the other's and not the table."""
    from foldsight_server.store.queries import sql

    vector = similar.text_of(embed(made(5), "kmer-1"))
    values = {"kind": "kmer-1", "query": vector, "k": 10, "ef": 160}

    async def plan() -> str:
        async with workplace.core.service.database.connection() as connection, connection.transaction():
            await connection.execute("SET LOCAL enable_sort = off")
            cursor = await connection.execute("EXPLAIN " + sql("library_near"), values, prepare=False)
            return "\n".join(next(iter(row.values())) for row in await cursor.fetchall())

    found = workplace.run(plan())
    assert "Index Scan using library_embeddings_kmer" in found
    assert "esm2" not in found


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sequence": "AC"},
        {"sequence": "XXXX"},
        {"sequence": "A" * 50_000},
        {"sequence": "ACDE", "structure": "00000000-0000-0000-0000-000000000000"},
        {"sequence": "ACDE", "k": 0},
        {"sequence": "ACDE", "kind": "mixed"},
    ],
)
def test_what_cannot_be_compared_is_refused(workplace: Workplace, body: dict[str, Any]) -> None:
    assert workplace.ask("ana", "POST", "/similar", body)[0] == 400


def test_a_structure_without_words_is_left_out_and_not_tried_again(workplace: Workplace) -> None:
    project_of(workplace, "short", "AC", made(6))
    service = workplace.core.service.similar
    found = workplace.good("short", "POST", "/similar", {"sequence": made(6)})
    assert names(found) == ["s1"]
    assert workplace.run(service.catch_up(10)) == 0


def test_the_structure_library_has_rows_to_offer() -> None:
    rows = library_rows()
    assert len(rows) > 10
    assert all(embed(row["sequence"], "kmer-1").any() for row in rows[:5])
