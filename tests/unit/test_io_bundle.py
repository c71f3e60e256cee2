"""A prediction travels as files and comes back; parts that are wrong are refused."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from foldsight.confidence import Confidence
from foldsight.engines.build import build
from foldsight.errors import BadFile
from foldsight.io.bundle import CONFIDENCE, MANIFEST, PAE, STRUCTURE, from_bundle, to_bundle
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest, Step

N = 5


@pytest.fixture
def prediction() -> Prediction:
    coord = np.arange(4 * N * 3, dtype=np.float64).reshape(4 * N, 3) / 1000
    values = np.array([91.25, np.nan, 70.0, 50.0, 33.33], dtype=np.float32)
    residue = np.repeat(np.arange(N, dtype=np.int32), 4)
    structure = build("toy", ["AC", "DEF"], ["N", "CA", "C", "O"] * N, residue, coord, np.nan_to_num(values))
    iptm = np.array([[np.nan, 0.4], [0.6, np.nan]], dtype=np.float32)
    pae = np.linspace(0, 30, N * N, dtype=np.float32).reshape(N, N)
    confidence = Confidence("plddt", values, pae, 0.8, iptm, "0-1")
    manifest = FoldManifest(
        "toy", "1", "predicted", "key", name="Toy", steps=(Step("cache", "skipped", "none"),)
    )
    return Prediction(structure, confidence, manifest)


def test_there_and_back(prediction: Prediction) -> None:
    files = to_bundle(prediction)
    assert set(files) == {STRUCTURE, CONFIDENCE, PAE, MANIFEST}
    found = from_bundle({**files, "notes.txt": b"ignored"})
    assert found.manifest == prediction.manifest
    np.testing.assert_array_equal(found.structure.atoms.coord, prediction.structure.atoms.coord)
    assert found.structure.chains == prediction.structure.chains
    before, after = prediction.confidence, found.confidence
    np.testing.assert_allclose(after.values, before.values, atol=1e-3)
    np.testing.assert_allclose(after.pae, before.pae, atol=0.02)
    np.testing.assert_allclose(after.iptm, before.iptm)
    assert (after.kind, after.ptm, after.scale_found) == ("plddt", 0.8, "0-1")
    assert after.pae is not None
    assert after.pae.dtype == np.float32


def test_the_json_is_as_agreed(prediction: Prediction) -> None:
    found = json.loads(to_bundle(prediction)[CONFIDENCE])
    assert found["kind"] == "plddt"
    assert found["values"][1] is None
    assert found["iptm"] == [[None, 0.4], [0.6, None]]


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("part", "data", "words"),
    [
        (STRUCTURE, None, "lacks structure.cif"),
        (CONFIDENCE, None, "lacks confidence.json"),
        (MANIFEST, None, "lacks manifest.json"),
        (STRUCTURE, b"<html>", "web page"),
        (CONFIDENCE, b"not json", "is not JSON"),
        (CONFIDENCE, b"[]", "is not a JSON object"),
        (CONFIDENCE, b"{}", "do not fit each other"),
        (CONFIDENCE, b'{"kind": "plddt", "values": [1]}', "do not fit each other"),
        (CONFIDENCE, b'{"kind": "plddt", "values": [1, 2, 3, 4, 999]}', "do not fit each other"),
        (MANIFEST, b'{"engine": "x"}', "do not fit each other"),
        (PAE, npy(np.array([{}], dtype=object)), "not numbers"),
        (PAE, b"\x93NUMPY", "is not a NumPy array file"),
        (PAE, npy(np.zeros((2, 3))), "do not fit each other"),
    ],
)
def test_wrong_parts_are_refused(prediction: Prediction, part: str, data: bytes | None, words: str) -> None:
    files = to_bundle(prediction)
    if data is None:
        del files[part]
    else:
        files[part] = data
    with pytest.raises(BadFile, match=words):
        from_bundle(files)
