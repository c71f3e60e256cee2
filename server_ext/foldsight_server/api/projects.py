"""Handlers of projects, members, forks, trash and organisations."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from foldsight.errors import BadRequest
from foldsight_server.api import views
from foldsight_server.api.bodies import Fork, Member, NewOrganization, NewProject, OrgMember, ProjectChange
from foldsight_server.api.calls import Call, Response, page

_DONE = Response({"ok": True})


async def list_projects(call: Call) -> Response:
    """List the caller's projects, newest first; with ``public`` also everybody's public ones."""
    limit = call.limit()
    rows = await call.service.projects.page(
        call.identity,
        trash=call.flag("trash"),
        public=call.flag("public"),
        cursor=call.cursor(),
        limit=limit + 1,
    )
    return page(rows, limit, views.project, "projects")


async def create_project(call: Call) -> Response:
    """Make a project."""
    call.identity.require("annotate")
    body = call.decode(NewProject)
    row = await call.service.projects.create(
        call.identity, body.name, body.description, body.visibility, body.organization
    )
    return Response(views.project(row), status=201)


async def show_project(call: Call) -> Response:
    """Show a project and the caller's role in it."""
    return Response(views.project(await call.service.projects.get(call.identity, call.id("project"))))


async def change_project(call: Call) -> Response:
    """Change a project's name, description or visibility."""
    changes = asdict(call.decode(ProjectChange))
    return Response(
        views.project(await call.service.projects.update(call.identity, call.id("project"), changes))
    )


async def trash_project(call: Call) -> Response:
    """Put a project into the trash, from which it can be restored for thirty days."""
    await call.service.projects.trash(call.identity, call.id("project"))
    return _DONE


async def restore_project(call: Call) -> Response:
    """Take a project out of the trash."""
    return Response(views.project(await call.service.projects.restore(call.identity, call.id("project"))))


async def fork_project(call: Call) -> Response:
    """Copy a project into a new one of the caller's that says where it is from."""
    name = call.decode(Fork).name if call.body else None
    row = await call.service.projects.fork(call.identity, call.id("project"), name)
    return Response(views.project(row), status=201)


async def list_members(call: Call) -> Response:
    """List the members of a project."""
    rows = await call.service.projects.members(call.identity, call.id("project"))
    return Response({"members": [views.member(row) for row in rows]})


async def put_member(call: Call) -> Response:
    """Add a member to a project or change their role."""
    role = call.decode(Member).role
    await call.service.projects.put_member(call.identity, call.id("project"), _user(call), role)
    return await list_members(call)


async def drop_member(call: Call) -> Response:
    """Remove a member from a project."""
    await call.service.projects.drop_member(call.identity, call.id("project"), _user(call))
    return _DONE


async def list_audit(call: Call) -> Response:
    """List what was done in a project, newest first; for its owners."""
    limit = call.limit()
    after = int(call.number("after", 0, 2**53)) or None
    rows = await call.service.projects.audit(call.identity, call.id("project"), after, limit + 1)
    shown: list[dict[str, Any]] = [views.audit(row) for row in rows[:limit]]
    return Response({"entries": shown, "next": str(shown[-1]["id"]) if len(rows) > limit else None})


async def list_organizations(call: Call) -> Response:
    """List the organisations that the caller belongs to."""
    rows = await call.service.organizations.mine(call.identity)
    return Response({"organizations": [views.organization(row) for row in rows]})


async def create_organization(call: Call) -> Response:
    """Make an organisation that the caller owns."""
    call.identity.require("predict")
    body = call.decode(NewOrganization)
    row = await call.service.organizations.create(call.identity, body.name, body.institution)
    return Response(views.organization(row), status=201)


async def list_org_members(call: Call) -> Response:
    """List the members of an organisation."""
    rows = await call.service.organizations.members(call.identity, call.id("organization"))
    return Response({"members": [views.org_member(row) for row in rows]})


async def put_org_member(call: Call) -> Response:
    """Add a member to an organisation or change their role."""
    call.identity.require("predict")
    role = call.decode(OrgMember).role
    await call.service.organizations.put_member(call.identity, call.id("organization"), _user(call), role)
    return await list_org_members(call)


async def drop_org_member(call: Call) -> Response:
    """Remove a member from an organisation."""
    call.identity.require("predict")
    await call.service.organizations.drop_member(call.identity, call.id("organization"), _user(call))
    return _DONE


def _user(call: Call) -> str:
    name = call.path["user"]
    if len(name) > 200 or not name.isprintable():
        raise BadRequest("The user's id is no line of at most 200 characters.", hint="GET the members.")
    return name
