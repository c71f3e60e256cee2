"""One try to deliver one event."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from foldsight._version import __version__
from foldsight.errors import BadRequest
from foldsight_server.webhooks.guard import Guard, Target
from foldsight_server.webhooks.signature import HEADER, sign

#: Seconds that a receiver has, from its name to its answer.
PATIENCE = 10.0


@dataclass(frozen=True)
class Outcome:
    """What came of a try: the receiver's status, or why there is none."""

    status: int | None
    error: str = ""

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it; a redirect is not followed and is no yes."""
        return self.status is not None and 200 <= self.status < 300


class Post:
    """Sends events.

    Parameters
    ----------
    guard : Guard
    tls : ssl.SSLContext, optional
        Whom to trust; by default whom this machine trusts.
    """

    def __init__(self, guard: Guard, tls: ssl.SSLContext | None = None) -> None:
        self._guard, self._tls = guard, tls

    async def send(self, delivery: Mapping[str, Any]) -> Outcome:
        """Try once; whatever the receiver does, an outcome comes of it."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._send(delivery)
        except TimeoutError:
            return Outcome(None, f"no answer within {PATIENCE:g} s")
        except BadRequest as refusal:
            return Outcome(None, refusal.message)

    async def _send(self, delivery: Mapping[str, Any]) -> Outcome:
        import httpx

        target = await self._guard.target(delivery["url"])
        body = msgspec.json.encode(delivery["payload"])
        headers = {
            "Host": target.host if target.port == 443 else f"{target.host}:{target.port}",
            "Content-Type": "application/json",
            "User-Agent": f"FoldSight/{__version__}",
            "X-FoldSight-Event": delivery["event"],
            "X-FoldSight-Delivery": str(delivery["id"]),
            HEADER: sign(delivery["secret"], body, int(time.time())),
        }
        verify = self._tls or True
        async with httpx.AsyncClient(verify=verify, trust_env=False, timeout=PATIENCE) as client:
            for address in target.addresses:
                try:
                    return await _ask(client, target, address, headers, body)
                except httpx.ConnectError as fault:
                    outcome = Outcome(None, f"cannot connect: {_short(fault)}")
                except httpx.HTTPError as fault:
                    return Outcome(None, f"broke off: {_short(fault)}")
        return outcome


async def _ask(client: Any, target: Target, address: str, headers: dict[str, str], body: bytes) -> Outcome:
    host = f"[{address}]" if ":" in address else address
    url = f"https://{host}:{target.port}{target.path}"
    # The certificate must be of the name, the connection goes to the address.
    extensions = {"sni_hostname": target.host}
    async with client.stream("POST", url, headers=headers, content=body, extensions=extensions) as answer:
        status = int(answer.status_code)  # its body is nobody's business, and may be endless
    if 200 <= status < 300:
        return Outcome(status)
    redirect = " redirects are not followed" if 300 <= status < 400 else ""
    return Outcome(status, f"answered {status}{redirect and ';'}{redirect}")


def _short(fault: Exception) -> str:
    return f"{type(fault).__name__} {fault}".strip()[:200]
