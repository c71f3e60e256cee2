"""The programs of the browser tests: a JupyterLab of its own and a headless Chromium."""

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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.lab import Lab

ROOT = Path(__file__).parents[2]

#: WebGL2 runs in software; never ``--disable-gpu`` with 3D.
CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--ignore-gpu-blocklist",
    # Debian turns it on; without a graphics card the page would be painted through WebGL's software too.
    "--disable-gpu-rasterization",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 120


def chromium_path() -> str | None:
    """Return where Chromium is, if it is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LabProcess:
    """JupyterLab (and Notebook) on a free port; everything it writes is below ``home``."""

    def __init__(self, home: Path) -> None:
        self.lab = Lab(f"http://127.0.0.1:{_free_port()}/", secrets.token_hex(16), home / "work")
        self.lab.folder.mkdir()
        self._home, self._environment = home, _environment(home)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again where it was, and wait until it answers."""
        with (self._home / "lab.log").open("ab") as log:
            self._process = subprocess.Popen(
                _command(self.lab),
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._home,
            )
        _wait_for(self.lab, self._process, self._home / "lab.log")

    def kill(self) -> None:
        """End it outright, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it as its user would."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """Run JupyterLab (and Notebook) on a free port; everything it writes is below ``home``."""
    with lab_process(home) as process:
        yield process.lab


@contextmanager
def lab_process(home: Path) -> Iterator[LabProcess]:
    """As :func:`running_lab`, for who would end it and start it again."""
    process = LabProcess(home)
    try:
        process.start()
        yield process
    finally:
        process.stop()


@contextmanager
def running_chromium() -> Iterator[Any]:
    """Run headless Chromium with WebGL2 in software, under Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


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
