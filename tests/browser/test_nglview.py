"""The other viewer, drawn by NGL in JupyterLab."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.lab import Notebook, count_like

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

SHOW = """\
import foldsight as fs
from tests.samples import prediction
ngl = fs.view(prediction(first=25), viewer="nglview", representation="tube")
ngl
"""
#: One band of each helix, which are seen from their ends.
BANDS = ("#0053D6", "#FFDB13")


def test_nglview_colours_by_confidence(own_notebook: Notebook) -> None:
    pytest.importorskip("nglview")
    own_notebook.run(SHOW)
    page = own_notebook.page
    canvas = page.locator(".jp-OutputArea canvas").first
    canvas.wait_for(timeout=60_000)
    counts: list[int] = []
    for _ in range(60):
        shot = Image.open(io.BytesIO(canvas.screenshot())).convert("RGB")
        counts = [count_like(np.asarray(shot, dtype=np.int16), color) for color in BANDS]
        if all(count > 50 for count in counts):
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"not all bands are there: {counts}")
