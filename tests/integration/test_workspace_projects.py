"""Projects over the REST interface: members, roles, forks, trash, and what strangers see."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Workplace

#: One alanine and its neighbours: a structure file of a few lines.
PDB = b"".join(
    f"ATOM  {i:5d}  CA  {aa} A{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for i, aa in enumerate(["ALA", "CYS", "ASP", "GLU", "PHE"], start=1)
)


def make(workplace: Workplace, owner: str = "ana", **body: Any) -> str:
    return str(workplace.good(owner, "POST", "/projects", {"name": "Protease", **body})["id"])


def upload(workplace: Workplace, project: str, user: str = "ana", **query: str) -> dict[str, Any]:
    found: dict[str, Any] = workplace.good(
        user, "POST", f"/projects/{project}/structures", PDB, query={"name": "mini", **query}
    )
    return found


def known(workplace: Workplace, *users: str) -> None:
    for user in users:
        workplace.good(user, "GET", "/projects")


@pytest.fixture(scope="module")
def cast(workplace: Workplace) -> dict[str, Any]:
    """A private project of Ana's with one member of each role, and a structure in it."""
    people = {"vera": "viewer", "carl": "commenter", "ed": "editor", "olga": "owner"}
    known(workplace, *people, "stranger")
    project = make(workplace)
    for user, role in people.items():
        workplace.good("ana", "PUT", f"/projects/{project}/members/{user}", {"role": role})
    structure = upload(workplace, project)["id"]
    comment = workplace.good("ana", "POST", f"/projects/{project}/comments", {"body": "first"})["id"]
    return {"project": project, "structure": structure, "comment": comment, "people": people}


def test_a_personal_project_is_there_from_the_first_call_and_stays(workplace: Workplace) -> None:
    found = workplace.good("newcomer", "GET", "/projects")["projects"]
    assert [(row["name"], row["personal"], row["role"]) for row in found] == [("Personal", True, "owner")]
    status, problem = workplace.ask("newcomer", "DELETE", f"/projects/{found[0]['id']}")
    assert (status, problem["detail"]) == (403, "The personal project stays.")


#: What each role may do in a project, as (method, path, body): the table of the policy through the door.
DEEDS: list[tuple[str, str, str, object]] = [
    ("see", "GET", "/projects/{project}", b""),
    ("see", "GET", "/structures/{structure}", b""),
    ("see", "GET", "/structures/{structure}/files/structure.pdb", b""),
    ("comment", "POST", "/projects/{project}/comments", {"body": "hm"}),
    ("edit", "POST", "/projects/{project}/structures", PDB),
    ("edit", "PATCH", "/structures/{structure}", {"organism": "HIV-1"}),
    ("edit", "PUT", "/structures/{structure}/tags/drug target", b""),
    ("edit", "PUT", "/structures/{structure}/pockets", {"method": "m", "pockets": [{"residues": ["A:1"]}]}),
    ("edit", "POST", "/structures/{structure}/variants", {"method": "m", "variants": [{"variant": "A1V"}]}),
    ("predict", "POST", "/jobs", {"sequence": "ACDEFGHIKLMNPQRSTVWY", "project": "{project}"}),
    ("share", "PUT", "/projects/{project}/members/vera", {"role": "viewer"}),
    ("share", "GET", "/projects/{project}/audit", b""),
    ("publish", "PATCH", "/projects/{project}", {"visibility": "private"}),
]
MAY = {
    "stranger": set(),
    "vera": {"see"},
    "carl": {"see", "comment"},
    "ed": {"see", "comment", "edit", "predict"},
    "olga": {"see", "comment", "edit", "predict", "share", "publish"},
}


@pytest.mark.parametrize(
    ("user", "deed"),
    list(itertools.product(MAY, DEEDS)),
    ids=lambda v: v if isinstance(v, str) else v[1] + v[2],
)
def test_every_role_at_every_door(
    workplace: Workplace, cast: dict[str, Any], user: str, deed: tuple[str, str, str, Any]
) -> None:
    verb, method, path, body = deed
    if isinstance(body, dict) and "project" in body:
        body = {**body, "project": cast["project"]}
    status, found = workplace.ask(user, method, path.format(**cast), body)
    if verb in MAY[user]:
        assert status < 300, found
    else:
        assert status == (404 if user == "stranger" else 403), found
        assert found["code"] == ("not_found" if user == "stranger" else "not_allowed")


