"""The one table of routes; adapters, the OpenAPI document and the tests read it."""

from __future__ import annotations

from typing import Any

from foldsight_server.api import (
    about,
    billing,
    bodies,
    computing,
    discussion,
    jobs,
    openapi,
    privacy,
    projects,
    rooms,
    sources,
    structures,
    webhooks,
)
from foldsight_server.api.calls import Call, Response
from foldsight_server.api.route import PAGE, Route

PREFIX = "/foldsight/api/v1"
_PROJECT, _STRUCTURE = "/projects/{project}", "/structures/{structure}"
_ORGANIZATION = "/organizations/{organization}"


async def show_openapi(_: Call) -> Response:
    """Return the OpenAPI 3.1 document of this table."""
    return Response(document())


_JOBS = (
    Route("POST", "/jobs", jobs.submit, body=bodies.Submit),
    Route("POST", "/jobs/forecast", jobs.forecast_job, body=bodies.Submit),
    Route("POST", "/analyses", computing.submit_analysis, body=bodies.SubmitAnalysis),
    Route("GET", "/jobs", jobs.listing, query=("state", "limit")),
    Route("GET", "/jobs/{job}", jobs.show, query=("wait", "since", "until")),
    Route("POST", "/jobs/{job}/cancel", jobs.cancel),
    Route("GET", "/jobs/{job}/files/{name}", jobs.download),
    Route("GET", "/jobs/{job}/files/{name}/link", jobs.link_job_file),
)
_PROJECTS = (
    Route("GET", "/projects", projects.list_projects, query=("trash", "public", *PAGE)),
    Route("POST", "/projects", projects.create_project, body=bodies.NewProject),
    Route("GET", _PROJECT, projects.show_project),
    Route("PATCH", _PROJECT, projects.change_project, body=bodies.ProjectChange),
    Route("DELETE", _PROJECT, projects.trash_project),
    Route("POST", _PROJECT + "/restore", projects.restore_project),
    Route("POST", _PROJECT + "/fork", projects.fork_project, body=bodies.Fork),
    Route("GET", _PROJECT + "/members", projects.list_members),
    Route("PUT", _PROJECT + "/members/{user}", projects.put_member, body=bodies.Member),
    Route("DELETE", _PROJECT + "/members/{user}", projects.drop_member),
    Route("GET", _PROJECT + "/audit", projects.list_audit, query=("limit", "after")),
    Route("GET", _PROJECT + "/predictions", structures.list_predictions, query=PAGE),
    Route("GET", "/organizations", projects.list_organizations),
    Route("POST", "/organizations", projects.create_organization, body=bodies.NewOrganization),
    Route("GET", _ORGANIZATION + "/members", projects.list_org_members),
    Route("PUT", _ORGANIZATION + "/members/{user}", projects.put_org_member, body=bodies.OrgMember),
    Route("DELETE", _ORGANIZATION + "/members/{user}", projects.drop_org_member),
)
_STRUCTURES = (
    Route("GET", _PROJECT + "/structures", structures.list_structures, query=("tag", "trash", *PAGE)),
    Route(
        "POST", _PROJECT + "/structures", structures.upload_structure, body=bytes,
        query=("name", "organism", "uniprot", "pdb_id"), max_body=structures.MAX_UPLOAD,
    ),
    Route("GET", _STRUCTURE, structures.show_structure),
    Route("PATCH", _STRUCTURE, structures.change_structure, body=bodies.StructureChange),
    Route("DELETE", _STRUCTURE, structures.trash_structure),
    Route("POST", _STRUCTURE + "/restore", structures.restore_structure),
    Route("GET", _STRUCTURE + "/files/{name}", structures.download_structure),
    Route("GET", _STRUCTURE + "/files/{name}/link", structures.link_structure_file),
    Route(
        "GET", "/files/{digest}/{name}", structures.linked_file, query=("expires", "signature"), public=True
    ),
    Route("PUT", _STRUCTURE + "/tags/{tag}", structures.put_tag),
    Route("DELETE", _STRUCTURE + "/tags/{tag}", structures.drop_tag),
    Route("POST", "/similar", structures.find_similar, body=bodies.SimilarTo),
    Route("GET", "/search", structures.search, query=("q", "kind", "project", "limit", "offset")),
)  # fmt: skip
_DISCUSSION = (
    Route("GET", _PROJECT + "/comments", discussion.list_comments, query=("structure", *PAGE)),
    Route("POST", _PROJECT + "/comments", discussion.add_comment, body=bodies.NewComment),
    Route("PATCH", "/comments/{comment}", discussion.change_comment, body=bodies.CommentChange),
    Route("DELETE", "/comments/{comment}", discussion.delete_comment),
    Route("GET", "/mentions", discussion.list_mentions, query=("seen", *PAGE)),
    Route("GET", _PROJECT + "/annotations", discussion.list_annotations, query=("structure",)),
    Route("GET", _PROJECT + "/alignments", discussion.list_alignments, query=PAGE),
    Route("POST", _PROJECT + "/alignments", discussion.add_alignment, body=bodies.NewAlignment),
    Route("GET", _STRUCTURE + "/pockets", discussion.list_pockets),
    Route("PUT", _STRUCTURE + "/pockets", discussion.put_pockets, body=bodies.Pockets),
    Route("GET", _STRUCTURE + "/variants", discussion.list_variants, query=PAGE),
    Route("POST", _STRUCTURE + "/variants", discussion.add_variants, body=bodies.Variants),
)
_ROOM = "/rooms/{room}"
_ANNOTATION = _ROOM + "/annotations/{annotation}"
_ROOMS = (
    # The bare path is the websocket.
    Route("GET", _ROOM + "/about", rooms.show_room),
    Route("GET", _ROOM + "/history", rooms.show_room_history, query=("limit",)),
    Route("GET", _ROOM + "/annotations", rooms.list_room_annotations, query=("structure",)),
    Route("POST", _ROOM + "/annotations", rooms.add_annotation, body=rooms.NewAnnotation),
    Route("GET", _ANNOTATION, rooms.show_annotation),
    Route("PATCH", _ANNOTATION, rooms.change_annotation, body=rooms.AnnotationChange),
    Route("DELETE", _ANNOTATION, rooms.delete_annotation),
    Route("POST", _ANNOTATION + "/comments", rooms.add_reply, body=rooms.CommentText),
    Route("PATCH", _ANNOTATION + "/comments/{comment}", rooms.change_reply, body=rooms.CommentText),
    Route("DELETE", _ANNOTATION + "/comments/{comment}", rooms.delete_reply),
)
_WEBHOOK = "/webhooks/{webhook}"
_WEBHOOKS = (
    Route("GET", _PROJECT + "/webhooks", webhooks.list_project_webhooks),
    Route("POST", _PROJECT + "/webhooks", webhooks.add_project_webhook, body=webhooks.NewWebhook),
    Route("GET", _ORGANIZATION + "/webhooks", webhooks.list_org_webhooks),
    Route("POST", _ORGANIZATION + "/webhooks", webhooks.add_org_webhook, body=webhooks.NewWebhook),
    Route("GET", _WEBHOOK, webhooks.show_webhook),
    Route("PATCH", _WEBHOOK, webhooks.change_webhook, body=webhooks.WebhookChange),
    Route("DELETE", _WEBHOOK, webhooks.delete_webhook),
    Route("GET", _WEBHOOK + "/deliveries", webhooks.list_deliveries, query=("state", *PAGE)),
    Route("POST", _WEBHOOK + "/deliveries/{delivery}/replay", webhooks.replay_delivery),
)
_BILLING = (
    Route("GET", "/billing", billing.show_billing),
    Route("POST", "/billing/checkout", billing.start_checkout, body=billing.Purchase),
    Route("POST", "/billing/portal", billing.open_portal, body=billing.Payer),
    Route("PUT", "/billing/beyond", billing.agree_beyond, body=billing.Agreement),
    Route("PUT", _ORGANIZATION + "/seats", billing.change_seats, body=billing.SeatCount),
    Route("POST", "/billing/stripe", billing.hear_stripe, body=bytes, public=True),
)
_PRIVACY = (
    Route("GET", "/account", privacy.show_account),
    Route("GET", "/account/export", privacy.export_account),
    Route("POST", "/account/deletion", privacy.delete_account, body=privacy.Deletion),
    Route("DELETE", "/account/deletion", privacy.keep_account),
    Route("GET", "/audit", privacy.export_audit, query=("after", "limit")),
    Route("GET", "/jobs/{job}/disclosures", privacy.show_job_disclosures),
    Route("GET", _STRUCTURE + "/disclosures", privacy.show_structure_disclosures),
)
_ABOUT = (
    Route("GET", "/usage", about.show_usage),
    Route("GET", "/plans", about.list_plans, bare=True),
    Route("GET", "/engines", about.engines),
    Route("GET", "/sources/search", sources.search_sources, query=("q", "where", "limit"), bare=True),
    Route("GET", "/sources/sequence", sources.show_sequence, query=("id",), bare=True),
    Route("GET", "/health", about.health),
    Route("GET", "/openapi.json", show_openapi, bare=True),
)
ROUTES = (*_JOBS, *_PROJECTS, *_STRUCTURES, *_DISCUSSION, *_ROOMS, *_WEBHOOKS, *_BILLING, *_PRIVACY, *_ABOUT)


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    return openapi.document(ROUTES, PREFIX)
