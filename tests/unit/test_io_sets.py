"""Real files: 38 messy ones and 19 predictions, where the sets are at hand.

The sets are not part of this repository; ``FOLDSIGHT_BENCH_DATA`` names their folder
(default ``../shared/data``). Every fault they hold is also in the small files of the other
tests.
"""

from __future__ import annotations

import json
import os
import tarfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from foldsight.errors import BadFile
from foldsight.io import read
from foldsight.io.facts import facts
from foldsight.io.pae import fit_pae, read_pae
from foldsight.io.writing import encode
from foldsight.prediction import Prediction

DATA = Path(os.environ.get("FOLDSIGHT_BENCH_DATA") or Path(__file__).parents[3] / "shared" / "data")
_KEPT: list[TemporaryDirectory[str]] = []


@cache
def unpacked(name: str) -> Path:
    """Return the unpacked folder of a set."""
    folder = TemporaryDirectory(prefix="foldsight-")
    _KEPT.append(folder)
    with tarfile.open(DATA / f"{name}.tar.gz") as archive:
        archive.extractall(folder.name, filter="data")
    return next(Path(folder.name).rglob("manifest.json")).parent


def entries(name: str) -> list[Any]:
    """Return one parameter per file of a set, or one that is skipped."""
    if not (DATA / f"{name}.tar.gz").exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"{name} is not at hand"))]
    listed = json.loads((unpacked(name) / "manifest.json").read_text())
    return [pytest.param(item, id=Path(item["file"]).name) for item in listed]


@pytest.mark.parametrize("item", entries("messy_dev"))
def test_messy_files(item: dict[str, Any]) -> None:
    path = unpacked("messy_dev") / item["file"]
    if item["expected"] == "clear_error":
        with pytest.raises(BadFile) as caught:
            facts(path)
        assert caught.value.message.startswith(path.name)
        return
    found = facts(path)
    assert {key: found[key] for key in item["truth"]} == item["truth"]
    if item["why"] == "multiblock":
        assert "data blocks; only the first" in found["warnings"][0]


@pytest.mark.parametrize(
    "item", [e for e in entries("messy_dev") if (e.values[0] or {}).get("expected") != "clear_error"]
)
def test_messy_files_written_and_read_again(item: dict[str, Any]) -> None:
    found = read(unpacked("messy_dev") / item["file"])
    structure = getattr(found, "structure", found)
    for kind in ("cif", "pdb"):
        if kind == "pdb" and "long_comp_id" in item["tags"]:
            continue
        again = read(encode(found, kind))
        second = getattr(again, "structure", again)
        for name in ("name", "element", "altloc", "charge"):
            assert getattr(second.atoms, name).tolist() == getattr(structure.atoms, name).tolist(), (
                kind,
                name,
            )
        np.testing.assert_allclose(second.atoms.coord, structure.atoms.coord, atol=5.1e-4)
        np.testing.assert_allclose(second.atoms.b_factor, structure.atoms.b_factor, atol=0.0051)
        assert second.residues.ins_code.tolist() == structure.residues.ins_code.tolist()
        assert second.residues.auth_seq.tolist() == structure.residues.auth_seq.tolist()
        if structure.anisou is not None and kind == "pdb":
            np.testing.assert_allclose(second.anisou, structure.anisou, atol=5.1e-5)


@pytest.mark.parametrize("item", entries("predicted_dev"))
def test_predicted_files(item: dict[str, Any]) -> None:
    found = read(unpacked("predicted_dev") / item["file"])
    assert isinstance(found, Prediction)
    scale = 100 if item["plddt_scale"] == "0-1" else 1
    assert (found.confidence.kind, found.confidence.scale_found) == ("plddt", item["plddt_scale"])
    assert found.confidence.mean == pytest.approx(item["mean_ca_b"] * scale, abs=0.01)
    assert int((found.structure.ca_index >= 0).sum()) == item["n_ca"]
    again = read(encode(found, "cif"))
    np.testing.assert_allclose(again.confidence.values, found.confidence.values, atol=0.01)
    if "pae" in item:
        check_pae(found, item)


def check_pae(found: Prediction, item: dict[str, Any]) -> None:
    path = unpacked("predicted_dev") / item["pae"]
    if item.get("pae_format") == "hdf5":
        with pytest.raises(BadFile, match="is an HDF5 file"):
            read_pae(path)
        return
    errors = read_pae(path)
    assert list(errors.pae.shape) == item["pae_shape"]
    assert float(errors.pae.max()) == pytest.approx(item["pae_max"], abs=0.01)
    fitted = fit_pae(errors, found.structure)
    assert fitted.shape == (len(found.structure.residues),) * 2