def test_a_strangers_answer_is_the_same_whether_a_thing_is_there_or_not(
    workplace: Workplace, cast: dict[str, Any]
) -> None:
    for path in ("/projects/{}", "/structures/{}", "/projects/{}/comments", "/structures/{}/pockets"):
        kind = path.split("/")[1][:-1]
        there, absent = cast[kind], str(uuid.uuid4())
        told = [workplace.ask("stranger", "GET", path.format(item)) for item in (there, absent)]
        assert told[0][0] == told[1][0] == 404
        assert told[0][1]["detail"].replace(there, absent) == told[1][1]["detail"]
        assert told[0][1]["hint"] == told[1][1]["hint"]


@pytest.mark.parametrize(("may", "status"), [("read", 403), ("annotate", 201), ("predict", 201)])
def test_a_token_cuts_down_what_its_owner_may(
    workplace: Workplace, cast: dict[str, Any], may: str, status: int
) -> None:
    path = f"/projects/{cast['project']}/comments"
    found = workplace.ask("ana", "POST", path, {"body": "by token"}, may=may)
    assert found[0] == status
    assert workplace.ask("ana", "GET", path, may=may)[0] == 200
    assert workplace.ask("ana", "POST", "/projects", {"name": "x"}, may=may)[0] == status


def test_organisations_open_their_projects_to_their_members(workplace: Workplace) -> None:
    known(workplace, "pi", "postdoc", "outsider")
    org = workplace.good("pi", "POST", "/organizations", {"name": "Baker"})["id"]
    workplace.sql("UPDATE organizations SET seat_count = 2 WHERE id = %s", org)
    workplace.good("pi", "PUT", f"/organizations/{org}/members/postdoc", {"role": "member"})
    status, problem = workplace.ask("pi", "PUT", f"/organizations/{org}/members/outsider", {"role": "member"})
    assert (status, problem["detail"]) == (429, "All 2 seats are taken.")
    hidden = make(workplace, "pi", organization=org)
    shown = make(workplace, "pi", organization=org, visibility="organisation")
    public = make(workplace, "pi", organization=org, visibility="public")
    seen = {user: {row["id"] for row in workplace.good(user, "GET", "/projects")["projects"]} for user in
            ("pi", "postdoc", "outsider")}  # fmt: skip
    assert {hidden, shown, public} <= seen["pi"]
    assert seen["postdoc"] & {hidden, shown, public} == {shown, public}
    assert seen["outsider"] & {hidden, shown, public} == set()
    listed = workplace.good("outsider", "GET", "/projects", query={"public": "true"})["projects"]
    assert public in {row["id"] for row in listed}
    own = make(workplace, "postdoc", organization=org)
    assert workplace.good("pi", "GET", f"/projects/{own}")["role"] == "owner"
    assert workplace.ask("outsider", "POST", "/projects", {"name": "x", "organization": org})[0] == 404
    workplace.good("postdoc", "DELETE", f"/organizations/{org}/members/postdoc")
    assert workplace.ask("postdoc", "GET", f"/projects/{shown}")[0] == 404


def test_a_project_keeps_an_owner(workplace: Workplace) -> None:
    project = make(workplace)
    known(workplace, "bea")
    for method, body in (("DELETE", b""), ("PUT", {"role": "viewer"})):
        status, problem = workplace.ask("ana", method, f"/projects/{project}/members/ana", body)
        assert (status, problem["detail"]) == (403, "A project keeps at least one owner.")
    workplace.good("ana", "PUT", f"/projects/{project}/members/bea", {"role": "owner"})
    workplace.good("ana", "DELETE", f"/projects/{project}/members/ana")
    assert workplace.ask("ana", "GET", f"/projects/{project}")[0] == 404
    assert workplace.ask("bea", "PUT", f"/projects/{project}/members/nobody", {"role": "viewer"})[0] == 404


def test_sharing_is_for_plans_that_have_it(workplace: Workplace) -> None:
    known(workplace, "bea")
    project = make(workplace)
    status, problem = workplace.ask(
        "ana", "PUT", f"/projects/{project}/members/bea", {"role": "viewer"}, plan="researcher"
    )
    assert (status, problem["hint"]) == (403, "Lab has.")


