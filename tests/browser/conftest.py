"""A real JupyterLab and a real Chromium for the browser tests."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from foldsight.scene import Scene
from tests.browser.lab import Lab, Notebook, View

ROOT = Path(__file__).parents[2]

#: WebGL2 runs in software; never ``--disable-gpu`` with 3D.
CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--ignore-gpu-blocklist",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 120

#: JavaScript: the view has drawn what it shows, or says why it cannot.
READY = "() => ['ready', 'error'].includes(document.querySelector('.foldsight-view')?.dataset.state)"


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def jp_asyncio_loop() -> None:
    """Take the place of pytest-jupyter's fixture, which would close the loop that Playwright runs."""


@pytest.fixture
def jp_server_cleanup() -> None:
    """Take the place of pytest-jupyter's fixture: no server runs in this process."""


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a free port, with everything it writes in temporary folders."""
    if _chromium() is None:
        pytest.skip("Chromium is not installed (package 'chromium')")
    home = tmp_path_factory.mktemp("lab")
    server = Lab(f"http://127.0.0.1:{_free_port()}/", secrets.token_hex(16), home / "work")
    server.folder.mkdir()
    log = (home / "lab.log").open("wb")
    process = subprocess.Popen(
        _command(server), env=_environment(home), stdout=log, stderr=subprocess.STDOUT, cwd=home
    )
    try:
        _wait_for(server, process, home / "lab.log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _command(server: Lab) -> list[str]:
    return [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        "--expose-app-in-browser",
        "--LabApp.news_url=None",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        f"--port={server.url.rsplit(':', 1)[1].strip('/')}", "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={server.token}", f"--ServerApp.root_dir={server.folder}",
    ]  # fmt: skip


def _environment(home: Path) -> dict[str, str]:
    """Use the working tree, and nothing of the user's own settings."""
    extensions = home / "share" / "labextensions" / "@foldsight"
    extensions.mkdir(parents=True)
    (extensions / "lab").symlink_to(ROOT / "jupyter_extension" / "foldsight_lab" / "labextension")
    config = home / "config"
    config.mkdir()
    on = {"ServerApp": {"jpserver_extensions": {"foldsight_server": True}}}
    if (ROOT / "server_ext" / "foldsight_server" / "__init__.py").is_file():
        (config / "jupyter_server_config.json").write_text(json.dumps(on), encoding="utf-8")
    folders = [ROOT, ROOT / "server_ext", ROOT / "widgets", ROOT / "jupyter_extension"]
    paths = [*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])]
    return dict(
        os.environ,
        JUPYTER_PATH=str(home / "share"),
        JUPYTER_CONFIG_DIR=str(config),
        JUPYTER_DATA_DIR=str(home / "data"),
        JUPYTER_RUNTIME_DIR=str(home / "runtime"),
        JUPYTERLAB_SETTINGS_DIR=str(home / "settings"),
        JUPYTERLAB_WORKSPACES_DIR=str(home / "workspaces"),
        IPYTHONDIR=str(home / "ipython"),
        FOLDSIGHT_HOME=str(home / "foldsight"),
        FOLDSIGHT_NETWORK="off",
        PYTHONPATH=os.pathsep.join(paths),
    )


def _wait_for(server: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"JupyterLab ended: {log.read_text(errors='replace')[-2000:]}"
        try:
            with urllib.request.urlopen(f"{server.url}api?token={server.token}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"JupyterLab did not start: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Headless Chromium with WebGL2 in software."""
    path = _chromium()
    if path is None:
        pytest.skip("Chromium is not installed (package 'chromium')")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


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
