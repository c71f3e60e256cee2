"""Tiny networks with seeded random weights, saved and loaded the way real ones are.

They prove that the code around a network does what it says; what they fold means nothing.
The engine made of them is called ``test-random`` and refuses to run outside these tests.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from foldsight.engines.esmfold.engine import EsmFold  # noqa: E402
from foldsight.engines.esmfold2.engine import EsmFold2  # noqa: E402
from foldsight.engines.neural import loading  # noqa: E402

UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"


def _only_in_tests() -> None:
    if "PYTEST_CURRENT_TEST" not in os.environ:
        raise RuntimeError("test-random runs in the tests only.")


class RandomEsmFold(EsmFold):
    id = "test-random"
    title = "Random weights"
    cpu_memory = 0

    def fold(self, request: Any, context: Any) -> Any:
        _only_in_tests()
        return super().fold(request, context)


class RandomEsmFold2(EsmFold2):
    id = "test-random"
    title = "Random weights"
    cpu_memory = 0
    caps = EsmFold2.caps.__class__(**{**vars(EsmFold2.caps), "needs_gpu": False})

    def fold(self, request: Any, context: Any) -> Any:
        _only_in_tests()
        return super().fold(request, context)


def randomise(net: Any, seed: int = 0) -> None:
    """Fill every weight with numbers of a sensible size, so that nothing is zero or blows up."""
    stream = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if weight.ndim >= 2:
                spread = 0.5 if "embed" in name else 1 / math.sqrt(weight.shape[-1])
                weight.copy_(torch.randn(weight.shape, generator=stream) * spread)
            elif name.endswith("bias"):
                weight.copy_(torch.randn(weight.shape, generator=stream) * 0.05)


def tiny_esmfold_config() -> Any:
    from transformers import EsmConfig

    return EsmConfig(
        vocab_size=33,
        mask_token_id=32,
        pad_token_id=1,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        position_embedding_type="rotary",
        token_dropout=True,
        is_folding_model=True,
        esmfold_config={
            "fp16_esm": False,
            "lddt_head_hid_dim": 16,
            "trunk": {
                "num_blocks": 2,
                "sequence_state_dim": 64,
                "pairwise_state_dim": 32,
                "sequence_head_width": 32,
                "pairwise_head_width": 16,
                "chunk_size": None,
                "max_recycles": 3,
                "structure_module": {"sequence_dim": 32, "pairwise_dim": 16, "ipa_dim": 8, "resnet_dim": 16,
                                     "num_heads_ipa": 4, "num_blocks": 2},
            },
        },
    )  # fmt: skip


def tiny_esmfold2_config() -> Any:
    from transformers import EsmFold2Config

    atoms = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_spatial_rope_pairs_per_axis": 1,
        "num_uid_rope_pairs": 1,
    }
    return EsmFold2Config(
        hidden_size=32,
        pairwise_hidden_size=16,
        single_inputs_size=83,
        pair_transition_intermediate_size=32,
        num_loops=1,
        chunk_size=64,
        esmc_config={"hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2, "vocab_size": 64},
        folding_trunk_num_hidden_layers=1,
        sliding_window=8,
        parcae_num_coda_layers=1,
        atom_encoder={**atoms, "output_dim": 16},
        structure_head={
            "num_distogram_bins": 8,
            "num_diffusion_samples": 1,
            "inference_num_steps": 6,
            "diffusion_module": {
                "hidden_size": 32,
                "intermediate_size": 64,
                "pair_intermediate_size": 32,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "atom_encoder": {**atoms, "output_dim": 32},
            },
        },
        confidence_head={
            "num_plddt_bins": 50,
            "num_pde_bins": 8,
            "num_pae_bins": 64,
            "distogram_bins": 8,
            "num_hidden_layers": 1,
        },
        lm_encoder={"num_hidden_layers": 1},
        msa_encoder={"enabled": False},
    )


@pytest.fixture(scope="session")
def _esmfold_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import EsmForProteinFolding

    net = EsmForProteinFolding(tiny_esmfold_config())
    randomise(net)
    folder = tmp_path_factory.mktemp("esmfold") / "test-random"
    net.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def _esmfold2_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import EsmFold2Model

    net = EsmFold2Model(tiny_esmfold2_config())
    randomise(net)
    folder = tmp_path_factory.mktemp("esmfold2") / "test-random"
    net.save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread, no hub, nothing warm left over from another test."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    loading.unload()
    yield
    loading.unload()


@pytest.fixture
def esmfold(_esmfold_files: Path, monkeypatch: pytest.MonkeyPatch) -> RandomEsmFold:
    monkeypatch.setenv("FOLDSIGHT_WEIGHTS", str(_esmfold_files.parent))
    return RandomEsmFold()


@pytest.fixture
def esmfold2(_esmfold2_files: Path, monkeypatch: pytest.MonkeyPatch) -> RandomEsmFold2:
    monkeypatch.setenv("FOLDSIGHT_WEIGHTS", str(_esmfold2_files.parent))
    return RandomEsmFold2()


@pytest.fixture
def esmfold_net(esmfold: RandomEsmFold) -> Any:
    """The tiny ESMFold as the engine loads it."""
    from foldsight.engines import weights

    torch.set_num_threads(1)
    return esmfold.load(weights.folder_of(esmfold.id), torch.device("cpu"), torch.float32)
