"""The proof that a webhook is ours and new: HMAC-SHA256 over its time and its body."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from foldsight.errors import NotAllowed

HEADER = "X-FoldSight-Signature"
#: Seconds that a signature is good for, either way: clocks differ.
TOLERANCE = 300


def new_secret() -> str:
    """Make a secret."""
    return "whsec_" + secrets.token_urlsafe(32)


def sign(secret: str, body: bytes, now: int) -> str:
    """Return the header for a body that is sent at ``now``, in seconds since 1970.

    Examples
    --------
    >>> sign("whsec_x", b"{}", 1700000000)[:20]
    't=1700000000,v1=be8c'
    """
    return f"t={now},v1={_digest(secret, body, now)}"


def verify(secret: str, header: str, body: bytes, now: int) -> None:
    """Check a header; for receivers written in Python.

    Raises
    ------
    NotAllowed
        When it is none of ours, or too old.
    """
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    try:
        moment = int(parts["t"])
    except (KeyError, ValueError):
        raise NotAllowed("The signature has no time.", hint=f"Read {HEADER}.") from None
    if not hmac.compare_digest(_digest(secret, body, moment).encode(), parts.get("v1", "").encode()):
        raise NotAllowed("The signature is not of this body.", hint="Sign the bytes as they came.")
    if abs(now - moment) > TOLERANCE:
        raise NotAllowed("The signature is too old.", hint="Check the clock.")


def _digest(secret: str, body: bytes, moment: int) -> str:
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
