"""Projects and what is in them, through the service: ``connect().workspace``.

Lists come page by page as they are read, so that a loop over ten thousand structures starts
with the first. Of :class:`AsyncWorkspace`, operations are awaited and lists are read with
``async for``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from foldsight.account_calls import AccountOperations
from foldsight.calls import (
    Ask,
    Awaiting,
    Blocking,
    Flow,
    Pages,
    T,
    ask,
    bytes_of,
    given,
    listing,
    once,
    operation,
    pages,
    post,
    rows,
    tell,
    under,
)
from foldsight.typing import Json


class WorkspaceOperations(AccountOperations):
    """Operations of the workspace; ids are UUIDs as texts."""

    # -- projects

    @listing
    def projects(self, *, trash: bool = False, public: bool = False) -> Pages:
        """Yield the caller's projects, newest first."""
        return pages("/projects", "projects", trash=trash, public=public)

    @operation
    def create_project(
        self, name: str, description: str = "", visibility: str = "private", organization: str | None = None
    ) -> Ask[Json]:
        """Make a project; visibility is ``private``, ``organisation`` or ``public``."""
        body = {"name": name, "description": description, "visibility": visibility}
        return post("/projects", {**body, **({"organization": organization} if organization else {})})

    @operation
    def project(self, project: str) -> Ask[Json]:
        """Return a project."""
        return ask("GET", f"/projects/{project}")

    @operation
    def change_project(self, /, project: str, **changes: str) -> Ask[Json]:
        """Change ``name``, ``description`` or ``visibility``."""
        return ask("PATCH", f"/projects/{project}", json=changes)

    @operation
    def trash_project(self, project: str) -> Ask[None]:
        """Put a project into the trash."""
        return tell("DELETE", f"/projects/{project}")

    @operation
    def restore_project(self, project: str) -> Ask[Json]:
        """Take a project out of the trash."""
        return post(f"/projects/{project}/restore")

    @operation
    def fork_project(self, project: str, name: str | None = None) -> Ask[Json]:
        """Copy a project into a new one of the caller's that says where it is from."""
        return post(f"/projects/{project}/fork", {"name": name})

    @operation
    def members(self, project: str) -> Ask[list[Json]]:
        """Return the members of a project."""
        return rows(f"/projects/{project}/members", "members")

    @operation
    def put_member(self, project: str, user: str, role: str) -> Ask[None]:
        """Add a member or change their role: viewer, commenter, editor or owner."""
        return tell("PUT", f"/projects/{project}/members/{quote(user, safe='')}", json={"role": role})

    @operation
    def drop_member(self, project: str, user: str) -> Ask[None]:
        """Remove a member."""
        return tell("DELETE", f"/projects/{project}/members/{quote(user, safe='')}")

    @operation
    def audit(self, project: str, limit: int = 50) -> Ask[list[Json]]:
        """Return the last deeds in a project, newest first; for its owners."""
        return rows(f"/projects/{project}/audit", "entries", limit=limit)

    # -- organisations and accounts

    @operation
    def organizations(self) -> Ask[list[Json]]:
        """Return the organisations that the caller belongs to."""
        return rows("/organizations", "organizations")

    @operation
    def create_organization(self, name: str, institution: str = "") -> Ask[Json]:
        """Make an organisation."""
        return post("/organizations", {"name": name, "institution": institution})

    @operation
    def org_members(self, organization: str) -> Ask[list[Json]]:
        """Return the members of an organisation."""
        return rows(f"/organizations/{organization}/members", "members")

    @operation
    def put_org_member(self, organization: str, user: str, role: str = "member") -> Ask[None]:
        """Add a member to an organisation: ``member`` or ``admin``."""
        path = f"/organizations/{organization}/members/{quote(user, safe='')}"
        return tell("PUT", path, json={"role": role})

    @operation
    def drop_org_member(self, organization: str, user: str) -> Ask[None]:
        """Remove a member from an organisation."""
        return tell("DELETE", f"/organizations/{organization}/members/{quote(user, safe='')}")

    @operation
    def usage(self) -> Ask[Json]:
        """Return what the caller's accounts have used of their plans in this period."""
        return ask("GET", "/usage")

    @operation
    def plans(self) -> Ask[list[Json]]:
        """Return the plans that can be bought, cheapest first."""
        return rows("/plans", "plans")

    @operation
    def forecast(self, request: Mapping[str, Any]) -> Ask[Json]:
        """Return what a fold request would cost and how many jobs would run before it."""
        return ask("POST", "/jobs/forecast", json=dict(request))

    # -- structures

    @listing
    def structures(self, project: str, *, tag: str | None = None, trash: bool = False) -> Pages:
        """Yield the structures of a project, newest first."""
        return pages(f"/projects/{project}/structures", "structures", tag=tag, trash=trash)

    @listing
    def predictions(self, project: str) -> Pages:
        """Yield the prediction jobs of a project, newest first."""
        return pages(f"/projects/{project}/predictions", "predictions")

    @operation
    def upload(
        self, /, project: str, source: str | Path | bytes, name: str | None = None, **facts: str
    ) -> Ask[Json]:
        """Keep a PDB, mmCIF or BinaryCIF file in a project.

        Parameters
        ----------
        project : str
        source : path or bytes
        name : str, optional
            That of the file, where it is one.
        **facts
            ``organism``, ``uniprot``, ``pdb_id``.
        """
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
        called = name or (None if isinstance(source, bytes) else Path(source).stem)
        params = {**facts, **({"name": called} if called else {})}
        headers = {"Content-Type": "application/octet-stream", **once()}
        path = f"/projects/{project}/structures"
        return ask("POST", path, content=data, params=params, headers=headers)

    @operation
    def structure(self, structure: str) -> Ask[Json]:
        """Return a structure."""
        return ask("GET", f"/structures/{structure}")

    @operation
    def change_structure(self, /, structure: str, **changes: str) -> Ask[Json]:
        """Change ``name``, ``organism``, ``uniprot`` or ``pdb_id``."""
        return ask("PATCH", f"/structures/{structure}", json=changes)

    @operation
    def trash_structure(self, structure: str) -> Ask[None]:
        """Put a structure into the trash."""
        return tell("DELETE", f"/structures/{structure}")

    @operation
    def restore_structure(self, structure: str) -> Ask[Json]:
        """Take a structure out of the trash."""
        return post(f"/structures/{structure}/restore")

    @operation
    def structure_file(self, structure: str, name: str) -> Ask[bytes]:
        """Return one file of a structure."""
        return Ask("GET", f"/structures/{structure}/files/{quote(name, safe='')}", bytes_of)

    @operation
    def structure_link(self, structure: str, name: str) -> Ask[Json]:
        """Make a link to a file that anybody may read for an hour: ``url`` and ``expires``.

        A URL that begins with ``/files/`` is one of the service: it comes after its address.
        """
        return ask("GET", f"/structures/{structure}/files/{quote(name, safe='')}/link")

    @operation
    def job_link(self, job: str, name: str) -> Ask[Json]:
        """Make a link to a file of a result, as :meth:`structure_link` does."""
        return ask("GET", f"/jobs/{job}/files/{quote(name, safe='')}/link")

    @operation
    def tag(self, structure: str, tag: str) -> Ask[Json]:
        """Tag a structure."""
        return ask("PUT", f"/structures/{structure}/tags/{quote(tag, safe='')}")

    @operation
    def untag(self, structure: str, tag: str) -> Ask[Json]:
        """Take a tag from a structure."""
        return ask("DELETE", f"/structures/{structure}/tags/{quote(tag, safe='')}")

    @listing
    def search(self, text: str, *, kind: str | None = None, project: str | None = None) -> Pages:
        """Yield projects, structures, tags, annotations and comments by the beginnings of words."""
        query = given(q=text, kind=kind, project=project)
        return Pages("/search", "hits", query, cursor="offset", next="next_offset")

    @operation
    def similar(
        self, sequence: str | None = None, *, structure: str | None = None, k: int = 10,
        project: str | None = None, kind: str | None = None,
    ) -> Ask[Json]:  # fmt: skip
        """Find library entries and structures with sequences like a given one.

        Returns
        -------
        dict
            ``kind`` of embedding that was compared, and ``hits`` with their ``cosine``, best first.
        """
        body = given(sequence=sequence, structure=structure, k=k, project=project, kind=kind)
        return ask("POST", "/similar", json=body)

    # -- what was found out, and what is said about it

    @listing
    def comments(self, project: str, structure: str | None = None) -> Pages:
        """Yield threads with their replies, newest thread first."""
        return pages(f"/projects/{project}/comments", "comments", structure=structure)

    @operation
    def comment(
        self, project: str, body: str, *, structure: str | None = None, parent: str | None = None,
        residues: str | None = None,
    ) -> Ask[Json]:  # fmt: skip
        """Write a comment, or a reply to ``parent``; ``@id`` mentions somebody."""
        words = given(body=body, structure=structure, parent=parent, residues=residues)
        return post(f"/projects/{project}/comments", words)

    @operation
    def change_comment(
        self, comment: str, body: str | None = None, resolved: bool | None = None
    ) -> Ask[Json]:
        """Change one's own text, or mark a thread as resolved."""
        return ask("PATCH", f"/comments/{comment}", json={"body": body, "resolved": resolved})

    @operation
    def delete_comment(self, comment: str) -> Ask[None]:
        """Delete a comment."""
        return tell("DELETE", f"/comments/{comment}")

    @listing
    def mentions(self, *, seen: bool = False) -> Pages:
        """Yield comments that mention the caller; with ``seen`` they count as seen then."""
        return pages("/mentions", "mentions", seen=seen)

    @operation
    def annotations(self, project: str, structure: str | None = None) -> Ask[list[Json]]:
        """Return the annotations of a project as the search knows them."""
        return rows(f"/projects/{project}/annotations", "annotations", structure=structure)

    @listing
    def alignments(self, project: str) -> Pages:
        """Yield the alignments of a project, newest first."""
        return pages(f"/projects/{project}/alignments", "alignments")

    @operation
    def add_alignment(self, /, project: str, **found: Any) -> Ask[Json]:
        """Keep an alignment: ``reference``, ``mobile``, ``method``, both TM-scores and so on."""
        return post(f"/projects/{project}/alignments", found)

    @operation
    def pockets(self, structure: str) -> Ask[list[Json]]:
        """Return the pockets of a structure by method and rank."""
        return rows(f"/structures/{structure}/pockets", "pockets")

    @operation
    def put_pockets(
        self, structure: str, method: str, pockets: Sequence[Mapping[str, Any]]
    ) -> Ask[list[Json]]:
        """Keep the pockets that a method found, best first, in place of those that it found before."""
        body = {"method": method, "pockets": [dict(pocket) for pocket in pockets]}
        return Ask("PUT", f"/structures/{structure}/pockets", under("pockets"), {"json": body})

    @listing
    def variant_analyses(self, structure: str) -> Pages:
        """Yield the variant analyses of a structure, newest first."""
        return pages(f"/structures/{structure}/variants", "analyses")

    @operation
    def add_variants(self, structure: str, method: str, variants: Sequence[Mapping[str, Any]]) -> Ask[Json]:
        """Keep an analysis of variants: ``[{"variant": "V82A", "ddg": 1.2}]``, ddG in kcal/mol."""
        body = {"method": method, "variants": [dict(variant) for variant in variants]}
        return post(f"/structures/{structure}/variants", body)


class Workspace(WorkspaceOperations, Blocking):
    """The workspace of a client.

    Parameters
    ----------
    client : Blocking
    """

    def __init__(self, client: Blocking) -> None:
        self._client = client

    def do(self, work: Ask[T] | Flow[T]) -> T:
        """Have the client do it."""
        return self._client.do(work)

    def each(self, listed: Pages) -> Iterator[Json]:
        """Have the client read it."""
        return self._client.each(listed)


class AsyncWorkspace(WorkspaceOperations, Awaiting):
    """The workspace of an asynchronous client.

    Parameters
    ----------
    client : Awaiting
    """

    def __init__(self, client: Awaiting) -> None:
        self._client = client

    async def do(self, work: Ask[T] | Flow[T]) -> T:
        """Have the client do it."""
        return await self._client.do(work)

    def each(self, listed: Pages) -> AsyncIterator[Json]:
        """Have the client read it."""
        return self._client.each(listed)
