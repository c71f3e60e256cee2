"""Pages for whoever runs the service: probes for anybody, who learns nothing else by them."""

from __future__ import annotations

from typing import Any

from tornado import web

from foldsight_server.app import Application
from foldsight_server.operations import health


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


def pages(core: Application, base: str = "") -> list[Any]:
    """Return the tornado routes of the operator's pages under ``base``."""
    options = {"core": core}
    return [(rf"{base}/health", HealthPage, options), (rf"{base}/ready", ReadyPage, options)]
