"""Who calls, by the Hub's word: a token is asked about once in half a minute."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from typing import Any

from tornado.web import HTTPError

from foldsight.errors import NotSignedIn, Refused, ServiceUnavailable
from foldsight_server.app import AWAY, away
from foldsight_server.hub.members import Members
from foldsight_server.hub.people import person
from foldsight_server.identity import Identity

#: Seconds for which the Hub's word is taken: a revoked token is good for at most so long.
BELIEVED = 30.0
#: Tokens remembered.
_MOST = 10_000
_HEADER = re.compile(r"(?:token|bearer) +(\S+)", re.I)


def token_of(header: str) -> str:
    """Return the token of an ``Authorization`` header; empty when there is no header.

    Raises
    ------
    NotSignedIn
        When the header is of another kind.
    """
    found = _HEADER.fullmatch(header.strip())
    if header and found is None:
        raise NotSignedIn("The Authorization header holds no token.", hint="Send Authorization: token ....")
    return "" if found is None else found.group(1)


class Gate:
    """Asks the Hub who owns a token.

    Parameters
    ----------
    hub : jupyterhub.services.auth.HubAuth
    service : str
        Name of this service on the Hub.
    members : Members
    clock : callable, optional
        Seconds that never go back.
    """

    def __init__(
        self, hub: Any, service: str, members: Members, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hub, self._service, self._members, self._clock = hub, service, members, clock
        self._asked: dict[bytes, tuple[float, asyncio.Task[Identity]]] = {}

    async def identify(self, token: str) -> Identity:
        """Return the caller that a token stands for.

        Raises
        ------
        NotSignedIn
            When the Hub knows no such token, or it has expired or was revoked.
        NotAllowed
            When it is not for FoldSight.
        ServiceUnavailable
            When the Hub or the database does not answer.
        """
        key, now = hashlib.sha256(token.encode()).digest(), self._clock()
        asked = self._asked.get(key)
        if asked is None or asked[0] <= now or _useless(asked[1]):
            self._forget(now)
            asked = self._asked[key] = (now + BELIEVED, asyncio.create_task(self._ask(token)))
        # Whoever goes away must not take the answer from others who wait for it.
        return await asyncio.shield(asked[1])

    def _forget(self, now: float) -> None:
        if len(self._asked) >= _MOST:
            self._asked = {key: held for key, held in self._asked.items() if held[0] > now}
        while len(self._asked) >= _MOST:
            del self._asked[next(iter(self._asked))]

    async def _ask(self, token: str) -> Identity:
        try:
            model = await self._hub.user_for_token(token, use_cache=False, sync=False)
        except HTTPError as fault:
            raise ServiceUnavailable("The Hub does not answer.", hint="Try again.") from fault
        if model is None:
            raise NotSignedIn(
                "The Hub does not know this token: it is wrong, has expired or was revoked.",
                hint="Make one on the Hub's token page.",
            )
        try:
            return await self._members.welcome(person(model, self._service))
        except AWAY as fault:
            raise away() from fault


def _useless(task: asyncio.Task[Identity]) -> bool:
    """Whether an answer is there that is none: it broke on our side, and is worth another try."""
    if not task.done():
        return False
    return task.cancelled() or not isinstance(task.exception(), Refused | None)
