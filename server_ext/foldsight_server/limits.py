"""How many calls one user and one address may make: token buckets in memory.

Each replica counts for itself: the limit keeps one caller from crowding out the others on a
server, and what a plan allows is counted in the database.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from foldsight.errors import TooManyRequests
from foldsight_server.identity import Identity

#: Calls from one address in a minute: an institute behind one router.
PER_ADDRESS = 1000
#: Callers remembered; the one that was quiet longest is forgotten first.
_MOST = 50_000


class Buckets:
    """One bucket of tokens for each key, filled evenly up to a minute's worth.

    Parameters
    ----------
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, per_minute: int) -> float:
        """Take a token; return 0, or the seconds until there is one."""
        now = self._clock()
        tokens, since = self._held.pop(key, (float(per_minute), now))
        tokens = min(tokens + (now - since) * per_minute / 60, per_minute)
        enough = tokens >= 1
        self._held[key] = (tokens - enough, now)
        if len(self._held) > _MOST:
            self._held.popitem(last=False)
        return 0.0 if enough else (1 - tokens) * 60 / per_minute


class Limits:
    """The limits of a service.

    Parameters
    ----------
    clock : callable, optional
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._users, self._addresses = Buckets(clock), Buckets(clock)

    def take(self, identity: Identity, remote: str) -> None:
        """Count a call; a plan without a limit, a laptop's, is not counted at all.

        Raises
        ------
        TooManyRequests
        """
        if identity.plan.requests is None:
            return
        wait = self._users.take(identity.id, identity.plan.requests)
        who, most = "One user", identity.plan.requests
        if not wait and remote:
            wait = self._addresses.take(remote, PER_ADDRESS)
            who, most = "One address", PER_ADDRESS
        if wait:
            seconds = math.ceil(wait)
            raise TooManyRequests(
                f"{who} may call {most} times in a minute.", hint=f"Wait {seconds} s.", retry_after=seconds
            )
