"""A real JupyterLab and a real Chromium for the browser tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from foldsight.scene import Scene
from tests.browser.lab import Lab, Notebook, View
from tests.browser.programs import chromium_path, running_chromium, running_lab

#: JavaScript: the view has drawn what it shows, or says why it cannot.
READY = "() => ['ready', 'error'].includes(document.querySelector('.foldsight-view')?.dataset.state)"


@pytest.fixture
def jp_asyncio_loop() -> None:
    """Take the place of pytest-jupyter's fixture, which would close the loop that Playwright runs."""


@pytest.fixture
def jp_server_cleanup() -> None:
    """Take the place of pytest-jupyter's fixture: no server runs in this process."""


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a free port, with everything it writes in temporary folders."""
    if chromium_path() is None:
        pytest.skip("Chromium is not installed (package 'chromium')")
    with running_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Headless Chromium with WebGL2 in software."""
    if chromium_path() is None:
        pytest.skip("Chromium is not installed (package 'chromium')")
    with running_chromium() as browser:
        yield browser


def _open(lab: Lab, chromium: Any) -> Iterator[Notebook]:
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    opened = Notebook.open(lab, context.new_page())
    yield opened
    opened.shut_down()
    context.close()


@pytest.fixture
def own_notebook(lab: Lab, chromium: Any) -> Iterator[Notebook]:
    """An empty notebook of the test's own, open in JupyterLab with its kernel ready."""
    yield from _open(lab, chromium)


@pytest.fixture(scope="session")
def shared_notebook(lab: Lab, chromium: Any) -> Iterator[Notebook]:
    """A notebook for many tests: opening one costs more than most of them."""
    yield from _open(lab, chromium)


@pytest.fixture
def notebook(shared_notebook: Notebook) -> Notebook:
    """The shared notebook with one empty cell."""
    shared_notebook.clear()
    return shared_notebook


@pytest.fixture
def page_view(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., View]]:
    """Open scenes as HTML pages: the same front end, without Jupyter and so much sooner."""
    from foldsight_widgets.page import save

    opened: list[Any] = []

    def show(scene: Scene, **options: Any) -> View:
        path = tmp_path / f"{len(opened)}.html"
        save(scene, path)
        size = {"width": 1200, "height": scene.style.height + 40}
        context = chromium.new_context(**{"viewport": size, **options})
        opened.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_function(READY, timeout=120_000)
        return View(page, 0)

    yield show
    for context in opened:
        context.close()
