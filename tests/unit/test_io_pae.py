"""Error matrices of every tool come out alike; what is none is refused."""

from __future__ import annotations

import gzip
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldsight.engines.build import build
from foldsight.errors import BadFile, NotFound
from foldsight.io import read, write
from foldsight.io.beside import pae_beside
from foldsight.io.pae import PaeFile, fit_pae, read_pae
from foldsight.structure import Structure

MATRIX = np.array([[0.2, 1.5, 30.1], [2.5, 0.3, 4.0], [6.0, 7.0, 0.1]], dtype=np.float32)
ROWS = MATRIX.tolist()


def toy() -> Structure:
    coord = np.arange(36, dtype=np.float64).reshape(12, 3)
    values = np.array([91, 80, 40], dtype=np.float32)
    return build(
        "toy", ["ACD"], ["N", "CA", "C", "O"] * 3, np.repeat(np.arange(3, dtype=np.int32), 4), coord, values
    )


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


OLD = [
    {"residue1": [1, 1, 1, 2, 2, 2, 3, 3, 3], "residue2": [1, 2, 3] * 3, "distance": MATRIX.ravel().tolist()}
]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(OLD).encode(),
        json.dumps([{"predicted_aligned_error": ROWS, "max_predicted_aligned_error": 31.75}]).encode(),
        json.dumps({"predicted_aligned_error": ROWS}).encode(),
        json.dumps({"pae": ROWS, "plddt": [1, 2, 3], "ptm": 0.7, "max_pae": 30}).encode(),
        json.dumps({"pae": ROWS, "token_chain_ids": ["A"] * 3, "token_res_ids": [1, 2, 3]}).encode(),
        json.dumps(ROWS).encode(),
        gzip.compress(json.dumps({"pae": ROWS}).encode()),
        npz(pae=MATRIX),
        npz(pae=MATRIX[None]),
        npy(MATRIX),
        npy(MATRIX.astype(np.float64)),
    ],
)
def test_every_tool_gives_the_same_matrix(data: bytes) -> None:
    found = read_pae(data)
    assert found.pae.dtype == np.float32
    np.testing.assert_allclose(found.pae, MATRIX)


def test_ptm_comes_along_where_the_file_has_it() -> None:
    assert read_pae(json.dumps({"pae": ROWS, "ptm": 0.7}).encode()).ptm == 0.7
    assert read_pae(json.dumps({"pae": ROWS, "ptm": "high"}).encode()).ptm is None


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("unpickled",))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file"),
        (pickle.dumps(Bomb()), "is a Python pickle"),
        (npy(np.array([Bomb()], dtype=object)), "holds object and not numbers"),
        (npz(pae=np.array([Bomb()], dtype=object)), "holds object and not numbers"),
        (npz(plddt=MATRIX), "has no array 'pae', only plddt"),
        (npy(MATRIX)[:-8], "ends too early"),
        (npz(pae=MATRIX)[:-30], "damaged ZIP"),
        (b"ATOM      1", "is not JSON"),
        (json.dumps({"pae": ROWS}).encode()[:-9], "ends too early or is damaged"),
        (b"[" * 100_000, "ends too early or is damaged"),
        (b"{}", "holds no error matrix, only nothing"),
        (b'{"ptm": 0.5, "iptm": 0.1}', "holds no error matrix, only ptm, iptm"),
        (b'{"pae": [[1, 2], [3]]}', "ragged or not numeric"),
        (b'{"pae": [["a"]]}', "ragged or not numeric"),
        (b'{"pae": [[1, 2]]}', "not a square"),
        (b'{"pae": [[-1]]}', "negative"),
        (b'{"pae": [[NaN]]}', "not finite"),
        (b'{"pae": [[9e9]]}', "beyond"),
        (json.dumps([{**OLD[0], "distance": [1.0]}]).encode(), "do not fill a square"),
        (json.dumps([{**OLD[0], "residue1": [10**9] * 9}]).encode(), "do not fill a square"),
    ],
)
def test_what_is_no_error_matrix_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read_pae(data, name="f.json")


def test_a_header_that_promises_too_much_is_refused_before_it_is_made() -> None:
    good = npy(np.zeros((2, 2), np.float32))
    for shape in (b"(90000, 90000), }", b"(2, 20000000000)}", b"(90000, }        ", b"lambda: 1}       "):
        with pytest.raises(BadFile):
            read_pae(good.replace(b"(2, 2), }        ", shape))


def test_a_missing_file() -> None:
    with pytest.raises(NotFound):
        read_pae("no-such-file.json")


def test_sizes_that_do_not_fit_are_named() -> None:
    structure = toy()
    assert fit_pae(PaeFile(MATRIX), structure) is not None
    with pytest.raises(
        BadFile, match=r"x.json gives errors of 2 tokens, but toy has 3 polymer residues \(3 with"
    ):
        fit_pae(PaeFile(MATRIX[:2, :2], "x.json"), structure)


def test_tokens_of_one_residue_are_averaged_where_the_file_names_them() -> None:
    four = np.arange(16, dtype=np.float32).reshape(4, 4)
    found = fit_pae(PaeFile(four, "x", ("A",) * 4, (1, 2, 3, 3)), toy())
    assert found.shape == (3, 3)
    assert found[0].tolist() == [0, 1, 2.5]
    assert found[2, 2] == four[2:, 2:].mean()
    with pytest.raises(BadFile):
        fit_pae(PaeFile(four, "x", ("A",) * 4, (1, 2, 4, 4)), toy())


@pytest.mark.parametrize(
    ("structure", "beside"),
    [
        ("AF-P1-F1-model_v6.cif", "AF-P1-F1-predicted_aligned_error_v6.json"),
        ("x_unrelaxed_rank_001_ptm_model_1_seed_000.pdb", "x_scores_rank_001_ptm_model_1_seed_000.json"),
        ("unrelaxed_model_1_ptm_pred_0.pdb", "pae_model_1_ptm_pred_0.json"),
        ("fold_x_model_0.cif", "fold_x_full_data_0.json"),
        ("x_model.cif", "x_confidences.json"),
        ("model.cif", "confidences.json"),
        ("x_model_0.cif", "pae_x_model_0.npz"),
        ("structure.cif.gz", "pae.npy"),
    ],
)  # fmt: skip
def test_the_matrix_beside_a_structure_is_found(structure: str, beside: str, tmp_path: Path) -> None:
    assert pae_beside(tmp_path / structure) is None
    (tmp_path / beside).write_bytes(b"x")
    assert pae_beside(tmp_path / structure) == tmp_path / beside


def test_read_takes_the_matrix_beside_and_names_one_that_does_not_fit(tmp_path: Path) -> None:
    path = write(toy(), tmp_path / "x_unrelaxed_rank_001.pdb")
    scores = tmp_path / "x_scores_rank_001.json"
    scores.write_text(json.dumps({"pae": ROWS, "ptm": 0.7}))
    found = read(path)
    np.testing.assert_allclose(found.confidence.pae, MATRIX)
    assert found.confidence.ptm == 0.7
    scores.write_text(json.dumps({"pae": [[1.0]]}))
    found = read(path)
    assert found.confidence.pae is None
    assert "gives errors of 1 tokens" in found.structure.warnings[-1]
