"""Adapters to other methods, on stand-ins: a hand-made FoldX and a small random network."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest

from foldsight.analysis.variants.adapters.foldx import FoldX
from foldsight.analysis.variants.parse import Mutation, Variant
from foldsight.errors import BadFile, BadRequest, EngineFailed, EngineUnavailable

#: Hand-made in the shape that FoldX 5 writes: some lines of words, then a table with tabs.
DIF = """FoldX 5 (hand-made)
PDB file analysed: input.pdb
Output type: BuildModel
Pdb\ttotal energy\tBackbone Hbond
input_1.pdb\t2.5\t0.1
input_2.pdb\t-0.75\t0.0
"""
VARIANTS = [
    Variant((Mutation("R", 175, "H", chain="A"), Mutation("L", 10, "V", chain="B"))),
    Variant((Mutation("V", 82, "A", chain="A"),)),
]


def stand_in(folder: Path, script: str) -> FoldX:
    binary = folder / "foldx"
    binary.write_text("#!/bin/sh\n" + script)
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    return FoldX(binary)


def test_foldx_is_given_its_list_and_its_answer_is_read(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(DIF)
    script = f"cp individual_list.txt {tmp_path}/asked; cp {tmp_path}/answer Dif_input.fxout\n"
    assert stand_in(tmp_path, script).predict(b"ATOM\n", VARIANTS) == [2.5, -0.75]
    assert (tmp_path / "asked").read_text() == "RA175H,LB10V;\nVA82A;\n"


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("echo broken licence >&2; exit 3\n", "status 3: broken licence"),
        ("exit 0\n", "left no Dif"),
        ("echo nothing > Dif_input.fxout\n", "no table"),
        ("printf 'Pdb\\ttotal energy\\nx\\t1.0\\n' > Dif_input.fxout\n", "1 of 2"),
    ],
)
def test_foldx_that_fails_is_told(tmp_path: Path, script: str, fault: str) -> None:
    with pytest.raises(EngineFailed, match=fault):
        stand_in(tmp_path, script).predict(b"ATOM\n", VARIANTS)


def test_foldx_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FOLDX_BINARY", str(tmp_path / "absent"))
    with pytest.raises(EngineUnavailable, match="not installed"):
        FoldX.find()


def test_foldx_cannot_name_insertion_codes(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot name"):
        stand_in(tmp_path, "").predict(b"", [Variant((Mutation("R", 52, "H", "A", "A"),))])


def test_esm2_scores_every_change() -> None:
    torch = pytest.importorskip("torch")
    esm = pytest.importorskip("esm")
    from foldsight.analysis.variants.adapters import esm2

    torch.manual_seed(0)
    alphabet = esm.data.Alphabet.from_architecture("ESM-1b")
    network = esm.model.esm2.ESM2(num_layers=1, embed_dim=32, attention_heads=2, alphabet=alphabet).eval()
    sequence = "MKTAYIAKQRXGHW"
    found = esm2.masked_marginals(network, alphabet, sequence)
    assert found.shape == (14, 20)
    assert np.isnan(found[10]).all()
    known = [i for i, letter in enumerate(sequence) if letter != "X"]
    assert np.abs(found[known, ["ACDEFGHIKLMNPQRSTVWY".index(sequence[i]) for i in known]]).max() == 0
    # In windows, the residues far away are not seen, all others are scored the same way.
    esm2.WINDOW, wide = 8, esm2.WINDOW
    try:
        assert np.isfinite(esm2.masked_marginals(network, alphabet, sequence)[known]).all()
    finally:
        esm2.WINDOW = wide


def test_esm2_refuses_what_is_no_checkpoint(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("esm")
    from foldsight.analysis.variants.adapters import esm2

    with pytest.raises(EngineUnavailable, match="no ESM-2 checkpoint"):
        esm2.load(tmp_path / "absent.pt")
    (tmp_path / "bad.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(BadFile, match="is no ESM-2 checkpoint"):
        esm2.load(tmp_path / "bad.pt")
