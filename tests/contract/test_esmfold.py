"""ESMFold v1 against the stock implementation, trap by trap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from foldsight.engines.attempt import fold_with  # noqa: E402
from foldsight.engines.base import Context, FoldRequest  # noqa: E402
from foldsight.engines.esmfold.layout import GAP, LINKER, lay_out  # noqa: E402
from foldsight.engines.esmfold.predict import collate, predict  # noqa: E402
from foldsight.errors import BadFile, Cancelled  # noqa: E402
from foldsight.prediction import Prediction  # noqa: E402
from foldsight.sequence import Query  # noqa: E402

SHORT, LONG = "MQIFVKTLTGKTITLEVEPS", "GSHMKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ"


def ask(sequence: str, **settings: Any) -> FoldRequest:
    return FoldRequest(Query.of(sequence, "q"), settings={"device": "cpu", **settings})


def fold(engine: Any, sequence: str, **settings: Any) -> Prediction:
    found: Prediction = engine.fold(ask(sequence, **settings), Context())
    return found


def test_the_same_weights_give_the_coordinates_of_the_stock_implementation(esmfold_net: Any) -> None:
    stock = esmfold_net.infer(LONG)
    ours = predict(esmfold_net, [lay_out((LONG,))], passes=3)[0]
    exists = stock.atom14_atom_exists[0].bool()
    expected = stock.positions[-1, 0][exists].double().numpy()
    assert ours.coord.shape == expected.shape
    assert np.abs(ours.coord - expected).max() < 1e-4
    assert np.ptp(expected, axis=0).min() > 1.0  # not all atoms in one place


def test_plddt_is_0_to_100_per_residue_and_that_of_the_ca(esmfold_net: Any, esmfold: Any) -> None:
    stock = esmfold_net.infer(LONG).plddt[0, :, 1].numpy()
    assert stock.max() <= 1.0  # the trap: the stock scale is 0-1
    found = fold(esmfold, LONG, passes=3).confidence
    assert found.values.shape == (len(LONG),)
    assert np.allclose(found.values, stock * 100, atol=1e-3)
    assert 1 < found.values.min() <= found.values.max() <= 100


def test_pae_is_in_angstrom_and_row_means_aligned_on(esmfold_net: Any) -> None:
    stock = esmfold_net.infer(LONG)
    pair = predict(esmfold_net, [lay_out((LONG,))], passes=3)[0].pair
    assert np.allclose(pair.pae, stock.predicted_aligned_error[0].numpy(), atol=1e-3)
    assert 0 < pair.pae.min() <= pair.pae.max() <= 31.75
    assert pair.ptm == pytest.approx(float(stock.ptm), abs=1e-5)
    assert pair.iptm is None


def test_ptm_of_a_sequence_is_the_same_alone_and_in_a_batch(esmfold_net: Any) -> None:
    layouts = [lay_out((SHORT,)), lay_out((LONG,))]
    both = predict(esmfold_net, layouts, passes=2)
    for together, layout in zip(both, layouts, strict=True):
        alone = predict(esmfold_net, [layout], passes=2)[0]
        assert together.pair.ptm == pytest.approx(alone.pair.ptm, abs=1e-5)
        assert np.abs(together.coord - alone.coord).max() < 1e-4
        assert np.abs(together.plddt - alone.plddt).max() < 1e-3
        assert np.abs(together.pair.pae - alone.pair.pae).max() < 1e-3
    batch = collate(layouts, torch.device("cpu"))
    stock = esmfold_net(batch.aatype, batch.mask, num_recycles=1)
    assert stock.ptm.ndim == 0  # the trap: one number for the whole padded batch


@pytest.mark.parametrize("chunk", [32, 64, 128])
def test_chunks_change_nothing(esmfold: Any, chunk: int) -> None:
    whole = fold(esmfold, LONG + SHORT, chunk_size=0, passes=2)
    pieces = fold(esmfold, LONG + SHORT, chunk_size=chunk, passes=2)
    assert np.abs(whole.structure.atoms.coord - pieces.structure.atoms.coord).max() < 1e-3
    assert np.abs(whole.confidence.values - pieces.confidence.values).max() < 1e-2


def test_a_half_precision_language_part_gives_no_nan_and_leaves_the_trunk_alone(esmfold: Any) -> None:
    found = fold(esmfold, LONG, language_dtype="float16", passes=2)
    assert np.isfinite(found.structure.atoms.coord).all()
    assert np.isfinite(found.confidence.values).all()
    assert found.manifest.dtype == "language float16, folding float32"


def test_the_folding_part_is_float32_whatever_is_asked(esmfold: Any) -> None:
    from foldsight.engines import weights

    net = esmfold.load(weights.folder_of(esmfold.id), torch.device("cpu"), torch.float16)
    assert {p.dtype for p in net.trunk.parameters()} == {torch.float32}
    assert {p.dtype for p in net.esm.encoder.parameters()} == {torch.float16}


def test_a_language_part_that_overflows_is_run_again_in_float32(esmfold_net: Any) -> None:
    expected = predict(esmfold_net, [lay_out((SHORT,))], passes=1)[0]
    calls: list[int] = []
    stock = esmfold_net.compute_language_model_representations

    def overflowing(tokens: Any) -> Any:
        calls.append(1)
        return stock(tokens) * (float("nan") if len(calls) == 1 else 1.0)

    esmfold_net.compute_language_model_representations = overflowing
    found = predict(esmfold_net, [lay_out((SHORT,))], passes=1)[0]
    assert len(calls) == 2
    assert np.abs(found.coord - expected.coord).max() < 1e-4


def test_a_complex_is_split_into_its_chains(esmfold: Any) -> None:
    found = fold(esmfold, f"{SHORT}:{LONG}:{SHORT}", passes=2)
    assert found.structure.auth_chains == ("A", "B", "C")
    assert found.structure.protein_sequences() == {"A": SHORT, "B": LONG, "C": SHORT}
    total = 2 * len(SHORT) + len(LONG)
    assert found.confidence.values.shape == (total,)
    assert found.confidence.pae is not None
    assert found.confidence.pae.shape == (total, total)
    iptm = found.confidence.iptm
    assert iptm is not None
    assert iptm.shape == (3, 3)
    assert np.isnan(np.diag(iptm)).all()
    off = iptm[~np.eye(3, dtype=bool)]
    assert ((off > 0) & (off < 1)).all()


def test_the_linker_and_the_gap_are_where_they_should_be() -> None:
    layout = lay_out((SHORT, LONG))
    assert layout.sequence == SHORT + LINKER + LONG
    assert "".join(layout.sequence[i] for i in layout.real) == SHORT + LONG
    first_of_second = len(SHORT) + len(LINKER)
    assert layout.index[first_of_second] - layout.index[len(SHORT) - 1] == GAP + 1
    assert (np.diff(layout.index) >= 1).all()


def test_progress_rises_to_the_end_and_names_passes_and_blocks(esmfold: Any) -> None:
    seen: list[tuple[float, str]] = []
    esmfold.fold(ask(SHORT, passes=2), Context(lambda f, m: seen.append((f, m))))
    fractions = [f for f, _ in seen]
    assert fractions == sorted(fractions)
    assert any("pass 2 of 2, block 2 of 2" in m for _, m in seen)
    assert fractions[-1] > 0.8


def test_cancelling_stops_within_one_block(esmfold: Any) -> None:
    seen: list[str] = []

    def cancelled() -> bool:
        return any("pass 1 of 4, block 2" in m for m in seen)

    context = Context(lambda f, m: seen.append(m), cancelled)
    with pytest.raises(Cancelled):
        esmfold.fold(ask(SHORT), context)
    assert "pass 1 of 4, block 2" in seen[-1]


def test_two_folds_at_once_do_not_report_or_cancel_each_other(esmfold: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    seen: list[str] = []
    doomed = Context(lambda f, m: seen.append(m), lambda: any("block" in m for m in seen))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(esmfold.fold, ask(SHORT), doomed)
        second = pool.submit(esmfold.fold, ask(LONG), Context())
        with pytest.raises(Cancelled):
            first.result()
        assert len(second.result().structure.residues) == len(LONG)
    assert sum("block 1 of" in m for m in seen) == 1


def test_recycling_can_stop_early(esmfold: Any) -> None:
    assert fold(esmfold, SHORT, passes=6).manifest.facts["passes"] == 6
    assert fold(esmfold, SHORT, passes=6, stop_below=9.0).manifest.facts["passes"] < 6


def test_the_gate_does_not_believe_random_weights(esmfold: Any) -> None:
    found = fold_with(esmfold, ask(LONG, passes=1), Context())
    assert found.manifest.suspect
    assert found.manifest.settings["chunk_size"] == 32  # the safe setting was tried
    assert any("thrown away" in warning for warning in found.manifest.warnings)


def test_running_out_of_memory_goes_down_the_ladder(esmfold: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    run = type(esmfold).run

    def scarce(self: Any, net: Any, request: Any, chosen: Any, chunk: int, meter: Any) -> Any:
        tried.append(chunk)
        if chunk != 64:
            raise torch.OutOfMemoryError("out of memory")
        return run(self, net, request, chosen, chunk, meter)

    monkeypatch.setattr(type(esmfold), "run", scarce)
    assert fold(esmfold, SHORT, passes=1).manifest.settings["chunk_size"] == 64
    assert tried == [0, 128, 64]


def test_weights_with_a_part_missing_are_refused(
    esmfold: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    from foldsight.engines import weights

    folder = tmp_path / "test-random"
    shutil.copytree(weights.folder_of(esmfold.id), folder)
    tensors = load_file(folder / "model.safetensors")
    kept = {name: t for name, t in tensors.items() if not name.startswith("trunk.blocks.1.")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    monkeypatch.setenv("FOLDSIGHT_WEIGHTS", str(tmp_path))
    with pytest.raises(BadFile, match="not whole"):
        fold(esmfold, SHORT)


def test_the_manifest_says_what_ran(esmfold: Any) -> None:
    manifest = fold(esmfold, SHORT, passes=2).manifest
    assert manifest.origin == "predicted"
    assert manifest.settings["passes"] == 2
    assert manifest.device == "cpu"
    assert manifest.seeds == ()
    assert manifest.sent == ()
    assert set(manifest.seconds) == {"load", "fold"}
    assert manifest.weights_digest
