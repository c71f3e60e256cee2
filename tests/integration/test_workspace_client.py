"""The client's workspace and ``foldsight usage`` against a running service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from foldsight.cli.main import run
from foldsight.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Service

PDB = b"".join(
    f"ATOM  {i:5d}  CA  {aa} A{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for i, aa in enumerate(["ALA", "CYS", "ASP", "GLU", "PHE"], start=1)
)


def test_a_project_from_making_to_trash(shared: Service, tmp_path: Path) -> None:
    client = shared.client().workspace
    project = client.create_project("Flaps", "of the protease")["id"]
    (tmp_path / "mini flap.pdb").write_bytes(PDB)
    first = client.upload(project, tmp_path / "mini flap.pdb", organism="HIV-1")
    second = client.upload(project, PDB, name="other")
    assert (first["name"], first["organism"]) == ("mini flap", "HIV-1")
    assert client.structure_file(first["id"], "structure.pdb") == PDB
    assert client.tag(first["id"], "50% open/closed?")["tags"] == ["50% open/closed?"]
    assert [row["id"] for row in client.structures(project, tag="50% open/closed?")] == [first["id"]]
    assert client.untag(first["id"], "50% open/closed?")["tags"] == []
    assert client.change_structure(second["id"], name="renamed")["name"] == "renamed"
    thread = client.comment(project, "see A:3", structure=first["id"], residues="A:3")
    client.comment(project, "seen", parent=thread["id"])
    assert client.change_comment(thread["id"], resolved=True)["resolved"]
    assert [len(row["replies"]) for row in client.comments(project)] == [1]
    eye = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    client.add_alignment(
        project, reference=first["id"], mobile=second["id"], method="tm", by_reference=1, by_mobile=1, rmsd=0,
        aligned=5, rotation=eye, translation=[0, 0, 0],
    )  # fmt: skip
    assert [row["aligned"] for row in client.alignments(project)] == [5]
    assert client.put_pockets(first["id"], "m", [{"residues": ["A:1"]}])[0]["rank"] == 1
    client.add_variants(first["id"], "m", [{"variant": "A1V", "ddg": 0.3}])
    assert [row["variants"][0]["ddg"] for row in client.variant_analyses(first["id"])] == [0.3]
    assert {row["kind"] for row in client.search("flap")} == {"project", "structure"}
    fork = client.fork_project(project)
    assert (fork["name"], len(list(client.structures(fork["id"])))) == ("Flaps (fork)", 2)
    client.trash_structure(second["id"])
    assert [row["id"] for row in client.structures(project, trash=True)] == [second["id"]]
    assert client.restore_structure(second["id"])["deleted"] is None
    client.trash_project(project)
    with pytest.raises(NotFound, match="There is no project"):
        client.project(project)
    assert project in {row["id"] for row in client.projects(trash=True)}
    assert client.restore_project(project)["name"] == "Flaps"
    assert client.change_project(project, name="Flaps 2")["name"] == "Flaps 2"
    assert client.audit(project)[0]["action"] == "project.update"
    assert list(client.predictions(project)) == []
    assert client.annotations(project) == list(client.mentions()) == client.pockets(second["id"]) == []
    assert [row["role"] for row in client.members(project)] == ["owner"]
    with pytest.raises(NotFound, match="Nobody called"):
        client.put_member(project, "no/body", "viewer")
    with pytest.raises(BadRequest, match="Invalid enum value"):
        client.put_member(project, "x", "king")
    assert client.create_organization("Us")["id"] == client.organizations()[0]["id"]


def test_lists_come_page_by_page(shared: Service) -> None:
    client = shared.client().workspace
    names = [f"page {i:02}" for i in range(60)]
    for name in names:
        client.create_project(name)
    found = [row["name"] for row in client.projects() if row["name"].startswith("page ")]
    assert found == names[::-1]


def test_usage_on_the_command_line(
    shared: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = shared.client()
    monkeypatch.setenv("FOLDSIGHT_URL", client.address.url)
    monkeypatch.setenv("FOLDSIGHT_TOKEN", client.address.token)
    assert run(["usage", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accounts"][0]["plan"]["id"] == "embedded"
    assert run(["usage"]) == 0
    shown = capsys.readouterr().out
    assert "predictions" in shown
    assert "Embedded" in shown
    request = {"sequence": "ACDEFGHIKLMNPQRSTVWY", "engine": "test-slow", "network": "off"}
    assert client.workspace.forecast(request)["cost"] == 0
    assert [plan["id"] for plan in client.workspace.plans()] == ["free", "researcher", "lab"]
