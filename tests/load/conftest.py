"""The table of figures at the end of a load run, and its exit status."""

from __future__ import annotations

import pytest

from tests.load import report


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
