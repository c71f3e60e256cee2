"""Handlers of comments, mentions, annotations and stored analyses."""

from __future__ import annotations

from msgspec import to_builtins

from foldsight_server.api import views
from foldsight_server.api.bodies import CommentChange, NewAlignment, NewComment, Pockets, Variants
from foldsight_server.api.calls import Call, Response, page


async def list_comments(call: Call) -> Response:
    """List the threads of a project with their replies, newest thread first."""
    limit = call.limit()
    rows = await call.service.discussion.page(
        call.identity, call.id("project"), call.reference("structure"), call.cursor(), limit + 1
    )
    return page(rows, limit, views.comment, "comments")


async def add_comment(call: Call) -> Response:
    """Write a comment on a project or a structure, or a reply; ``@id`` mentions somebody."""
    body = call.decode(NewComment)
    row = await call.service.discussion.add(
        call.identity, call.id("project"), body.body,
        structure_id=body.structure, parent_id=body.parent, residues=body.residues,
    )  # fmt: skip
    return Response(views.comment(row), status=201)


async def change_comment(call: Call) -> Response:
    """Change one's own comment, or mark a thread as resolved."""
    body = call.decode(CommentChange)
    row = await call.service.discussion.update(call.identity, call.id("comment"), body.body, body.resolved)
    return Response(views.comment(row))


async def delete_comment(call: Call) -> Response:
    """Delete one's own comment; owners of the project may delete any."""
    await call.service.discussion.delete(call.identity, call.id("comment"))
    return Response({"ok": True})


async def list_mentions(call: Call) -> Response:
    """List the comments that mention the caller; with ``seen`` they count as seen then."""
    limit = call.limit()
    rows = await call.service.discussion.mentions(
        call.identity, call.cursor(), limit + 1, see=call.flag("seen")
    )
    return page(rows, limit, views.mention, "mentions")


async def list_annotations(call: Call) -> Response:
    """List the annotations of a project as the search knows them."""
    rows = await call.service.discussion.annotations(
        call.identity, call.id("project"), call.reference("structure")
    )
    return Response({"annotations": [views.annotation(row) for row in rows]})


async def list_alignments(call: Call) -> Response:
    """List the alignments of a project, newest first."""
    limit = call.limit()
    rows = await call.service.analyses.alignments(call.identity, call.id("project"), call.cursor(), limit + 1)
    return page(rows, limit, views.alignment, "alignments")


async def add_alignment(call: Call) -> Response:
    """Keep an alignment of two structures of a project."""
    found = to_builtins(call.decode(NewAlignment))
    row = await call.service.analyses.add_alignment(call.identity, call.id("project"), found)
    return Response(views.alignment(row), status=201)


async def list_pockets(call: Call) -> Response:
    """List the pockets of a structure by method and rank."""
    rows = await call.service.analyses.pockets(call.identity, call.id("structure"))
    return Response({"pockets": [views.pocket(row) for row in rows]})


async def put_pockets(call: Call) -> Response:
    """Keep the pockets that a method found, in place of those that it found before."""
    body = call.decode(Pockets)
    rows = await call.service.analyses.put_pockets(
        call.identity, call.id("structure"), body.method, to_builtins(body.pockets)
    )
    return Response({"pockets": [views.pocket(row) for row in rows]})


async def list_variants(call: Call) -> Response:
    """List the variant analyses of a structure, newest first."""
    limit = call.limit()
    rows = await call.service.analyses.variants(call.identity, call.id("structure"), call.cursor(), limit + 1)
    return page(rows, limit, views.variants, "analyses")


async def add_variants(call: Call) -> Response:
    """Keep an analysis of variants of a structure."""
    body = call.decode(Variants)
    row = await call.service.analyses.add_variants(
        call.identity, call.id("structure"), body.method, to_builtins(body.variants), body.facts
    )
    return Response(views.variants(row), status=201)
