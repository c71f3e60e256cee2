"""Adapters to other methods, on stand-ins: a hand-made FoldX and a small random network."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foldsight.analysis.variants import add_esm2, add_foldx, add_thermompnn, predict_variants
from foldsight.analysis.variants.adapters import esm2
from foldsight.analysis.variants.adapters.foldx import FoldX
from foldsight.analysis.variants.parse import Mutation, Variant
from foldsight.errors import BadFile, BadRequest, EngineFailed, EngineUnavailable
from foldsight.library import Library

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


def test_foldx_fills_a_column(tmp_path: Path) -> None:
    table = predict_variants(Library.open().structure("1ubi"), "I30A L67A+L69A", explain=False)
    (tmp_path / "answer").write_text(DIF)
    script = f"cp individual_list.txt {tmp_path}/asked; cp {tmp_path}/answer Dif_input.fxout\n"
    filled = add_foldx(table, b"ATOM\n", stand_in(tmp_path, script))
    assert [row.foldx_kcal_mol for row in filled] == [2.5, -0.75]
    assert [row.ddg_kcal_mol for row in filled] == [row.ddg_kcal_mol for row in table]
    assert filled.beside == ["foldx_kcal_mol"]
    assert (tmp_path / "asked").read_text() == "IA30A;\nLA67A,LA69A;\n"


def test_esm2_fills_a_column(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    structure = Library.open().structure("1hpv")
    table = predict_variants(structure, "A:V82A B:V82A A:V82A+A:I84V", explain=False)
    asked = []

    def scores(network: object, alphabet: object, sequence: str) -> np.ndarray:
        asked.append(sequence)
        return np.arange(20 * len(sequence), dtype=float).reshape(-1, 20)

    monkeypatch.setattr(esm2, "load", lambda path: (None, None))
    monkeypatch.setattr(esm2, "masked_marginals", scores)
    filled = add_esm2(table, structure, tmp_path)
    assert [len(sequence) for sequence in asked] == [99, 99]
    valine = "ACDEFGHIKLMNPQRSTVWY".index("V")
    assert [row.esm2_nats for row in filled] == [81 * 20.0, 81 * 20.0, 81 * 20.0 + 83 * 20.0 + valine]


def test_esm2_refuses_what_is_no_checkpoint(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("esm")
    with pytest.raises(EngineUnavailable, match="no ESM-2 checkpoint"):
        esm2.load(tmp_path / "absent.pt")
    (tmp_path / "bad.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(BadFile, match="is no ESM-2 checkpoint"):
        esm2.load(tmp_path / "bad.pt")


def thermompnn_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the published checkpoint, with hidden size 128."""
    h = 128
    shapes: dict[str, tuple[int, ...]] = {
        "features.embeddings.linear.weight": (16, 66), "features.embeddings.linear.bias": (16,),
        "features.edge_embedding.weight": (h, 416), "features.norm_edges.weight": (h,),
        "features.norm_edges.bias": (h,), "W_e.weight": (h, h), "W_e.bias": (h,), "W_s.weight": (21, h),
    }  # fmt: skip
    for side, width, names in (
        ("encoder", 3 * h, ("W1", "W2", "W3", "W11", "W12", "W13")),
        ("decoder", 4 * h, ("W1", "W2", "W3")),
    ):
        for k in range(3):
            layer = f"{side}_layers.{k}."
            for name in names:
                shapes[f"{layer}{name}.weight"] = (h, width if name in ("W1", "W11") else h)
                shapes[f"{layer}{name}.bias"] = (h,)
            for norm in ("norm1", "norm2", "norm3")[: 3 if side == "encoder" else 2]:
                shapes[f"{layer}{norm}.weight"] = shapes[f"{layer}{norm}.bias"] = (h,)
            shapes |= {f"{layer}dense.W_in.weight": (4 * h, h), f"{layer}dense.W_in.bias": (4 * h,)}
            shapes |= {f"{layer}dense.W_out.weight": (h, 4 * h), f"{layer}dense.W_out.bias": (h,)}
    shapes = {f"prot_mpnn.{name}": shape for name, shape in shapes.items()}
    x = 3 * h
    shapes |= {"light_attention.feature_convolution.weight": (x, x, 9)}
    shapes |= {
        "light_attention.feature_convolution.bias": (x,),
        "ddg_out.weight": (1, 1),
        "ddg_out.bias": (1,),
    }
    for k, (wide, narrow) in {1: (64, x), 3: (32, 64), 5: (21, 32)}.items():
        shapes |= {f"both_out.{k}.weight": (wide, narrow), f"both_out.{k}.bias": (wide,)}
    return shapes


@pytest.fixture
def thermompnn_folder(tmp_path: Path) -> Path:
    """A checkpoint with random weights of the right shapes, and a settings object in it."""
    torch = pytest.importorskip("torch")
    from fractions import Fraction

    rng = np.random.default_rng(0)
    state = {
        f"model.{name}": torch.from_numpy(rng.normal("norm" in name, 0.1, shape).astype(np.float32))
        for name, shape in thermompnn_shapes().items()
    }
    torch.save({"state_dict": state, "hyper_parameters": Fraction(1, 3)}, tmp_path / "thermoMPNN_default.pt")
    return tmp_path


def test_thermompnn_gives_every_change_in_one_pass(thermompnn_folder: Path) -> None:
    from foldsight.analysis.variants.adapters import thermompnn
    from foldsight.analysis.variants.sites import letter_index

    parameters = thermompnn.load(thermompnn_folder)
    structure = Library.open().structure("1ubi")
    everything = np.ones(len(structure.residues), dtype=bool)
    rows, ddg = thermompnn.predict(structure, everything, parameters)
    assert ddg.shape == (76, 20)
    wild = letter_index("".join(structure.one_letters[rows]))
    assert np.abs(ddg[np.arange(76), wild]).max() == 0
    turned = replace(structure, atoms=replace(structure.atoms, coord=structure.atoms.coord[:, [1, 2, 0]] + 7))
    assert np.abs(thermompnn.predict(turned, everything, parameters)[1] - ddg).max() < 1e-3
    # A site knows the residue types around it.
    names = structure.residues.name.copy()
    names[40] = "TRP"
    other = replace(structure, residues=replace(structure.residues, name=names))
    changed = thermompnn.predict(other, everything, parameters)[1]
    assert np.abs(changed[39] - ddg[39]).max() > 1e-5


def test_thermompnn_fills_a_column(thermompnn_folder: Path) -> None:
    structure = Library.open().structure("1hpv")
    table = predict_variants(structure, "B:V82A B:I84V B:V82A+B:I84V", explain=False)
    one, other, both = add_thermompnn(table, structure, thermompnn_folder)
    assert both.thermompnn_kcal_mol == pytest.approx(one.thermompnn_kcal_mol + other.thermompnn_kcal_mol)
    together = add_thermompnn(table, structure, thermompnn_folder, "complex")
    assert together[0].thermompnn_kcal_mol != one.thermompnn_kcal_mol


def test_thermompnn_refuses_other_files(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from foldsight.analysis.variants.adapters import thermompnn

    with pytest.raises(EngineUnavailable, match="holds no"):
        thermompnn.load(tmp_path)
    torch.save({"state_dict": {"x": torch.zeros(1)}}, tmp_path / thermompnn.FILE)
    with pytest.raises(BadFile, match="it lacks"):
        thermompnn.load(tmp_path)
    (tmp_path / thermompnn.FILE).write_bytes(b"nothing")
    with pytest.raises(BadFile, match="no ThermoMPNN"):
        thermompnn.load(tmp_path)
