"""Where a webhook may go: to public addresses only, and to the very address that was checked.

A receiver is named by strangers, and we stand inside a network that they do not. So a name is
resolved once, every address that it has must be public, and the connection is made to one of
those addresses: what the name says a moment later changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from foldsight.errors import BadRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]
#: Networks that the operator allows beside the public ones, as CIDR, separated by commas.
ALLOW = "FOLDSIGHT_WEBHOOK_ALLOW"
MAX_URL = 2000
#: Ways into IPv4 that Python calls global: NAT64, 6to4, Teredo and addresses that hold an IPv4 one.
_TUNNELS = tuple(
    ipaddress.ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96")
)


@dataclass(frozen=True)
class Target:
    """A receiver whose name was looked up: connect to one of ``addresses`` and to nothing else."""

    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


def is_public(address: Address) -> bool:
    """Whether an address is anybody's on the internet, and a single machine's.

    Examples
    --------
    >>> [is_public(ipaddress.ip_address(text)) for text in ("8.8.8.8", "127.0.0.1", "64:ff9b::7f00:1")]
    [True, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.scope_id is not None or any(address in network for network in _TUNNELS):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def allowed_networks(text: str) -> tuple[Network, ...]:
    """Read a list of networks.

    Raises
    ------
    BadRequest
    """
    try:
        return tuple(ipaddress.ip_network(item.strip()) for item in text.split(",") if item.strip())
    except ValueError as fault:
        raise BadRequest(
            f"{ALLOW} is not as it should be: {fault}.", hint="Say 10.1.0.0/16,fd00::/8."
        ) from None


async def resolve(host: str, port: int) -> list[str]:
    """Return every address of a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Guard:
    """Checks receivers.

    Parameters
    ----------
    allow : sequence of network, optional
        Networks beside the public ones; by default those of the environment.
    resolve : callable, optional
    """

    def __init__(self, allow: tuple[Network, ...] | None = None, resolve: Resolve = resolve) -> None:
        self._allow = allowed_networks(os.environ.get(ALLOW, "")) if allow is None else allow
        self._resolve = resolve

    async def target(self, url: str) -> Target:
        """Look a receiver up.

        Raises
        ------
        BadRequest
            When it is no https URL, has no address, or an address that is not public.
        """
        host, port, path = _parts(url)
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise BadRequest(f"There is no address of {host}.", hint="Check the webhook's URL.") from None
        refused = [text for text in found if not self._may(text)]
        if refused or not found:
            # Which address it is would tell a stranger how our network is laid out.
            raise BadRequest(
                f"{host} is not on the public internet.",
                hint=f"The operator may allow a network with {ALLOW}.",
            )
        return Target(host, port, path, tuple(found))

    def _may(self, text: str) -> bool:
        address = ipaddress.ip_address(text)
        return is_public(address) or any(address in network for network in self._allow)


def _parts(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        port = 443 if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        raise BadRequest("The webhook's URL cannot be read.", hint="Give https://host/path.") from None
    if parts.scheme != "https" or not host or not port:
        raise BadRequest("A webhook's URL begins with https:// and a host.", hint="Give https://host/path.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadRequest("A webhook's URL has no user, password or fragment.", hint="Check its signature.")
    if len(url) > MAX_URL or not url.isascii() or any(sign <= " " or sign == "\x7f" for sign in url):
        raise BadRequest(
            f"A webhook's URL has at most {MAX_URL} printable ASCII signs.", hint="Percent-encode the rest."
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, port, path
