"""MolViewSpec scenes as they are, in a notebook and in a tab."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from foldsight.scene import Scene
from foldsight.scene.mvs import to_mvsx
from tests.browser.lab import Notebook, count_like
from tests.browser.test_lab_extension import run
from tests.samples import prediction

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

READY = ".foldsight-view[data-layout=mvs][data-state=ready]"


def blue(stage: object) -> int:
    shot = stage.screenshot()  # type: ignore[attr-defined]
    return count_like(np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=np.int16), "#0053D6")


def test_a_scene_is_drawn_in_a_notebook_and_in_a_tab(own_notebook: Notebook) -> None:
    page, folder = own_notebook.page, own_notebook.lab.folder
    (folder / "figure.mvsx").write_bytes(to_mvsx(Scene.of(prediction())))
    own_notebook.run("import foldsight as fs\nfs.view('figure.mvsx', height=400)")
    page.wait_for_selector(READY, timeout=120_000)
    page.wait_for_timeout(1000)
    assert blue(page.locator(f"{READY} .fs-stage")) > 30
    run(page, "foldsight:open", path="figure.mvsx")
    page.wait_for_selector(f".fsl-document {READY}", timeout=120_000)
    page.wait_for_timeout(1000)
    assert blue(page.locator(f".fsl-document {READY} .fs-stage")) > 30
    assert not own_notebook.outside
    assert not own_notebook.errors
