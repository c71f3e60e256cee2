"""Traces through OpenTelemetry and faults through Sentry: only where the environment asks for them.

``OTEL_EXPORTER_OTLP_ENDPOINT`` turns traces on, ``SENTRY_DSN`` faults. Neither package is imported
otherwise. Neither is told sequences, tokens or e-mail addresses.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, Protocol

from foldsight._version import __version__
from foldsight.errors import BadRequest
from foldsight_server.operations.logs import cleaned

#: Where traces go; the variable is OpenTelemetry's own, as are all others of it.
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
DSN = "SENTRY_DSN"


class Span(Protocol):
    """What has been begun and can be told more of."""

    def note(self, **facts: str | int | float) -> None:
        """Add facts."""
        ...


class _Nothing:
    """A span that goes nowhere."""

    def note(self, **facts: str | int | float) -> None:
        """Forget the facts."""


class Tracer(Protocol):
    """Begins spans."""

    def span(self, name: str, headers: Mapping[str, str]) -> AbstractContextManager[Span]:
        """Begin a span that goes on from a caller's, if their headers name one."""
        ...


_NOTHING = _Nothing()
_tracers: list[Tracer] = []


def span(name: str, headers: Mapping[str, str]) -> AbstractContextManager[Span]:
    """Begin a span where traces are on."""
    return _tracers[-1].span(name, headers) if _tracers else contextlib.nullcontext(_NOTHING)


def set_up(environment: Mapping[str, str]) -> None:
    """Turn on what the environment asks for.

    Raises
    ------
    BadRequest
        When a package that it takes is not installed.
    """
    if environment.get(ENDPOINT):
        _tracers.append(OpenTelemetry())
    if environment.get(DSN):
        start_sentry(environment[DSN])


class OpenTelemetry:
    """Spans for an OpenTelemetry collector.

    Parameters
    ----------
    exporter : optional
        Where spans go; by default to the endpoint that the environment names.
    """

    def __init__(self, exporter: Any = None) -> None:
        sdk, export, resources, self._propagate = _parts(
            "opentelemetry-sdk", ENDPOINT, "opentelemetry.sdk.trace", "opentelemetry.sdk.trace.export",
            "opentelemetry.sdk.resources", "opentelemetry.propagate",
        )  # fmt: skip
        if exporter is None:
            package = "opentelemetry-exporter-otlp-proto-http"
            name = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
            exporter = _parts(package, ENDPOINT, name)[0].OTLPSpanExporter()
        # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are merged in, and win.
        resource = resources.Resource.create().merge(resources.Resource({"service.version": __version__}))
        self._provider = sdk.TracerProvider(resource=resource)
        self._provider.add_span_processor(export.BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("foldsight", __version__)

    @contextlib.contextmanager
    def span(self, name: str, headers: Mapping[str, str]) -> Any:
        """Begin a span."""
        context = self._propagate.extract(dict(headers))
        # An exception's own words may hold a sequence; the log has them, redacted.
        with self._tracer.start_as_current_span(name, context=context, record_exception=False) as begun:
            yield _Begun(begun)

    def flush(self) -> None:
        """Send what is held back."""
        self._provider.force_flush()


class _Begun:
    def __init__(self, span: Any) -> None:
        self._span = span

    def note(self, **facts: str | int | float) -> None:
        """Add facts."""
        self._span.set_attributes({f"foldsight.{name}": cleaned(value) for name, value in facts.items()})


def start_sentry(dsn: str, **options: Any) -> None:
    """Report faults to Sentry: no values of variables, no bodies, no addresses of people.

    Raises
    ------
    BadRequest
        When sentry-sdk is not installed.
    """
    (sentry,) = _parts("sentry-sdk", DSN, "sentry_sdk")
    sentry.init(
        dsn=dsn,
        release=f"foldsight@{__version__}",
        include_local_variables=False,
        max_request_body_size="never",
        before_send=lambda event, _: cleaned(event),
        before_breadcrumb=lambda crumb, _: cleaned(crumb),
        **options,
    )


def _parts(package: str, variable: str, *names: str) -> list[Any]:
    try:
        return [import_module(name) for name in names]
    except ModuleNotFoundError as fault:
        raise BadRequest(
            f"{variable} is set, and {package} is not installed (there is no {fault.name}).",
            hint=f"pip install 'foldsight[observability]', or unset {variable}.",
        ) from fault
