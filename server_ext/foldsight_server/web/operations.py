"""Pages for whoever runs the service: probes for anybody, who learns nothing else by them; metrics."""

from __future__ import annotations

import hmac
import ipaddress
import os
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from tornado import httputil, web

from foldsight_server.app import Application
from foldsight_server.operations import health
from foldsight_server.operations.scrape import scrape

#: What a proxy adds to a request that it passes on.
_PROXIED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via")


class _Page(web.RequestHandler):
    """A page with the application behind it; none is cached, none counts as a call."""

    application_core: Application

    def initialize(self, core: Application) -> None:
        """Take the application."""
        self.application_core = core

    def set_default_headers(self) -> None:
        """Keep what is said now from being shown later."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")


class HealthPage(_Page):
    """The process lives."""

    async def get(self) -> None:
        """Say so."""
        await self.finish(health.alive())


class ReadyPage(_Page):
    """The parts of the service can work."""

    async def get(self) -> None:
        """Answer 200, or 503 with what is missing."""
        found = await health.readiness(self.application_core.service)
        self.set_status(200 if found["ready"] else 503)
        await self.finish(found)


class MetricsPage(_Page):
    """What Prometheus scrapes."""

    _local: bool

    def initialize(self, core: Application, local: bool) -> None:  # type: ignore[override]
        """Take the application, and whether callers of this machine need no token."""
        self.application_core, self._local = core, local

    async def get(self) -> None:
        """Send the metrics to who may have them."""
        if not may_scrape(self.request, os.environ.get("FOLDSIGHT_METRICS_TOKEN", ""), self._local):
            raise web.HTTPError(403)
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        await self.finish(await scrape(self.application_core.service))


def may_scrape(request: httputil.HTTPServerRequest, token: str, local: bool) -> bool:
    """Whether a caller may have the metrics.

    Parameters
    ----------
    request : tornado.httputil.HTTPServerRequest
    token : str
        What to bring as ``Authorization: Bearer``; empty when none is set.
    local : bool
        Whether a caller of this machine needs no token while none is set.
    """
    if token:
        given = request.headers.get("Authorization", "").partition(" ")[2]
        return hmac.compare_digest(given.encode(), token.encode())
    # A proxy on this machine is of this machine too, whoever it speaks for.
    return local and _is_loopback(request.remote_ip or "") and not any(n in request.headers for n in _PROXIED)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def pages(core: Application, base: str = "", *, local: bool) -> list[Any]:
    """Return the tornado routes of the operator's pages under ``base``.

    Parameters
    ----------
    core : Application
    base : str, optional
    local : bool
        Whether metrics need no token from this machine while none is set; not behind a proxy.
    """
    options = {"core": core}
    return [
        (rf"{base}/health", HealthPage, options),
        (rf"{base}/ready", ReadyPage, options),
        (rf"{base}/metrics", MetricsPage, {**options, "local": local}),
    ]
