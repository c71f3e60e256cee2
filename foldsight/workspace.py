"""Projects and what is in them, through the service: ``connect().workspace``.

Lists come page by page as they are read, so that a loop over ten thousand structures starts
with the first.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from foldsight.typing import Json


class Caller(Protocol):
    """Calls one operation of the service and returns the response; errors are raised."""

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        """Call."""
        ...


class Workspace:
    """Operations of the workspace; ids are UUIDs as texts.

    Parameters
    ----------
    call : callable
        Of the client.
    """

    def __init__(self, call: Caller) -> None:
        self._call = call

    # -- projects

    def projects(self, *, trash: bool = False, public: bool = False) -> Iterator[Json]:
        """Yield the caller's projects, newest first."""
        return self._pages("/projects", "projects", trash=trash, public=public)

    def create_project(
        self, name: str, description: str = "", visibility: str = "private", organization: str | None = None
    ) -> Json:
        """Make a project; visibility is ``private``, ``organisation`` or ``public``."""
        body = {"name": name, "description": description, "visibility": visibility}
        return self._post("/projects", {**body, **({"organization": organization} if organization else {})})

    def project(self, project: str) -> Json:
        """Return a project."""
        return self._json("GET", f"/projects/{project}")

    def change_project(self, project: str, **changes: str) -> Json:
        """Change ``name``, ``description`` or ``visibility``."""
        return self._json("PATCH", f"/projects/{project}", json=changes)

    def trash_project(self, project: str) -> None:
        """Put a project into the trash."""
        self._json("DELETE", f"/projects/{project}")

    def restore_project(self, project: str) -> Json:
        """Take a project out of the trash."""
        return self._post(f"/projects/{project}/restore")

    def fork_project(self, project: str, name: str | None = None) -> Json:
        """Copy a project into a new one of the caller's that says where it is from."""
        return self._post(f"/projects/{project}/fork", {"name": name})

    def members(self, project: str) -> list[Json]:
        """Return the members of a project."""
        return self._list(f"/projects/{project}/members", "members")

    def put_member(self, project: str, user: str, role: str) -> None:
        """Add a member or change their role: viewer, commenter, editor or owner."""
        self._json("PUT", f"/projects/{project}/members/{quote(user, safe='')}", json={"role": role})

    def drop_member(self, project: str, user: str) -> None:
        """Remove a member."""
        self._json("DELETE", f"/projects/{project}/members/{quote(user, safe='')}")

    def audit(self, project: str, limit: int = 50) -> list[Json]:
        """Return the last deeds in a project, newest first; for its owners."""
        return self._list(f"/projects/{project}/audit", "entries", limit=limit)

    # -- organisations and accounts

    def organizations(self) -> list[Json]:
        """Return the organisations that the caller belongs to."""
        return self._list("/organizations", "organizations")

    def create_organization(self, name: str, institution: str = "") -> Json:
        """Make an organisation."""
        return self._post("/organizations", {"name": name, "institution": institution})

    def org_members(self, organization: str) -> list[Json]:
        """Return the members of an organisation."""
        return self._list(f"/organizations/{organization}/members", "members")

    def put_org_member(self, organization: str, user: str, role: str = "member") -> None:
        """Add a member to an organisation: ``member`` or ``admin``."""
        path = f"/organizations/{organization}/members/{quote(user, safe='')}"
        self._json("PUT", path, json={"role": role})

    def drop_org_member(self, organization: str, user: str) -> None:
        """Remove a member from an organisation."""
        self._json("DELETE", f"/organizations/{organization}/members/{quote(user, safe='')}")

    def usage(self) -> Json:
        """Return what the caller's accounts have used of their plans in this period."""
        return self._json("GET", "/usage")

    def plans(self) -> list[Json]:
        """Return the plans that can be bought, cheapest first."""
        return self._list("/plans", "plans")

    def forecast(self, request: Mapping[str, Any]) -> Json:
        """Return what a fold request would cost and how many jobs would run before it."""
        return self._json("POST", "/jobs/forecast", json=dict(request))

    # -- structures

    def structures(self, project: str, *, tag: str | None = None, trash: bool = False) -> Iterator[Json]:
        """Yield the structures of a project, newest first."""
        return self._pages(f"/projects/{project}/structures", "structures", tag=tag, trash=trash)

    def predictions(self, project: str) -> Iterator[Json]:
        """Yield the prediction jobs of a project, newest first."""
        return self._pages(f"/projects/{project}/predictions", "predictions")

    def upload(self, project: str, source: str | Path | bytes, name: str | None = None, **facts: str) -> Json:
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
        headers = {"Content-Type": "application/octet-stream", **_key()}
        found: Json = self._call(
            "POST", f"/projects/{project}/structures", content=data, params=params, headers=headers
        ).json()
        return found

    def structure(self, structure: str) -> Json:
        """Return a structure."""
        return self._json("GET", f"/structures/{structure}")

    def change_structure(self, structure: str, **changes: str) -> Json:
        """Change ``name``, ``organism``, ``uniprot`` or ``pdb_id``."""
        return self._json("PATCH", f"/structures/{structure}", json=changes)

    def trash_structure(self, structure: str) -> None:
        """Put a structure into the trash."""
        self._json("DELETE", f"/structures/{structure}")

    def restore_structure(self, structure: str) -> Json:
        """Take a structure out of the trash."""
        return self._post(f"/structures/{structure}/restore")

    def structure_file(self, structure: str, name: str) -> bytes:
        """Return one file of a structure."""
        return bytes(self._call("GET", f"/structures/{structure}/files/{quote(name, safe='')}").content)

    def structure_link(self, structure: str, name: str) -> Json:
        """Make a link to a file that anybody may read for an hour: ``url`` and ``expires``.

        A URL that begins with ``/files/`` is one of the service: it comes after its address.
        """
        return self._json("GET", f"/structures/{structure}/files/{quote(name, safe='')}/link")

    def job_link(self, job: str, name: str) -> Json:
        """Make a link to a file of a result, as :meth:`structure_link` does."""
        return self._json("GET", f"/jobs/{job}/files/{quote(name, safe='')}/link")

    def tag(self, structure: str, tag: str) -> Json:
        """Tag a structure."""
        return self._json("PUT", f"/structures/{structure}/tags/{quote(tag, safe='')}")

    def untag(self, structure: str, tag: str) -> Json:
        """Take a tag from a structure."""
        return self._json("DELETE", f"/structures/{structure}/tags/{quote(tag, safe='')}")

    def search(self, text: str, *, kind: str | None = None, project: str | None = None) -> Iterator[Json]:
        """Yield projects, structures, tags, annotations and comments by the beginnings of words."""
        offset: int | None = 0
        while offset is not None:
            params = _given(q=text, kind=kind, project=project, offset=offset)
            page = self._json("GET", "/search", params=params)
            yield from page["hits"]
            offset = page["next_offset"]

    def similar(
        self, sequence: str | None = None, *, structure: str | None = None, k: int = 10,
        project: str | None = None, kind: str | None = None,
    ) -> Json:  # fmt: skip
        """Find library entries and structures with sequences like a given one.

        Returns
        -------
        dict
            ``kind`` of embedding that was compared, and ``hits`` with their ``cosine``, best first.
        """
        body = _given(sequence=sequence, structure=structure, k=k, project=project, kind=kind)
        return self._json("POST", "/similar", json=body)

    # -- what was found out, and what is said about it

    def comments(self, project: str, structure: str | None = None) -> Iterator[Json]:
        """Yield threads with their replies, newest thread first."""
        return self._pages(f"/projects/{project}/comments", "comments", structure=structure)

    def comment(
        self, project: str, body: str, *, structure: str | None = None, parent: str | None = None,
        residues: str | None = None,
    ) -> Json:  # fmt: skip
        """Write a comment, or a reply to ``parent``; ``@id`` mentions somebody."""
        given = _given(body=body, structure=structure, parent=parent, residues=residues)
        return self._post(f"/projects/{project}/comments", given)

    def change_comment(self, comment: str, body: str | None = None, resolved: bool | None = None) -> Json:
        """Change one's own text, or mark a thread as resolved."""
        return self._json("PATCH", f"/comments/{comment}", json={"body": body, "resolved": resolved})

    def delete_comment(self, comment: str) -> None:
        """Delete a comment."""
        self._json("DELETE", f"/comments/{comment}")

    def mentions(self, *, seen: bool = False) -> Iterator[Json]:
        """Yield comments that mention the caller; with ``seen`` they count as seen then."""
        return self._pages("/mentions", "mentions", seen=seen)

    def annotations(self, project: str, structure: str | None = None) -> list[Json]:
        """Return the annotations of a project as the search knows them."""
        return self._list(f"/projects/{project}/annotations", "annotations", structure=structure)

    def alignments(self, project: str) -> Iterator[Json]:
        """Yield the alignments of a project, newest first."""
        return self._pages(f"/projects/{project}/alignments", "alignments")

    def add_alignment(self, project: str, **found: Any) -> Json:
        """Keep an alignment: ``reference``, ``mobile``, ``method``, both TM-scores and so on."""
        return self._post(f"/projects/{project}/alignments", found)

    def pockets(self, structure: str) -> list[Json]:
        """Return the pockets of a structure by method and rank."""
        return self._list(f"/structures/{structure}/pockets", "pockets")

    def put_pockets(self, structure: str, method: str, pockets: Sequence[Mapping[str, Any]]) -> list[Json]:
        """Keep the pockets that a method found, best first, in place of those that it found before."""
        body = {"method": method, "pockets": [dict(pocket) for pocket in pockets]}
        rows: list[Json] = self._json("PUT", f"/structures/{structure}/pockets", json=body)["pockets"]
        return rows

    def variant_analyses(self, structure: str) -> Iterator[Json]:
        """Yield the variant analyses of a structure, newest first."""
        return self._pages(f"/structures/{structure}/variants", "analyses")

    def add_variants(self, structure: str, method: str, variants: Sequence[Mapping[str, Any]]) -> Json:
        """Keep an analysis of variants: ``[{"variant": "V82A", "ddg": 1.2}]``, ddG in kcal/mol."""
        body = {"method": method, "variants": [dict(variant) for variant in variants]}
        return self._post(f"/structures/{structure}/variants", body)

    # -- calls

    def _json(self, method: str, path: str, **options: Any) -> Json:
        found: Json = self._call(method, path, **options).json()
        return found

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> Json:
        return self._json("POST", path, headers=_key(), **({} if body is None else {"json": dict(body)}))

    def _list(self, path: str, name: str, **query: Any) -> list[Json]:
        rows: list[Json] = self._json("GET", path, params=_given(**query))[name]
        return rows

    def _pages(self, path: str, name: str, **query: Any) -> Iterator[Json]:
        cursor: str | None = None
        while True:
            page = self._json("GET", path, params=_given(cursor=cursor, **query))
            yield from page[name]
            cursor = page["next"]
            if cursor is None:
                return


def _key() -> dict[str, str]:
    """A key of one request, so that what is sent twice takes effect once."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def _given(**values: Any) -> dict[str, Any]:
    """What was given: no None, and no False, which is what the service takes for granted."""
    kept = {name: value for name, value in values.items() if value is not None and value is not False}
    return {name: "true" if value is True else value for name, value in kept.items()}
