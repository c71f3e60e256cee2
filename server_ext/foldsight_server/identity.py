"""Who calls, and what they may do.

Embedded, everybody who can reach the server is the one local user: the server checked
their token or cookie already. A hub brings its own :class:`Identity` per request.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from functools import cache

from foldsight.errors import NotAllowed
from foldsight.plans import EMBEDDED, Plan
from foldsight_server.policy import SCOPES, Scope

#: One address' worth of calls, and nothing else.
NOBODY = Plan("nobody", "Nobody", 0, 0, storage=0, requests=1000)


@dataclass(frozen=True)
class Identity:
    """A caller.

    Attributes
    ----------
    id, name : str
    plan : Plan
    may : str
        The highest scope that the caller's token has.
    account : str or None
        Who pays for predictions without a project; None is the caller.
    """

    id: str
    name: str
    plan: Plan = EMBEDDED
    may: Scope = "admin"
    account: str | None = None

    def require(self, action: Scope) -> None:
        """Refuse an action beyond what this caller may do.

        Raises
        ------
        NotAllowed
        """
        if SCOPES.index(action) > SCOPES.index(self.may):
            raise NotAllowed(f"{self.name} may not {action} here.", hint="Ask the owner of the service.")


@cache
def local_user() -> Identity:
    """Return the one user of an embedded server."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "local user"
    return Identity("local", name)


def nobody(remote: str) -> Identity:
    """Return a caller from some address whom nobody has identified; only public routes take them."""
    return Identity(f"address {remote}", "Anybody", NOBODY, "read")
