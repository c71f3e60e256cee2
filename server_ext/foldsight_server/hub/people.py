"""From what the Hub says of a token to who calls; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from foldsight.errors import NotAllowed
from foldsight_server.policy import SCOPES, Scope

#: Custom scopes of the Hub, in the order of :data:`foldsight_server.policy.SCOPES`.
PREFIX = "custom:foldsight:"
#: How the scope begins with which a server's own token opens that server.
_SERVER = "access:servers!server="
#: How names of accounts begin that are no people's.
_TAKEN = ("org:", "service:", "hub:")


@dataclass(frozen=True)
class Person:
    """Whom the Hub knows by a token, and what that token may do here.

    Attributes
    ----------
    id, name : str
    groups : frozenset of str
    may : str
        The highest scope of the token.
    script : bool
        It is neither a browser's nor a server's: somebody made it for a script.
    """

    id: str
    name: str
    groups: frozenset[str]
    may: Scope
    script: bool = False


def person(model: Mapping[str, Any], service: str) -> Person:
    """Read the Hub's model of a token's owner.

    Parameters
    ----------
    model : mapping
        The answer of the Hub to ``GET /user``.
    service : str
        Name of this service on the Hub.

    Raises
    ------
    NotAllowed
        When the token may not come here or may do nothing here, or its owner is called as only an
        organisation's account may be.
    """
    name, scopes = str(model["name"]), set(model["scopes"])
    if not scopes & {"access:services", f"access:services!service={service}"}:
        raise NotAllowed(
            f"This token of {name} may not reach the service {service}.",
            hint=f"Make one with access:services!service={service}.",
        )
    may = highest(scopes)
    if may is None:
        raise NotAllowed(
            f"This token of {name} has no scope of FoldSight.", hint=f"Make one with {PREFIX}read or more."
        )
    if model.get("kind") == "service":
        return Person(f"service:{name}", name, frozenset(), may)
    if name.startswith(_TAKEN):
        raise NotAllowed(f"The name {name!r} is not for people.", hint="Ask the Hub's operator for another.")
    # A browser's token is of a session, a server's opens that server.
    script = not model.get("session_id") and not any(scope.startswith(_SERVER) for scope in scopes)
    return Person(name, name, frozenset(model.get("groups") or ()), may, script)


def highest(scopes: Collection[str]) -> Scope | None:
    """Return the most that scopes of the Hub allow.

    Examples
    --------
    >>> highest(["self", "custom:foldsight:read", "custom:foldsight:annotate"])
    'annotate'
    >>> highest(["self"]) is None
    True
    """
    return next((scope for scope in reversed(SCOPES) if f"{PREFIX}{scope}" in scopes), None)
