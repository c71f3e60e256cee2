"""ESMFold2 against the stock implementation, trap by trap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from foldsight.engines import weights  # noqa: E402
from foldsight.engines.base import Context, FoldRequest  # noqa: E402
from foldsight.engines.esmfold2.features import atoms, features  # noqa: E402
from foldsight.engines.neural.runtime import seeded  # noqa: E402
from foldsight.errors import BadFile, Cancelled  # noqa: E402
from foldsight.prediction import Prediction  # noqa: E402
from foldsight.sequence import Query  # noqa: E402

SHORT, LONG = "MQIFVKTLTGKTITLEVEPS", "GSHMKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ"
CPU = torch.device("cpu")


def ask(sequence: str, seed: int = 0, **settings: Any) -> FoldRequest:
    quick = {"device": "cpu", "loops": 1, "steps": 4, **settings}
    return FoldRequest(Query.of(sequence, "q"), settings=quick, seed=seed)


def fold(engine: Any, sequence: str, seed: int = 0, **settings: Any) -> Prediction:
    found: Prediction = engine.fold(ask(sequence, seed, **settings), Context())
    return found


@pytest.fixture
def net(esmfold2: Any) -> Any:
    torch.set_num_threads(1)
    return esmfold2.load(weights.folder_of(esmfold2.id), CPU, torch.float32)


def test_the_same_weights_and_seed_give_the_coordinates_of_the_stock_implementation(
    net: Any, esmfold2: Any
) -> None:
    with seeded(7, CPU):
        stock = net.infer_protein(LONG, num_loops=1, num_sampling_steps=4, num_diffusion_samples=1)
    found = fold(esmfold2, LONG, seed=7)
    expected = stock.sample_atom_coords[0][: len(found.structure.atoms)].numpy()
    assert np.abs(found.structure.atoms.coord - expected).max() < 1e-4
    assert np.ptp(expected, axis=0).min() > 1.0


def test_plddt_is_0_to_100_and_that_of_the_ca(net: Any, esmfold2: Any) -> None:
    with seeded(7, CPU):
        stock = net.infer_protein(LONG, num_loops=1, num_sampling_steps=4, num_diffusion_samples=1)
    found = fold(esmfold2, LONG, seed=7)
    names, _ = atoms((LONG,))
    ca = np.flatnonzero(np.array(names) == "CA")
    assert float(stock.plddt_per_atom.max()) <= 1.0  # the trap: the stock scale is 0-1
    assert np.allclose(found.confidence.values, stock.plddt_per_atom[0].numpy()[ca] * 100, atol=1e-3)
    # The other trap: the stock "plddt_ca" is read at the CB.
    assert not np.allclose(found.confidence.values, stock.plddt_ca[0].numpy() * 100, atol=1e-3)


def test_pae_is_in_angstrom_and_ptm_that_of_the_sequence(net: Any, esmfold2: Any) -> None:
    with seeded(7, CPU):
        stock = net.infer_protein(LONG, num_loops=1, num_sampling_steps=4, num_diffusion_samples=1)
    found = fold(esmfold2, LONG, seed=7).confidence
    assert found.pae is not None
    assert np.allclose(found.pae, stock.pae[0].numpy(), atol=1e-3)
    assert found.pae.max() <= 32.0
    assert found.ptm == pytest.approx(float(stock.ptm[0]), abs=1e-4)


def test_the_seed_decides_and_the_callers_random_stream_is_left_alone(esmfold2: Any) -> None:
    torch.manual_seed(123)
    expected = torch.rand(1)
    torch.manual_seed(123)
    first = fold(esmfold2, SHORT, seed=1).structure.atoms.coord
    assert torch.rand(1) == expected
    again = fold(esmfold2, SHORT, seed=1).structure.atoms.coord
    other = fold(esmfold2, SHORT, seed=2).structure.atoms.coord
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
    assert fold(esmfold2, SHORT, seed=2).manifest.seeds == (2,)


def test_features_of_one_chain_are_the_stock_ones() -> None:
    from transformers.models.esmfold2.protein_utils import prepare_protein_features

    stock, ours = prepare_protein_features(LONG), features((LONG,), CPU)
    assert set(ours) == set(stock)
    for key, value in stock.items():
        assert torch.equal(ours[key], value), key


def test_features_of_a_complex_keep_chains_apart() -> None:
    given = features((SHORT, LONG, SHORT), CPU)
    lengths = [len(SHORT), len(LONG), len(SHORT)]
    assert given["asym_id"][0].tolist() == np.repeat([0, 1, 2], lengths).tolist()
    assert given["entity_id"][0].tolist() == np.repeat([1, 2, 1], lengths).tolist()
    assert given["sym_id"][0].tolist() == np.repeat([0, 0, 1], lengths).tolist()
    assert given["residue_index"][0].tolist() == [i for n in lengths for i in range(n)]
    assert given["token_index"][0].tolist() == list(range(sum(lengths)))
    real = given["atom_attention_mask"][0]
    names, residues = atoms((SHORT, LONG, SHORT))
    assert int(real.sum()) == len(names)
    assert real.numel() % 32 == 0
    assert given["atom_to_token"][0][real].tolist() == residues.tolist()
    cb = [names[i] for i in given["distogram_atom_idx"][0].tolist()]
    assert set(cb) == {"CA", "CB"}


def test_a_complex_has_its_chains_and_iptm_is_not_transposed(net: Any, esmfold2: Any) -> None:
    sequence = f"{SHORT}:{LONG}"
    found = fold(esmfold2, sequence, seed=3)
    assert found.structure.protein_sequences() == {"A": SHORT, "B": LONG}
    with seeded(3, CPU):
        stock = net.fold(
            **features((SHORT, LONG), CPU), num_loops=1, num_sampling_steps=4, num_diffusion_samples=1
        )
    theirs = stock.pair_chains_iptm[0].numpy()
    iptm = found.confidence.iptm
    assert iptm is not None
    # Stock: [scored, aligned on]. Ours, like PAE: [aligned on, scored].
    assert iptm[0, 1] == pytest.approx(theirs[1, 0], abs=1e-4)
    assert iptm[1, 0] == pytest.approx(theirs[0, 1], abs=1e-4)
    assert abs(iptm[0, 1] - iptm[1, 0]) > 1e-3


@pytest.mark.parametrize("chunk", [32, 128])
def test_chunks_change_nothing(esmfold2: Any, chunk: int) -> None:
    whole = fold(esmfold2, LONG * 2, chunk_size=64)
    pieces = fold(esmfold2, LONG * 2, chunk_size=chunk)
    assert pieces.manifest.settings["chunk_size"] == chunk
    assert np.abs(whole.structure.atoms.coord - pieces.structure.atoms.coord).max() < 1e-2


def test_the_best_of_several_samples_is_kept(esmfold2: Any) -> None:
    found = fold(esmfold2, SHORT, samples=3)
    ptms = found.manifest.facts["ptm_of_samples"]
    assert len(ptms) == 3
    assert found.confidence.ptm == pytest.approx(max(ptms), abs=1e-3)


def test_progress_rises_to_the_end(esmfold2: Any) -> None:
    seen: list[tuple[float, str]] = []
    esmfold2.fold(ask(SHORT), Context(lambda f, m: seen.append((f, m))))
    fractions = [f for f, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0.8
    words = {m.rstrip("0123456789 of") for _, m in seen}
    assert any("denoising" in word for word in words)
    assert any("language layer" in word for word in words)


def test_cancelling_stops_within_one_block(esmfold2: Any) -> None:
    seen: list[str] = []
    context = Context(lambda f, m: seen.append(m), lambda: any("denoising" in m for m in seen))
    with pytest.raises(Cancelled):
        esmfold2.fold(ask(SHORT), context)
    assert sum("denoising" in m for m in seen) == 1
    assert not any("confidence" in m for m in seen)


def test_a_network_without_its_language_part_is_refused(
    esmfold2: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    folder = tmp_path / "test-random"
    shutil.copytree(weights.folder_of(esmfold2.id), folder)
    tensors = load_file(folder / "model.safetensors")
    kept = {name: t for name, t in tensors.items() if not name.startswith("esmc.")}
    assert len(kept) < len(tensors)
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    monkeypatch.setenv("FOLDSIGHT_WEIGHTS", str(tmp_path))
    with pytest.raises(BadFile, match="not whole"):
        fold(esmfold2, SHORT)