def test_a_fork_is_a_copy_that_says_where_it_is_from(workplace: Workplace, cast: dict[str, Any]) -> None:
    project = make(workplace, visibility="public")
    first, second = (upload(workplace, project, name=name)["id"] for name in ("one", "two"))
    workplace.good("ana", "PUT", f"/structures/{first}/tags/keep")
    site = {"method": "fpocket", "pockets": [{"residues": ["A:1", "A:2"], "druggability": 0.5}]}
    workplace.good("ana", "PUT", f"/structures/{first}/pockets", site)
    alignment = {
        "reference": first, "mobile": second, "method": "tm-align", "by_reference": 1, "by_mobile": 1,
        "rmsd": 0.0, "aligned": 5, "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "translation": [0, 0, 0],
    }  # fmt: skip
    workplace.good("ana", "POST", f"/projects/{project}/alignments", alignment)
    fork = workplace.good("stranger", "POST", f"/projects/{project}/fork", {"name": "Mine"})
    assert (fork["name"], fork["visibility"], fork["role"]) == ("Mine", "private", "owner")
    assert (fork["forked_from"], fork["fork_source"]["name"]) == (project, "Protease")
    copies = workplace.good("stranger", "GET", f"/projects/{fork['id']}/structures")["structures"]
    assert {row["forked_from"] for row in copies} == {first, second}
    copy = next(row for row in copies if row["forked_from"] == first)
    assert copy["tags"] == ["keep"]
    assert workplace.good("stranger", "GET", f"/structures/{copy['id']}/files/structure.pdb") == PDB
    pockets = workplace.good("stranger", "GET", f"/structures/{copy['id']}/pockets")["pockets"]
    assert [row["residues"] for row in pockets] == [["A:1", "A:2"]]
    aligned = workplace.good("stranger", "GET", f"/projects/{fork['id']}/alignments")["alignments"]
    assert [row["reference_id"] for row in aligned] == [copy["id"]]
    # The original can go; the fork keeps its files and its word on the source.
    workplace.sql("DELETE FROM projects WHERE id = %s", project)
    left = workplace.good("stranger", "GET", f"/projects/{fork['id']}")
    assert (left["forked_from"], left["fork_source"]["id"]) == (None, project)
    assert workplace.ask("stranger", "POST", f"/projects/{cast['project']}/fork")[0] == 404


def test_the_trash_hides_and_gives_back(workplace: Workplace) -> None:
    project = make(workplace)
    structure = upload(workplace, project)["id"]
    workplace.good("ana", "DELETE", f"/structures/{structure}")
    assert workplace.ask("ana", "GET", f"/structures/{structure}")[0] == 404
    listing = f"/projects/{project}/structures"
    assert workplace.good("ana", "GET", listing)["structures"] == []
    trashed = workplace.good("ana", "GET", listing, query={"trash": "true"})["structures"]
    assert [row["id"] for row in trashed] == [structure]
    workplace.good("ana", "POST", f"/structures/{structure}/restore")
    workplace.good("ana", "DELETE", f"/projects/{project}")
    for path in (f"/projects/{project}", f"/structures/{structure}", listing):
        assert workplace.ask("ana", "GET", path)[0] == 404
    in_trash = workplace.good("ana", "GET", "/projects", query={"trash": "true"})["projects"]
    assert project in {row["id"] for row in in_trash}
    assert workplace.good("ana", "POST", f"/projects/{project}/restore")["deleted"] is None
    assert workplace.good("ana", "GET", f"/structures/{structure}")["id"] == structure
    actions = [row["action"] for row in workplace.good("ana", "GET", f"/projects/{project}/audit")["entries"]]
    assert actions == ["project.restore", "project.trash", "structure.restore", "structure.trash",
                       "structure.add", "project.create"]  # fmt: skip


def test_pages_hold_every_row_once_also_when_rows_come_meanwhile(workplace: Workplace) -> None:
    made = [make(workplace, "pager") for _ in range(7)]
    seen, cursor = [], ""
    for number in range(10):
        page = workplace.good("pager", "GET", "/projects", query={"limit": "3", "cursor": cursor})
        seen += [row["id"] for row in page["projects"] if not row["personal"]]
        if number == 0:
            make(workplace, "pager")
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made[::-1]
    assert workplace.ask("pager", "GET", "/projects", query={"cursor": "AAAA"})[0] == 400


def test_one_key_makes_one_project(workplace: Workplace) -> None:
    body = {"name": "Once"}
    first = workplace.good("once", "POST", "/projects", body, key="k1")
    assert workplace.good("once", "POST", "/projects", body, key="k1") == first
    assert workplace.good("twice", "POST", "/projects", body, key="k1")["id"] != first["id"]
    status, problem = workplace.ask("once", "POST", "/projects", {"name": "Other"}, key="k1")
    assert (status, problem["detail"]) == (400, "This key was used for another request.")
    refused = [workplace.ask("once", "POST", "/projects", {"name": ""}, key="k2") for _ in range(2)]
    assert refused[0] == refused[1]
    assert refused[0][0] == 400
    names = [row["name"] for row in workplace.good("once", "GET", "/projects")["projects"]]
    assert sorted(names) == ["Once", "Personal"]
    workplace.sql("UPDATE idempotency SET status = NULL WHERE key = 'k1' AND user_id = 'once'")
    assert workplace.ask("once", "POST", "/projects", body, key="k1")[1]["code"] == "conflict"
