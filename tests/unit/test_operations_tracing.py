"""Traces and Sentry: off unless asked for, refused when their packages are missing, and discreet."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from foldsight_server.__main__ import main
from foldsight_server.app import Application
from foldsight_server.identity import local_user
from foldsight_server.operations import tracing

from foldsight.errors import BadRequest

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ"


def test_nothing_is_imported_that_nobody_asked_for() -> None:
    code = (
        "import sys, foldsight_server.__main__, foldsight_server.operations.tracing as t; t.set_up({});"
        "print([n for n in sys.modules if n.startswith(('opentelemetry', 'sentry_sdk'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("variable", "module", "package"),
    [
        (tracing.ENDPOINT, "opentelemetry.sdk.trace", "opentelemetry-sdk"),
        (tracing.DSN, "sentry_sdk", "sentry-sdk"),
    ],
)
def test_a_package_that_is_missing_is_named_and_the_service_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    module: str,
    package: str,
) -> None:
    for name in [name for name in sys.modules if name.startswith(module.partition(".")[0])]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module.partition(".")[0], None)
    with pytest.raises(BadRequest, match=f"{variable} is set, and {package} is not installed"):
        tracing.set_up({variable: "http://collector:4318"})
    monkeypatch.setenv(variable, "http://collector:4318")
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    assert main([]) == 2
    told = capsys.readouterr()
    assert "pip install 'foldsight[observability]'" in told.err
    assert told.out == ""


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An exporter in memory that traces go to."""
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter = memory.InMemorySpanExporter()
    tracer = tracing.OpenTelemetry(exporter)
    monkeypatch.setattr(tracing, "_tracers", [tracer])
    exporter.flush = tracer.flush
    return exporter


def test_a_call_is_a_span_of_its_callers_trace_by_route_and_nothing_more(spans: Any, tmp_path: Path) -> None:
    core = Application(tmp_path)
    headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x-request-id": "r7"}
    asyncio.run(core.dispatch("GET", f"/{SEQUENCE}", local_user(), {"token": "abc123"}, headers=headers))
    spans.flush()
    (found,) = spans.get_finished_spans()
    assert found.name == "GET unknown"
    assert format(found.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert (found.attributes["foldsight.status"], found.attributes["foldsight.request"]) == (404, "r7")
    assert SEQUENCE not in found.to_json()
    assert "abc123" not in found.to_json()


def test_what_sentry_is_told_is_redacted_and_has_no_variables() -> None:
    sentry = pytest.importorskip("sentry_sdk")
    told: list[Any] = []
    keep = sentry.transport.Transport

    class Kept(keep):  # type: ignore[misc, valid-type]
        def capture_envelope(self, envelope: Any) -> None:
            told.append(envelope.get_event())

    tracing.start_sentry("https://key@sentry.example/1", transport=Kept)
    try:
        secret = SEQUENCE
        raise ValueError(f"cannot fold {secret} of ana@lab.org")
    except ValueError as fault:
        sentry.capture_exception(fault)
    finally:
        sentry.flush()
        sentry.init()
    assert len(told) == 1
    assert "cannot fold <sequence> of <e-mail>" in str(told)
    assert SEQUENCE not in str(told)
