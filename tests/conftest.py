"""What holds for every suite: the order in which they run."""

from __future__ import annotations

from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: Playwright keeps an event loop running in this thread until it stops."""
    items.sort(key=lambda item: BROWSER in item.path.parents)
