"""A database to load, the table of figures at the end of a run, and its exit status."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from foldsight_server.store.embedded import EmbeddedPostgres

from tests.load import report


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """An embedded PostgreSQL of the module's own."""
    folder = Path(tempfile.mkdtemp(prefix="fspg"))
    folder.chmod(0o755)
    found = EmbeddedPostgres(folder)
    found.ensure()
    yield found
    assert found.stop()
    shutil.rmtree(folder)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run when a figure is below its bar."""
    if exitstatus == pytest.ExitCode.OK and not all(figure.good for figure in report.FIGURES):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if report.FIGURES:
        terminalreporter.section("figures")
        for line in report.table():
            terminalreporter.write_line(line)
