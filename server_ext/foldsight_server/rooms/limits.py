"""Bounds of a room: sizes and rates, and what a socket is closed with beyond them."""

from __future__ import annotations

import time
from collections.abc import Callable

from foldsight.errors import FoldSightError, NotAllowed, NotFound, QuotaExceeded, Refused, ServiceUnavailable
from foldsight_server.rooms.wire import Malformed

#: Bytes of one message. A long text pasted at once fits; so do the edits of a day without network.
MOST_MESSAGE = 1 << 20
#: Bytes of a room: snapshot and updates together.
MOST_ROOM = 64 << 20
#: Bytes that may wait for one slow reader.
MOST_WAITING = 8 << 20
#: Members of one room on one server.
MOST_MEMBERS = 500

TOO_SLOW, AGAIN, LEAVING = 4408, 1013, 1001


class TooLarge(Refused):
    """A message or a room is larger than it may be."""

    status = 413
    code = "too_large"


class Bucket:
    """So many a second, and a burst of so many.

    Parameters
    ----------
    rate, burst : float
    clock : callable, optional
        Seconds that only go up.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left, self._at = burst, clock()

    def take(self, cost: float = 1.0) -> bool:
        """Take from the bucket; False when it does not hold that much."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < cost:
            return False
        self._left -= cost
        return True


def close_code(error: FoldSightError) -> int:
    """Return what a socket is closed with after an error: 4000 and its HTTP status."""
    if isinstance(error, ServiceUnavailable):
        return AGAIN
    if isinstance(error, Malformed):
        return 4400
    if isinstance(error, (NotAllowed, NotFound, QuotaExceeded, TooLarge)):
        return 4000 + error.status
    return 4422
