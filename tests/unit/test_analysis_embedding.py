"""Embeddings of sequences: stable, of length one, near for what is alike."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest

from foldsight.analysis import embedding
from foldsight.analysis.embedding import WIDTH, embed, kmers
from foldsight.errors import BadRequest, EngineUnavailable

LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def made(seed: int, length: int = 200) -> str:
    return "".join(random.Random(seed).choices(LETTERS, k=length))


def mutated(sequence: str, share: float, seed: int) -> str:
    chance = random.Random(seed)
    return "".join(chance.choice(LETTERS) if chance.random() < share else letter for letter in sequence)


def test_the_word_embedding_never_changes() -> None:
    found = embed("MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ", "kmer-1")
    assert (found.shape, found.dtype) == ((WIDTH,), np.float32)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    signs = hashlib.sha256(np.packbits(found > 0).tobytes()).hexdigest()
    assert signs == "eb084c94f6c70d570a81e739c465538f9f62b180fd144cd8db652974763239be"


def test_directions_are_balanced_and_independent() -> None:
    directions = embedding._directions().astype(np.float32)
    assert directions.shape == (8000, WIDTH)
    assert set(np.unique(directions)) == {-1, 1}
    assert abs(directions.mean()) < 0.001
    products = directions[:200] @ directions[:200].T / WIDTH - np.eye(200)
    assert np.abs(products).max() < 0.15


def test_relatives_are_nearer_than_strangers_the_more_the_closer() -> None:
    query = made(1)
    near = [
        float(embed(query, "kmer-1") @ embed(mutated(query, share, 2), "kmer-1"))
        for share in (0, 0.1, 0.3, 0.5)
    ]
    strangers = [float(embed(query, "kmer-1") @ embed(made(seed), "kmer-1")) for seed in range(10, 60)]
    assert near == sorted(near, reverse=True)
    assert near[0] == pytest.approx(1, abs=1e-6)
    assert near[2] > max(strangers)


def test_chains_are_averaged_by_length_and_unknown_residues_left_out() -> None:
    a, b = made(3, 60), made(4, 30)
    both = kmers(a) * 60 + kmers(b) * 30
    assert embed(f"{a}:{b}", "kmer-1") == pytest.approx(both / np.linalg.norm(both), abs=1e-6)
    assert embed(f"{a.lower()}:GG", "kmer-1") == pytest.approx(embed(a, "kmer-1"))
    assert kmers(f"{a}X{a}") == pytest.approx(kmers(f"{a}X" + a))


@pytest.mark.parametrize("text", ["", "AC", "AC:DE", "XXXXXXX", "AXCXDXE"])
def test_what_has_no_word_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        embed(text, "kmer-1")


def test_without_weights_there_are_words_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("hub")))
    embedding._model.cache_clear()
    assert embedding.available() == ("kmer-1",)
    with pytest.raises(EngineUnavailable, match="ESM-2 650M are not on this machine"):
        embed(made(1), "esm2-650m")


def test_long_chains_go_through_the_model_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the network: each residue's vector is its letter's number."""
    torch = pytest.importorskip("torch")

    def convert(batch: list[tuple[str, str]]) -> tuple[None, None, object]:
        text = batch[0][1]
        return None, None, torch.tensor([[99.0, *[LETTERS.find(letter) for letter in text], 99.0]])

    def model(tokens: object, repr_layers: list[int]) -> dict[str, object]:
        return {"representations": {repr_layers[0]: tokens[..., None].expand(-1, -1, WIDTH)}}  # type: ignore[index]

    monkeypatch.setattr(embedding, "_model", lambda: (model, convert))
    chain = made(7, 2500)
    expected = np.mean([LETTERS.find(letter) for letter in chain])
    assert embedding._esm2(chain) == pytest.approx(np.full(WIDTH, expected), rel=1e-5)
