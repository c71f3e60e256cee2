"""Driving JupyterLab: notebooks, cells, and the structure views in their outputs."""

from __future__ import annotations

import io
import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CELL_MS = 120_000
VIEW_MS = 120_000
#: The n-th view, in JavaScript.
_VIEW = "document.querySelectorAll('.foldsight-view')[n]"

_EMPTY = {
    "cells": [],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    folder: Path


class Notebook:
    """One notebook in one page."""

    def __init__(self, lab: Lab, page: Any, path: str, *, classic: bool = False) -> None:
        self.lab, self.page, self.path, self.classic = lab, page, path, classic
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.on("request", self._request)
        page.on("pageerror", lambda error: self.errors.append(str(error.stack)))

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.lab.url, "blob:", "data:")):
            self.outside.append(request.url)

    @classmethod
    def open(cls, lab: Lab, page: Any, *, classic: bool = False) -> Notebook:
        """Make an empty notebook, open it in Notebook 7 if ``classic``; returns once its kernel is idle."""
        path = f"{uuid.uuid4().hex}.ipynb"
        (lab.folder / path).write_text(json.dumps(_EMPTY), encoding="utf-8")
        notebook = cls(lab, page, path, classic=classic)
        notebook.load()
        return notebook

    def load(self) -> None:
        """Load the page anew, as a reader who comes later does."""
        place = "notebooks" if self.classic else f"lab/workspaces/{uuid.uuid4().hex}/tree"
        self.page.goto(f"{self.lab.url}{place}/{self.path}?token={self.lab.token}")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=CELL_MS)
        self.wait_idle()

    def wait_idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        self.page.wait_for_function(
            """() => {
                const session = window.jupyterapp?.shell.currentWidget?.sessionContext;
                const kernel = session?.isReady && session.session?.kernel;
                return kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle';
            }""",
            timeout=CELL_MS,
        )

    def clear(self) -> None:
        """Delete every cell and what they showed, and forget what was noted."""
        self.page.evaluate(
            """async () => {
                await jupyterapp.commands.execute('notebook:select-all');
                await jupyterapp.commands.execute('notebook:delete-cell');
            }"""
        )
        self.page.wait_for_function("() => !document.querySelector('.foldsight-view, .jp-OutputArea-output')")
        self.outside.clear()
        self.errors.clear()

    def run(self, code: str) -> str:
        """Run code in the last cell and return what it printed."""
        outputs = self.page.evaluate(
            """async code => {
                const notebook = jupyterapp.shell.currentWidget.content;
                notebook.deselectAll();  // a Shift-click in an output selects cells, too
                notebook.activeCellIndex = notebook.widgets.length - 1;
                const { model } = notebook.activeCell;
                model.sharedModel.setSource(code);
                await jupyterapp.commands.execute('notebook:run-cell-and-insert-below');
                return model.outputs.toJSON();
            }""",
            code,
        )
        faults = [out for out in outputs if out["output_type"] == "error"]
        assert not faults, faults
        texts = [out["text"] for out in outputs if out["output_type"] == "stream"]
        return "".join("".join(text) for text in texts).strip()

    def run_until(self, code: str, expected: str, seconds: float = 30) -> None:
        """Run code again until it prints what is expected: messages of a page come when they come."""
        until = time.monotonic() + seconds
        while (found := self.run(code)) != expected:
            assert time.monotonic() < until, f"{found!r} is not {expected!r}"
            self.page.wait_for_timeout(300)

    def view(self, number: int = 0) -> View:
        """Return the n-th structure view once it is drawn; what is out of sight is not."""
        root = self.page.locator(".foldsight-view").nth(number)
        root.wait_for(state="attached", timeout=VIEW_MS)
        root.scroll_into_view_if_needed()
        self.page.wait_for_function(
            f"n => ['ready', 'error'].includes({_VIEW}?.dataset.state)",
            arg=number,
            timeout=VIEW_MS,
        )
        return View(self.page, number)

    def save(self) -> dict[str, Any]:
        """Save the notebook and return it."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function(
            "() => !document.querySelector('.jp-mod-current.jp-mod-dirty')", timeout=CELL_MS
        )
        self.page.wait_for_timeout(1000)
        found: dict[str, Any] = json.loads((self.lab.folder / self.path).read_text(encoding="utf-8"))
        return found

    def shut_down(self) -> None:
        """Stop the kernels of the server, as *Shut down all* does."""
        self.page.evaluate(
            """async ({url, token}) => {
                const headers = {Authorization: `token ${token}`};
                for (const s of await (await fetch(`${url}api/sessions`, {headers})).json())
                    await fetch(`${url}api/sessions/${s.id}`, {method: 'DELETE', headers});
            }""",
            {"url": self.lab.url, "token": self.lab.token},
        )


class View:
    """One structure view, and what is on it."""

    def __init__(self, page: Any, number: int) -> None:
        self.page, self.number = page, number
        self.root = page.locator(".foldsight-view").nth(number)
        self.root.scroll_into_view_if_needed()

    def ask(self, expression: str, argument: Any = None) -> Any:
        """Evaluate an expression over ``view`` (the view's own object) in the page."""
        return self.page.evaluate(
            f"([n, arg]) => {{ const view = {_VIEW}.foldsight; return {expression}; }}",
            [self.number, argument],
        )

    def state(self) -> dict[str, Any]:
        """Return what the view says is on screen, once it has drawn all it was asked to."""
        self.ask("view.work")
        found: dict[str, Any] = self.ask("view.state()")
        return found

    def wait_for(self, condition: str, argument: Any = None) -> None:
        """Wait until a condition over ``view`` and ``arg`` holds, and all is drawn."""
        self.page.wait_for_function(
            f"([n, arg]) => {{ const view = {_VIEW}.foldsight; return {condition}; }}",
            arg=[self.number, argument],
            timeout=60_000,
        )
        self.ask("view.work")

    def wait_selection(self, text: str) -> None:
        """Wait until the view shows a selection."""
        self.wait_for("view.state().selection === arg", text)

    def residue(self, row: int) -> Any:
        """Return the letter of a residue in the strip."""
        return self.root.locator(f'.fs-residue[data-row="{row}"]')

    def selected_in_strip(self) -> list[int]:
        """Return the rows that the strip shows as selected."""
        cells = self.root.locator('.fs-residue[aria-selected="true"]')
        return [int(row) for row in cells.evaluate_all("cells => cells.map(c => c.dataset.row)")]

    def pixels(self) -> np.ndarray[Any, np.dtype[np.int16]]:
        """Return the picture on screen as an array of RGB, without legend and notices."""
        hide = f"([n, on]) => {{ {_VIEW}.querySelector('.fs-legend').hidden = on; }}"
        self.page.evaluate(hide, [self.number, True])
        shot = self.root.locator(".fs-stage").first.screenshot()
        self.page.evaluate(hide, [self.number, False])
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=np.int16)


def count_like(pixels: np.ndarray[Any, np.dtype[np.int16]], color: str) -> int:
    """Count pixels of a colour's hue, lit or shaded."""
    target = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)
    flat = pixels.reshape(-1, 3).astype(float)
    bright = flat.max(axis=1)
    coloured = (bright > 60) & (bright - flat.min(axis=1) > 40)
    shade = flat[coloured] / bright[coloured, None]
    return int((np.abs(shade - target / target.max()).max(axis=1) < 0.12).sum())
