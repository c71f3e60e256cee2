"""The one HTTP client of FoldSight: polite, bounded, cached, and off when told so.

It names itself, waits when a service says 429 or 5xx (honouring ``Retry-After``), reads
no more than was asked for, follows few redirects and only to hosts the source names,
and keeps answers for a day (:mod:`foldsight.sources.cache`). A host that cannot be reached is
given up in seconds and not asked again for a minute, so that an offline machine stays
quick.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache as cache_once
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from foldsight._version import __version__
from foldsight.errors import NetworkOff, NotFound, SourceFailed
from foldsight.sources import cache
from foldsight.sources.cache import Answer
from foldsight.typing import Network

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)

USER_AGENT = f"foldsight/{__version__} (+https://github.com/foldsight/foldsight)"
CONNECT_SECONDS, READ_SECONDS = 3.0, 20.0
#: Longest time for one answer, however steadily it trickles.
WHOLE_SECONDS = 300.0
ATTEMPTS = 4
#: Longest wait that a service may ask of us, seconds; beyond it the request fails.
LONGEST_WAIT = 30.0
MAX_REDIRECTS = 3
UNREACHABLE_SECONDS = 60.0
#: 408 is InterPro's word for "still computing".
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
#: Where services say how many results there are and where the next page is.
KEPT_HEADERS = ("link", "x-total-results")

_unreachable: dict[str, float] = {}


class Http:
    """The client of one source.

    Parameters
    ----------
    service : str
        Its name in sentences, such as ``AlphaFold DB``.
    hosts : tuple of str
        Host names, or ``.suffix`` for all below it, that may be asked. URLs come from
        answers, so this is what keeps an answer from sending us elsewhere.
    """

    def __init__(self, service: str, hosts: tuple[str, ...]) -> None:
        self.service = service
        self.hosts = hosts

    def get(
        self, url: str, *, network: Network, params: dict[str, str] | None = None, limit: int = 64_000_000
    ) -> Answer:
        """Fetch a URL.

        Parameters
        ----------
        url : str
        network : {'off', 'hash', 'sequence'}
            With ``off`` only the cache is asked.
        params : dict, optional
        limit : int, optional
            Most bytes of the decoded body.

        Raises
        ------
        NetworkOff
            When it is not in the cache and the network is off.
        SourceFailed
            When the service cannot be reached, is busy for too long or misbehaves.
        """
        return self._ask("GET", url, network, params, None, limit)

    def post(self, url: str, body: Any, *, network: Network, limit: int = 16_000_000) -> Answer:
        """Send a JSON body; otherwise like :meth:`get`."""
        return self._ask("POST", url, network, None, body, limit)

    def _ask(
        self, method: str, url: str, network: Network, params: dict[str, str] | None, body: Any, limit: int
    ) -> Answer:
        self._check_url(url)
        slot = cache.slot(method, url, params, body)
        kept = cache.recall(slot)
        if kept is not None:
            return kept
        if network == "off":
            raise NetworkOff(
                f"{self.service} was not asked: the network setting is off.",
                hint="Allow it with network='hash'.",
                network=network,
            )
        self._check_reachable(url)
        answer = replace(self._try(method, url, params, body, limit), key=slot.name)
        cache.keep(slot, answer)
        return answer

    def _check_url(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        known = any(host == h or (h.startswith(".") and host.endswith(h)) for h in self.hosts)
        if parts.scheme != "https" or not known:
            raise SourceFailed(
                f"{self.service} points to {url!r}, which is not one of its addresses.", url=url
            )

    def _check_reachable(self, url: str) -> None:
        host = _host(url)
        if time.monotonic() - _unreachable.get(host, -UNREACHABLE_SECONDS) < UNREACHABLE_SECONDS:
            raise self._cannot_reach(host, "it did not answer a moment ago")
        if not _through_proxy(url) and not _resolves(host):
            raise self._give_up(host, "its name is not known here")

    def _give_up(self, host: str, why: str) -> SourceFailed:
        """Remember that a host cannot be reached."""
        _unreachable[host] = time.monotonic()
        return self._cannot_reach(host, why)

    def _cannot_reach(self, host: str, why: str) -> SourceFailed:
        return SourceFailed(
            f"{self.service} cannot be reached: {why}.",
            hint="Check the connection to the internet.",
            host=host,
        )

    def _try(self, method: str, url: str, params: dict[str, str] | None, body: Any, limit: int) -> Answer:
        import httpx

        with self._client() as client:
            for attempt in range(ATTEMPTS):
                request = client.build_request(method, url, params=params, json=body)
                try:
                    status, headers, content = _read(client, request, limit, self.service)
                except httpx.ConnectError as fault:
                    raise self._give_up(_host(url), str(fault) or "no connection") from fault
                except httpx.TooManyRedirects as fault:
                    raise SourceFailed(f"{self.service} sends us in circles.", url=url) from fault
                except httpx.HTTPError as fault:
                    if attempt > 0 or isinstance(fault, httpx.ConnectTimeout):
                        raise self._give_up(_host(url), _why(fault)) from fault
                    continue
                if status not in _BUSY:
                    return self._answer(status, str(request.url), content, headers)
                if attempt + 1 < ATTEMPTS:
                    _sleep(self._wait(headers, attempt))
        raise SourceFailed(
            f"{self.service} is too busy (HTTP {status}).", hint="Try again later.", status=status
        )

    def _client(self) -> httpx.Client:
        import httpx

        return httpx.Client(
            headers={"User-Agent": USER_AGENT},
            verify=_tls(),
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            event_hooks={"request": [lambda request: self._check_url(str(request.url))]},
        )

    def _wait(self, headers: Any, attempt: int) -> float:
        asked = _asked_wait(headers.get("Retry-After", ""))
        seconds = 0.5 * 2.0**attempt if asked is None else asked
        if seconds > LONGEST_WAIT:
            raise SourceFailed(
                f"{self.service} asks us to wait {seconds:.0f} s.", hint="Try again later.", seconds=seconds
            )
        return seconds

    def _answer(self, status: int, url: str, content: bytes, headers: Any) -> Answer:
        if status not in (200, 204, 404):
            raise SourceFailed(f"{self.service} answered with HTTP {status}.", url=url, status=status)
        kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        return Answer(status, url, content, datetime.now(UTC).isoformat(timespec="seconds"), headers=kept)

    def must(self, answer: Answer, what: str) -> Answer:
        """Return the answer, or refuse because ``what`` does not exist.

        Raises
        ------
        NotFound
        """
        if not answer.found:
            raise NotFound(f"{self.service} has no {what}.", hint="Check the identifier.")
        return answer


def _read(client: httpx.Client, request: httpx.Request, limit: int, service: str) -> tuple[int, Any, bytes]:
    chunks: list[bytes] = []
    size, began = 0, time.monotonic()
    response = client.send(request, stream=True)
    try:
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > limit:
            raise _too_large(service, limit, request)
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > limit:
                raise _too_large(service, limit, request)
            if time.monotonic() - began > WHOLE_SECONDS:
                raise SourceFailed(f"{service} sends too slowly.", hint="Try again later.")
            chunks.append(chunk)
    finally:
        response.close()
    return response.status_code, response.headers, b"".join(chunks)


@cache_once
def _tls() -> ssl.SSLContext:
    """Read the certificates once: it takes longer than many an answer."""
    import httpx

    return httpx.create_ssl_context()


def _too_large(service: str, limit: int, request: httpx.Request) -> SourceFailed:
    return SourceFailed(f"{service} sends more than {limit / 1e6:.0f} MB.", url=str(request.url))


def _why(fault: httpx.HTTPError) -> str:
    import httpx

    slow = isinstance(fault, httpx.TimeoutException)
    return f"{'no answer in time' if slow else 'the connection broke off'} ({type(fault).__name__})"


def _asked_wait(text: str) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, a number or a date; None when it says nothing."""
    if text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _through_proxy(url: str) -> bool:
    from urllib.request import getproxies, proxy_bypass

    return bool({"https", "all"} & set(getproxies())) and not proxy_bypass(_host(url))


def _resolves(host: str) -> bool:
    """Say within seconds whether a name resolves: the system's own patience can be minutes."""
    found: list[Any] = []

    def look() -> None:
        try:
            found.extend(socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM))
        except OSError as fault:
            _log.debug("%s does not resolve: %s", host, fault)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    return bool(found)
