"""Errors as problem documents (RFC 9457)."""

from __future__ import annotations

from foldsight.errors import FoldSightError
from foldsight_server.api.calls import Response

#: Media type of a problem document.
PROBLEM = "application/problem+json"


def failure(error: FoldSightError) -> Response:
    """Return an error as a response.

    Beside the fields of the standard it has ``code``, ``hint``, ``refused`` and ``details``,
    from which a client makes the same error again.
    """
    title = error.code.replace("_", " ").capitalize()
    body = {
        "type": f"urn:foldsight:error:{error.code}",
        "title": title,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "hint": error.hint,
        "refused": error.refused,
        "details": error.details,
    }
    headers = {}
    if "retry_after" in error.details:
        headers["Retry-After"] = str(error.details["retry_after"])
    if "allow" in error.details:
        headers["Allow"] = ", ".join(error.details["allow"])
    return Response(body, error.status, PROBLEM, headers)
