"""What people keep in projects: structures, analyses, comments, and finding all of it again."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from foldsight.io.bundle import STRUCTURE

if TYPE_CHECKING:
    from conftest import Workplace

PDB = b"".join(
    f"ATOM  {i:5d}  CA  {aa} {c}{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for c in "AB"
    for i, aa in enumerate(["ALA", "CYS", "ASP", "GLU", "PHE"], start=1)
)


@pytest.fixture(scope="module")
def project(workplace: Workplace) -> str:
    return str(workplace.good("ana", "POST", "/projects", {"name": "HIV-1_protease dimers"})["id"])


@pytest.fixture(scope="module")
def structure(workplace: Workplace, project: str) -> str:
    query = {
        "name": "1HPV",
        "organism": "Human immunodeficiency virus 1",
        "uniprot": "P04587",
        "pdb_id": "1HPV",
    }
    return str(workplace.good("ana", "POST", f"/projects/{project}/structures", PDB, query=query)["id"])


def test_an_upload_is_read_and_described(workplace: Workplace, structure: str) -> None:
    found = workplace.good("ana", "GET", f"/structures/{structure}")
    assert (found["sequence"], found["sequence_length"]) == ("ACDEF:ACDEF", 10)
    assert (found["origin"], found["organism"]) == ("uploaded", "Human immunodeficiency virus 1")
    assert found["files"] == [{"name": "structure.pdb", "bytes": len(PDB)}]
    assert workplace.good("ana", "GET", f"/structures/{structure}/files/structure.pdb") == PDB


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "The file is empty"), (b"hello", ""), (b"\x00" * 100, ""), (b"data_x\nloop_\n_a.b\n", "")],
)
def test_what_is_no_structure_is_refused(workplace: Workplace, project: str, data: bytes, words: str) -> None:
    before = workplace.sql("SELECT count(*) AS n FROM structures")
    status, problem = workplace.ask("ana", "POST", f"/projects/{project}/structures", data)
    assert (status, problem["code"]) == (422, "bad_file")
    assert words in problem["detail"]
    assert workplace.sql("SELECT count(*) AS n FROM structures") == before


def test_storage_is_bounded_by_the_plan(workplace: Workplace) -> None:
    project = workplace.good("full", "POST", "/projects", {"name": "Small"})["id"]
    path, room = f"/projects/{project}/structures", {"storage": 2 * len(PDB)}
    for _ in range(2):
        workplace.good("full", "POST", path, PDB, **room)
    status, problem = workplace.ask("full", "POST", path, PDB, **room)
    assert (status, problem["code"]) == (429, "quota_exceeded")
    status, problem = workplace.ask("full", "POST", f"/projects/{project}/fork", **room)
    assert (status, problem["code"]) == (429, "quota_exceeded")


def test_pockets_replace_those_of_the_same_method(workplace: Workplace, structure: str) -> None:
    def put(method: str, *residues: str) -> list[Any]:
        sites = [{"residues": [one], "druggability": 0.9, "facts": {"alpha_spheres": 7}} for one in residues]
        path = f"/structures/{structure}/pockets"
        rows = workplace.good("ana", "PUT", path, {"method": method, "pockets": sites})["pockets"]
        return [(row["method"], row["rank"], row["residues"]) for row in rows]

    put("fpocket", "A:1", "A:2")
    put("foldsight", "A:3")
    assert put("fpocket", "B:4") == [("foldsight", 1, ["A:3"]), ("fpocket", 1, ["B:4"])]


@pytest.mark.parametrize("number", [5e-324, 1e-50, 0.1, 1.0])
def test_numbers_come_back_as_they_were(workplace: Workplace, structure: str, number: float) -> None:
    site = {
        "residues": ["A:1"],
        "druggability": number,
        "volume": number,
        "facts": {"x": number, "n": 10**30},
    }
    rows = workplace.good(
        "ana", "PUT", f"/structures/{structure}/pockets", {"method": "exact", "pockets": [site]}
    )["pockets"]
    found = next(row for row in rows if row["method"] == "exact")
    assert (found["druggability"], found["volume"], found["facts"]) == (
        number,
        number,
        {"x": number, "n": 10**30},
    )


def test_variant_analyses_are_kept_in_order(workplace: Workplace, structure: str) -> None:
    path = f"/structures/{structure}/variants"
    for name in ("V82A", "I84V"):
        workplace.good("ana", "POST", path, {"method": "net", "variants": [{"variant": name, "ddg": 1.2}]})
    found = workplace.good("ana", "GET", path)["analyses"]
    assert [row["variants"][0]["variant"] for row in found] == ["I84V", "V82A"]
    status, problem = workplace.ask(
        "ana", "POST", path, {"method": "net", "variants": [{"variant": "A1V"}]}, plan="free"
    )
    assert (status, problem["hint"]) == (403, "Researcher has.")


def test_an_alignment_stays_within_a_project(workplace: Workplace, project: str, structure: str) -> None:
    other = workplace.good("ana", "POST", "/projects", {"name": "Elsewhere"})["id"]
    foreign = workplace.good("ana", "POST", f"/projects/{other}/structures", PDB)["id"]
    body = {
        "reference": structure, "mobile": foreign, "method": "tm", "by_reference": 0.9, "by_mobile": 0.8,
        "rmsd": 1.1, "aligned": 5, "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "translation": [0, 0, 0],
    }  # fmt: skip
    status, problem = workplace.ask("ana", "POST", f"/projects/{project}/alignments", body)
    assert (status, problem["detail"]) == (400, "Both structures must be in this project.")
    made = workplace.good("ana", "POST", f"/projects/{project}/alignments", {**body, "mobile": structure})
    assert made["by_mobile"] == 0.8


def test_comments_make_threads_and_mentions(workplace: Workplace, project: str, structure: str) -> None:
    for user in ("bea", "cyd"):
        workplace.good(user, "GET", "/projects")
    workplace.good("ana", "PUT", f"/projects/{project}/members/bea", {"role": "commenter"})
    path = f"/projects/{project}/comments"
    first = workplace.good(
        "ana",
        "POST",
        path,
        {"body": "@bea @cyd look at this flap", "structure": structure, "residues": "A:45-55"},
    )
    reply = workplace.good("bea", "POST", path, {"body": "@ana it is closed", "parent": first["id"]})
    nested = workplace.good("ana", "POST", path, {"body": "agreed", "parent": reply["id"]})
    assert nested["parent_id"] == first["id"]
    thread = workplace.good("bea", "GET", path, query={"structure": structure})["comments"][0]
    assert [row["body"] for row in thread["replies"]] == ["@ana it is closed", "agreed"]
    # Whoever may not see the project is not told of it.
    assert workplace.good("cyd", "GET", "/mentions")["mentions"] == []
    told = workplace.good("bea", "GET", "/mentions", query={"seen": "true"})["mentions"]
    assert [(row["id"], row["seen"]) for row in told] == [(first["id"], None)]
    assert workplace.good("bea", "GET", "/mentions")["mentions"][0]["seen"] is not None
    assert workplace.ask("bea", "PATCH", f"/comments/{first['id']}", {"body": "mine now"})[0] == 403
    assert workplace.good("bea", "PATCH", f"/comments/{first['id']}", {"resolved": True})["resolved"]
    assert workplace.ask("bea", "DELETE", f"/comments/{first['id']}")[0] == 403
    workplace.good("ana", "DELETE", f"/comments/{reply['id']}")
    thread = workplace.good("bea", "GET", path, query={"structure": structure})["comments"][0]
    assert [row["body"] for row in thread["replies"]] == [None, "agreed"]
    other = workplace.good("ana", "POST", "/projects", {"name": "Other"})["id"]
    status, problem = workplace.ask(
        "ana", "POST", f"/projects/{other}/comments", {"body": "x", "parent": first["id"]}
    )
    assert (status, problem["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("protease", {"project"}),
        ("immunodef virus", {"structure"}),
        ("p0458", {"structure"}),
        ("1hpv", {"structure"}),
        ("inhibit", {"tag"}),
        ("catalytic", {"annotation"}),
        ("zinc", {"comment"}),
        ("nothinglikethis", set()),
    ],
)
def test_everything_is_found_by_the_beginnings_of_its_words(
    workplace: Workplace, project: str, structure: str, text: str, kinds: set[str]
) -> None:
    workplace.good("ana", "PUT", f"/structures/{structure}/tags/Inhibitor bound")
    item = {"id": "a1", "structure_id": structure, "residues": "A:25", "body": "catalytic\0 aspartate"}
    workplace.run(workplace.core.service.discussion.index_annotations(project, [item, {"id": "a2"}]))
    workplace.good("ana", "POST", f"/projects/{project}/comments", {"body": "no zinc here"})
    hits = workplace.good("ana", "GET", "/search", query={"q": text})["hits"]
    assert {row["kind"] for row in hits} == kinds
    assert workplace.good("stranger", "GET", "/search", query={"q": text})["hits"] == []
    assert (
        workplace.good("ana", "GET", "/search", query={"q": text, "project": str(uuid.uuid4())})["hits"] == []
    )


def test_a_finished_prediction_is_a_structure_of_its_project(workplace: Workplace, project: str) -> None:
    from foldsight_server.store.queue import Result

    request = {"sequence": "ACDEFGHIKLMNPQRSTVWY", "name": "fresh", "project": project}
    job = workplace.good("ana", "POST", "/jobs", request)
    assert (job["project_id"], job["cost"], job["position"]) == (project, 1, 0)
    assert workplace.good("bea", "GET", f"/jobs/{job['id']}")["name"] == "fresh"
    assert workplace.ask("stranger", "GET", f"/jobs/{job['id']}")[0] == 404
    service = workplace.core.service
    claim = workplace.run(service.queue.claim("test", 60.0))[0]
    digest = workplace.run(service.objects.put(PDB))
    summary = {"name": "fresh", "origin": "predicted", "engine": "esmfold",
               "confidence": {"kind": "plddt", "mean": 81.5}}  # fmt: skip
    files = [{"name": STRUCTURE, "bytes": len(PDB), "digest": digest}]
    assert workplace.run(service.queue.finish(claim, Result(files, summary)))
    rows = workplace.good("bea", "GET", f"/projects/{project}/structures")["structures"]
    made = next(row for row in rows if row["name"] == "fresh")
    assert (made["origin"], made["engine"], made["confidence_mean"]) == ("predicted", "esmfold", 81.5)
    assert workplace.good("bea", "GET", f"/structures/{made['id']}/files/{STRUCTURE}") == PDB
    listed = workplace.good("bea", "GET", f"/projects/{project}/predictions")["predictions"]
    assert [row["id"] for row in listed] == [job["id"]]


def test_no_file_of_the_data_folder_is_readable_by_others(workplace: Workplace) -> None:
    folder: Path = workplace.core.service.home / "objects"
    assert folder.stat().st_mode & 0o077 == 0
