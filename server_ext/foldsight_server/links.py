"""Links to stored files that anybody may read for an hour."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from foldsight.errors import NotAllowed
from foldsight_server.store.housekeeping import ObjectRows
from foldsight_server.store.objects import ObjectStore

#: Seconds.
LIFETIME = 3600
_REMEDY = "Ask for a new link."


class Links:
    """Makes and checks links.

    A bucket signs for itself. For a folder the link leads to this service, signed with a
    secret that lies in the database, so that every replica knows it.

    Parameters
    ----------
    objects : ObjectStore
    rows : ObjectRows
    clock : callable, optional
        Seconds since 1970.
    """

    def __init__(
        self, objects: ObjectStore, rows: ObjectRows, clock: Callable[[], float] = time.time
    ) -> None:
        self._objects, self._rows, self._clock = objects, rows, clock
        self._secret = b""

    async def make(self, item: Mapping[str, Any]) -> dict[str, str]:
        """Return ``url`` and ``expires`` of a stored file; a URL without a host is of this service."""
        ends = int(self._clock()) + LIFETIME
        if self._objects.local:
            url = await self._own(item["digest"], item["name"], ends)
        else:
            url = await self._objects.signed_url(item["digest"], timedelta(seconds=LIFETIME))
        return {"url": url, "expires": datetime.fromtimestamp(ends, UTC).isoformat()}

    async def _own(self, digest: str, name: str, ends: int) -> str:
        signature = await self._sign(digest, name, str(ends))
        query = urlencode({"expires": ends, "signature": signature})
        return f"/files/{digest}/{quote(name, safe='')}?{query}"

    async def check(self, digest: str, name: str, ends: str, signature: str) -> None:
        """Refuse a link that has ended or that this service has not made.

        Raises
        ------
        NotAllowed
        """
        expected = await self._sign(digest, name, ends)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise NotAllowed("This link is none of ours.", hint=_REMEDY)
        if int(ends) <= self._clock():
            raise NotAllowed("This link has ended.", hint=_REMEDY)

    async def _sign(self, digest: str, name: str, ends: str) -> str:
        if not self._secret:
            self._secret = await self._rows.secret("links")
        text = "\n".join((digest, ends, name))
        signed = hmac.new(self._secret, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(signed).decode().rstrip("=")
