"""Saving by suffix: every exporter is found, writes whole files, and reads back."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest

import foldsight
from foldsight import outlets
from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.export.structure_files import facts_of
from foldsight.library import Library
from foldsight.library.catalog import STARTER
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest


@pytest.fixture(scope="module")
def prediction() -> Prediction:
    structure = Library(STARTER.parent / "nowhere", STARTER).structure("1ejg")
    values = np.full(len(structure.residues), 88, dtype=np.float32)
    values[0] = np.nan
    manifest = FoldManifest("esmfold", "1", "predicted", "key", name="</script>crambin")
    return Prediction(structure, Confidence("plddt", values, ptm=0.8), manifest)


def test_every_suffix_has_its_exporter() -> None:
    assert {"bcif", "cif", "html", "json", "pae.json", "pdb", "png", "svg"} <= set(outlets.exporters())


@pytest.mark.parametrize("suffix", ["cif", "pdb", "bcif", "cif.gz", "PDB"])
def test_structures_read_back(prediction: Prediction, tmp_path: Path, suffix: str) -> None:
    path = prediction.save(tmp_path / f"x.{suffix}")
    again = foldsight.read(path)
    structure = getattr(again, "structure", again)
    assert len(structure.atoms) == len(prediction.structure.atoms)
    assert np.allclose(structure.atoms.coord, prediction.structure.atoms.coord, atol=2e-3)
    assert [child.name for child in tmp_path.iterdir()] == [f"x.{suffix}"]


def test_a_structure_without_confidence_saves_too(prediction: Prediction, tmp_path: Path) -> None:
    path = prediction.structure.save(tmp_path / "x.pdb")
    assert len(foldsight.read(path).residues) == len(prediction.structure.residues)


def test_facts_are_json_without_nan(prediction: Prediction, tmp_path: Path) -> None:
    facts = json.loads(prediction.save(tmp_path / "x.json").read_text())
    assert facts["confidence"]["values"][:2] == [None, 88.0]
    assert facts["confidence"]["residues"][0] == "A:1"
    assert facts["confidence"]["ptm"] == 0.8
    assert facts_of(prediction.structure)["residues"] == len(prediction.structure.residues)


def test_a_page_holds_the_view_and_the_engine(prediction: Prediction, tmp_path: Path) -> None:
    page = prediction.save(tmp_path / "x.html", coloring="chain").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<title>&lt;/script&gt;crambin</title>" in page
    scene = re.search(r'id="scene">(.*?)</script>', page, re.DOTALL)
    assert scene is not None
    assert json.loads(scene[1])["scene"]["style"]["coloring"] == "chain"
    assert page.count("</script>") == 3


def test_compressed_pictures_are_compressed(prediction: Prediction, tmp_path: Path) -> None:
    path = prediction.figure(tmp_path / "x.svg.gz", size=(200, 150), background="dark")
    assert gzip.decompress(path.read_bytes()).startswith(b"<svg")


def test_what_was_there_stays_when_saving_breaks(prediction: Prediction, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(b"mine")
    with pytest.raises(BadRequest, match="No picture can be 1 x 1"):
        prediction.save(path, size=(1, 1))
    assert path.read_bytes() == b"mine"
    assert [child.name for child in tmp_path.iterdir()] == ["x.png"]
