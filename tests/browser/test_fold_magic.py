"""The main job, end to end: the magic in a notebook, the job in the service, the structure on screen."""

from __future__ import annotations

import pytest

from tests.browser.lab import Notebook, count_like

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

#: NEDD8 has a template in the starter library (ubiquitin), so it folds without network or weights.
FASTA = """\
>NEDD8
MLIKVKTLTGKEIEIDIEPTDKVERIKERVEEKEGIPPQQQRLIYSGKQMNDEKTAADYKILGGSVLHLVLALRGGGGLRQ
"""
#: Nothing resembles alpha-synuclein, and it has no structure to find.
REFUSED = """\
>alpha-synuclein
MDVFMKGLSKAKEGVVAAAEKTKQGVAEAAGKTKEGVLYVGSKTKEGVVHGVATVAEKTKEQVTNVGGAVVTGVTAVAQKTVEGAGSIAAATGFVKKDQL
GKNEEGAPQEGILEDMPVDPDNEAYEMPSEEGYQDYEPEA
"""


def test_the_magic_folds_and_the_structure_is_on_screen(notebook: Notebook) -> None:
    (notebook.lab.folder / "nedd8.fasta").write_text(FASTA, encoding="utf-8")
    notebook.run("%load_ext foldsight")
    notebook.run("p = %foldsight fold nedd8.fasta\np")
    view = notebook.view()
    state = view.state()
    assert state["mol"]["representations"] == ["cartoon"]
    assert state["mol"]["colors"] >= 2, "several confidence colours"
    assert state["legendTitle"].startswith("Template support"), "and it is not called pLDDT"
    pixels = view.pixels()
    shown = [entry["color"] for entry in state["legend"] if count_like(pixels, entry["color"]) > 100]
    assert len(shown) >= 2, f"only {shown} are on screen"
    view.residue(24).click()
    assert view.state()["mol"]["selectedAtoms"] > 0
    assert "pLDDT" not in notebook.run("print(p)")
    assert notebook.outside == [], "nothing left the machine"


def test_the_cell_magic_refuses_what_has_no_template(notebook: Notebook) -> None:
    notebook.run("%load_ext foldsight")
    notebook.run(f"%%foldsight fold\n{REFUSED}")
    output = notebook.page.locator(".jp-OutputArea", has_text="Refused")
    output.first.wait_for(timeout=120_000)
    assert "alpha-synuclein" in (output.first.text_content() or "")
    assert notebook.page.locator(".foldsight-view").count() == 0
