"""Handlers of structures, tags and search."""

from __future__ import annotations

import asyncio
import re

from msgspec.structs import asdict

from foldsight.errors import BadFile, BadRequest
from foldsight_server.api import views
from foldsight_server.api.bodies import SimilarTo, StructureChange
from foldsight_server.api.calls import CONTROL, Call, Response, page
from foldsight_server.api.jobs import attachment, view
from foldsight_server.store.structures import Facts

#: Largest structure file, bytes: a ribosome as mmCIF.
MAX_UPLOAD = 64_000_000
KINDS = ("project", "structure", "tag", "annotation", "comment")
_NAMES = {"pdb": "structure.pdb", "cif": "structure.cif", "bcif": "structure.bcif"}


async def list_structures(call: Call) -> Response:
    """List the structures of a project, newest first."""
    limit = call.limit()
    rows = await call.service.structures.page(
        call.identity, call.id("project"), tag=call.text("tag"), trash=call.flag("trash"),
        cursor=call.cursor(), limit=limit + 1,
    )  # fmt: skip
    return page(rows, limit, views.structure, "structures")


async def upload_structure(call: Call) -> Response:
    """Keep a PDB, mmCIF or BinaryCIF file in a project."""
    project, name = call.id("project"), call.text("name")
    given = {key: call.text(key) for key in ("organism", "uniprot", "pdb_id")}
    if not call.body:
        raise BadFile("The file is empty.", hint="Send the structure file as the body.")
    await call.service.structures.may_add(call.identity, project, len(call.body))
    facts, file_name = await asyncio.to_thread(_read, call.body, name, given)
    row = await call.service.structures.add(call.identity, project, facts, file_name, call.body)
    return Response(views.structure(row), status=201)


def _read(data: bytes, name: str | None, given: dict[str, str | None]) -> tuple[Facts, str]:
    from foldsight.io.content import load, sniff
    from foldsight.io.reading import read
    from foldsight.prediction import Prediction
    from foldsight.sequence import CHAIN_JOIN, sequence_key

    where = name or "the upload"
    found = read(data, name=where, network="off")
    predicted = found if isinstance(found, Prediction) else None
    structure = found if predicted is None else predicted.structure
    chains = tuple(structure.protein_sequences().values())
    mean = None if predicted is None else float(predicted.confidence.mean)
    facts = Facts(
        name=name or structure.name[:200] or "structure",
        sequence=CHAIN_JOIN.join(chains),
        sequence_length=sum(map(len, chains)),
        sequence_hash=sequence_key(chains),
        origin="uploaded",
        engine=None if predicted is None else predicted.manifest.engine,
        confidence_kind=None if predicted is None else predicted.confidence.kind,
        confidence_mean=mean if mean is not None and mean == mean else None,
        **given,
    )
    packed = ".gz" if data[:2] == b"\x1f\x8b" else ""
    return facts, _NAMES[sniff(load(data, name=where))] + packed


async def list_predictions(call: Call) -> Response:
    """List the prediction jobs of a project, newest first."""
    limit = call.limit()
    rows = await call.service.structures.predictions(
        call.identity, call.id("project"), call.cursor(), limit + 1
    )
    return page(rows, limit, view, "predictions")


async def show_structure(call: Call) -> Response:
    """Show a structure."""
    return Response(views.structure(await call.service.structures.get(call.identity, call.id("structure"))))


async def change_structure(call: Call) -> Response:
    """Change a structure's name, organism or accessions."""
    changes = asdict(call.decode(StructureChange))
    row = await call.service.structures.update(call.identity, call.id("structure"), changes)
    return Response(views.structure(row))


async def trash_structure(call: Call) -> Response:
    """Put a structure into the trash, from which it can be restored for thirty days."""
    await call.service.structures.trash(call.identity, call.id("structure"))
    return Response({"ok": True})


async def restore_structure(call: Call) -> Response:
    """Take a structure out of the trash."""
    row = await call.service.structures.restore(call.identity, call.id("structure"))
    return Response(views.structure(row))


async def download_structure(call: Call) -> Response:
    """Return one file of a structure."""
    item = await call.service.structures.file(call.identity, call.id("structure"), call.path["name"])
    return attachment(item, await call.service.objects.get(item["digest"]))


async def link_structure_file(call: Call) -> Response:
    """Make a link to one file of a structure that anybody may read for an hour."""
    item = await call.service.structures.file(call.identity, call.id("structure"), call.path["name"])
    return Response(await call.service.links.make(item))


async def linked_file(call: Call) -> Response:
    """Return the file of a signed link; whoever has the link may read it until it ends."""
    digest, name = call.path["digest"], call.path["name"]
    ends, signature = call.query.get("expires", ""), call.query.get("signature", "")
    await call.service.links.check(digest, name, ends, signature)
    return attachment({"name": name, "digest": digest}, await call.service.objects.get(digest))


async def put_tag(call: Call) -> Response:
    """Tag a structure."""
    tag = " ".join(call.path["tag"].split())
    if not re.fullmatch(r".{1,60}", tag) or CONTROL.search(tag):
        raise BadRequest("A tag is a line of at most 60 characters.", hint="Make it shorter.")
    row = await call.service.structures.put_tag(call.identity, call.id("structure"), tag)
    return Response(views.structure(row))


async def drop_tag(call: Call) -> Response:
    """Take a tag from a structure."""
    tag = " ".join(call.path["tag"].replace("\0", "").split())
    row = await call.service.structures.drop_tag(call.identity, call.id("structure"), tag)
    return Response(views.structure(row))


async def search(call: Call) -> Response:
    """Find projects, structures, tags, annotations and comments by the beginnings of words."""
    limit, offset = call.limit(), int(call.number("offset", 0, 10_000))
    rows = await call.service.structures.search(
        call.identity, call.text("q", 500) or "", kind=call.choice("kind", KINDS),
        project_id=call.reference("project"), limit=limit + 1, offset=offset,
    )  # fmt: skip
    more = offset + limit if len(rows) > limit else None
    return Response({"hits": [views.hit(row) for row in rows[:limit]], "next_offset": more})


async def find_similar(call: Call) -> Response:
    """Find library entries and structures whose sequences are like a given one, best first."""
    call.identity.require("read")
    body = call.decode(SimilarTo)
    if (body.sequence is None) == (body.structure is None):
        raise BadRequest("Similar to what?", hint="Give either sequence or structure.")
    sequence = body.sequence
    if sequence is None:
        sequence = (await call.service.structures.get(call.identity, str(body.structure)))["sequence"]
    if body.project is not None:
        await call.service.projects.get(call.identity, body.project)
    found = await call.service.similar.search(
        call.identity, sequence, k=body.k, kind=body.kind, project=body.project
    )
    return Response({"kind": found["kind"], "hits": [views.similar(row) for row in found["hits"]]})
