"""The analyses as methods of structures and predictions, as functions, and from the magic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foldsight as fs
from foldsight.api.aligning import Superposition
from foldsight.api.shown import ShownInterfaces, ShownPockets, ShownVariants
from foldsight.confidence import Confidence
from foldsight.errors import BadFile, BadRequest
from foldsight.io import write
from foldsight.library import Library
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.structure import Structure


@pytest.fixture(scope="module")
def protease() -> Structure:
    return Library.open().structure("1hpv")


@pytest.fixture(scope="module")
def pockets(protease: Structure) -> ShownPockets:
    return protease.pockets()


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    from IPython import display

    found: list[Any] = []
    monkeypatch.setattr(display, "display", lambda item, **_: found.append(item))
    return found


def test_pockets_have_a_table_and_a_view(pockets: ShownPockets, displayed: list[Any], tmp_path: Path) -> None:
    assert {"A:25", "B:25"} <= {str(ref) for ref in pockets[0].residues}
    assert pockets.table.loc[0, "rank"] == 1
    view = pockets.view()
    assert view.scene.style.representation == "surface"
    assert view.scene.style.coloring == "pocket"
    assert pockets.figure(tmp_path / "p.png", size=(200, 150)).exists()
    pockets._ipython_display_()
    assert "<table" in displayed[0]["text/html"]
    assert displayed[1].scene.style.coloring == "pocket"


def test_each_residue_has_the_colour_of_its_first_pocket(pockets: ShownPockets, protease: Structure) -> None:
    coloring = pockets.coloring
    assert coloring.classes is not None
    words = {
        str(ref): coloring.entries[c]
        for ref, c in zip(protease.refs, coloring.classes, strict=True)
        if c >= 0
    }
    assert words["A:25"] == "pocket 1"
    assert "A:1" not in words or words["A:1"] != "pocket 1"


def test_variants_have_a_table_and_select_what_changes(protease: Structure) -> None:
    found = protease.variants("A:V82A A:I84V")
    assert isinstance(found, ShownVariants)
    assert found.table["variant"].tolist() == ["A:V82A", "A:I84V"]
    assert [str(ref) for ref in found.view().selection] == ["A:82", "A:84"]
    values = found.coloring.values
    assert values is not None
    assert np.isfinite(values).sum() == 2
    assert isinstance(found.with_column("conservation", [1.0, 2.0]), ShownVariants)


def test_interfaces_colour_both_sides(protease: Structure) -> None:
    found = protease.interfaces()
    assert isinstance(found, ShownInterfaces)
    assert found.coloring.entries == ("A at B", "B at A")
    assert found.view().scene.style.coloring == "interface"


def test_align_takes_a_file(protease: Structure, tmp_path: Path, displayed: list[Any]) -> None:
    write(protease, tmp_path / "same.cif")
    found = protease.align(str(tmp_path / "same.cif"))
    assert isinstance(found, Superposition)
    assert found.rmsd < 0.01
    assert found.table["distance"].max() < 0.01
    assert len(found.table) == found.n_aligned == 99
    found._ipython_display_()
    assert "TM-score" in displayed[0]["text/html"]


def test_a_prediction_has_the_same_methods(protease: Structure, pockets: ShownPockets) -> None:
    values = np.full(len(protease.residues), 90, dtype=np.float32)
    manifest = FoldManifest("made up", "1", "predicted", "", name="x")
    prediction = Prediction(protease, Confidence("plddt", values), manifest)
    assert prediction.pockets()[0].residues == pockets[0].residues
    assert prediction.pockets()[0].confidence == 90
    assert len(prediction.interfaces()) == 1
    assert prediction.variants("A:V82A")[0].effect


def test_the_functions_take_what_read_takes(protease: Structure, tmp_path: Path) -> None:
    path = tmp_path / "p.pdb"
    write(protease, path)
    assert fs.interfaces(path)[0].n_contacts == protease.interfaces()[0].n_contacts
    assert fs.variants(str(path), "A:V82A").subject.name.lower() == "1hpv"
    with pytest.raises(BadFile, match="neither PDB"):
        fs.pockets(b"not a structure")


@pytest.fixture
def shell(ipython: Any, protease: Structure) -> Any:
    fs.load_ipython_extension(ipython)
    ipython.user_ns["s"] = protease
    return ipython


def given(shell: Any, line: str) -> Any:
    shell.run_cell(f"x = %foldsight {line}", silent=True).raise_error()
    return shell.user_ns["x"]


def test_the_magic_gives_the_same_objects(shell: Any) -> None:
    assert isinstance(given(shell, "pockets s"), ShownPockets)
    assert isinstance(given(shell, "align s s"), Superposition)
    found = given(shell, "ddg $s V82A I84V --chain A")
    assert isinstance(found, ShownVariants)
    assert [row.variant for row in found] == ["A:V82A", "A:I84V"]


def test_the_magic_writes_files_and_json_as_the_shell_does(shell: Any, tmp_path: Path) -> None:
    assert not isinstance(given(shell, "ddg s V82A --chain A --out v.csv"), ShownVariants)
    assert (tmp_path / "v.csv").exists()
    assert given(shell, "ddg s V82A --chain A --json")["rows"][0]["variant"] == "A:V82A"
    assert given(shell, "pockets s --json")["pockets"][0]["rank"] == 1
    with pytest.raises(BadRequest, match="Two structures"):
        shell.run_line_magic("foldsight", "align s")


def test_a_multiple_variant_colours_all_its_residues(protease: Structure) -> None:
    found = protease.variants("V82A+I84V", chain="A")
    assert [str(ref) for ref in found.highlighted] == ["A:82", "A:84"]
    values = found.coloring.values
    assert values is not None
    assert values[np.isfinite(values)] == pytest.approx([found[0].ddg_kcal_mol] * 2, rel=1e-5)


def test_pockets_are_coloured_in_their_order(pockets: ShownPockets) -> None:
    assert pockets.coloring.entries[0] == "pocket 1"


def test_tables_fit_a_notebook(pockets: ShownPockets, protease: Structure) -> None:
    html = pockets._repr_html_()
    assert "1hpv: " in html
    assert "A: 8 23 25" in html
    assert "confidence" not in html
    assert "A-B" in protease.interfaces()._repr_html_()


def test_scores_and_confidence_are_in_the_tables(protease: Structure) -> None:
    size = len(protease.residues)
    pae = np.full((size, size), 4.0, dtype=np.float32)
    confidence = Confidence("plddt", np.full(size, 60, dtype=np.float32), pae=pae)
    prediction = Prediction(protease, confidence, FoldManifest("made up", "1", "predicted", "", name="x"))
    assert "60 (low)" in prediction.pockets()._repr_html_()
    html = prediction.interfaces()._repr_html_()
    assert "ipSAE" in html
    assert "ipTM" not in html
