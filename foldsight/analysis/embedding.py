"""Sequences as vectors of 1280 numbers, for finding similar ones.

Two kinds, each under its own name, never compared with each other:

``esm2-650m``
    Mean over residues of the last layer of ESM-2 650M (Lin et al., Science 2023), through
    ``fair-esm`` and weights that lie on this machine. Finds relatives by what a language model
    has learned of proteins.
``kmer-1``
    Square roots of the counts of words of three residues, projected onto 1280 random
    directions that are the same everywhere. Finds sequences that share words, as close
    homologues do; it knows nothing of evolution beyond that, and says so by its name.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from foldsight.errors import BadRequest, EngineUnavailable
from foldsight.sequence import CHAIN_JOIN
from foldsight.typing import Floats

Kind = Literal["esm2-650m", "kmer-1"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: Length of every embedding: that of ESM-2 650M.
WIDTH = 1280
_LETTERS = "ACDEFGHIKLMNPQRSTVWY"
_WORD = 3
_WEIGHTS = "esm2_t33_650M_UR50D.pt"
_LAYER = 33
#: Residues that ESM-2 was trained on at once.
_WINDOW = 1022


def weights() -> Path | None:
    """Return the file of the ESM-2 650M weights, None when it is not on this machine."""
    import os

    hub = Path(os.environ.get("TORCH_HOME", Path.home() / ".cache" / "torch")) / "hub" / "checkpoints"
    path = hub / _WEIGHTS
    return path if path.is_file() else None


def available() -> tuple[Kind, ...]:
    """Return the kinds that can be made here, the better first."""
    from importlib.util import find_spec

    able = weights() is not None and all(find_spec(name) is not None for name in ("esm", "torch"))
    return KINDS if able else ("kmer-1",)


def embed(sequence: str, kind: Kind) -> Floats:
    """Return the embedding of a sequence.

    Parameters
    ----------
    sequence : str
        One letter per residue; chains joined by ``:`` are embedded one by one and averaged
        by their lengths.
    kind : str

    Returns
    -------
    ndarray of float32, (1280,)
        Of length 1.

    Raises
    ------
    BadRequest
        When no chain has three residues.
    EngineUnavailable
        When the weights of ESM-2 are not here.
    """
    chains = [chain for chain in sequence.upper().split(CHAIN_JOIN) if len(chain) >= _WORD]
    if not chains:
        raise BadRequest("The sequence is too short to be compared.", hint="Give three residues or more.")
    one = kmers if kind == "kmer-1" else _esm2
    total = np.sum([one(chain) * len(chain) for chain in chains], axis=0)
    norm = float(np.linalg.norm(total))
    if norm == 0:
        raise BadRequest("The sequence has no word of known residues.", hint="Leave stretches of X out.")
    return np.asarray(total / norm, dtype=np.float32)


def kmers(chain: str) -> Floats:
    """Return the word embedding of one chain, of length 1 (0 when no three known residues meet)."""
    codes = np.array([_LETTERS.find(letter) for letter in chain])
    words = np.stack([codes[i : len(codes) - _WORD + 1 + i] for i in range(_WORD)])
    known = (words >= 0).all(axis=0)
    index = (words * np.array([[400], [20], [1]])).sum(axis=0)[known]
    found, counts = np.unique(index, return_counts=True)
    vector = np.sqrt(counts) @ _directions()[found]
    norm = float(np.linalg.norm(vector))
    return np.asarray(vector / norm if norm else vector, dtype=np.float32)


@cache
def _directions() -> Floats:
    """Return a direction of +1 and -1 for every word, (8000, 1280).

    From the bits of SplitMix64 (Steele, Lea & Flood 2014), which never change with a version
    of anything: an embedding that is stored today is compared with one of years to come.
    """
    step, words = np.uint64(0x9E3779B97F4A7C15), len(_LETTERS) ** _WORD * WIDTH // 64
    with np.errstate(over="ignore"):
        state = (np.arange(1, words + 1, dtype=np.uint64)) * step
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits = np.unpackbits((state ^ (state >> np.uint64(31))).astype("<u8").view(np.uint8), bitorder="little")
    return np.asarray(bits.reshape(-1, WIDTH).astype(np.int8) * 2 - 1)


def _esm2(chain: str) -> Floats:
    """Return the mean of the last layer over residues, windows of a long chain weighed by their lengths."""
    model, convert = _model()
    starts = range(0, len(chain), _WINDOW)
    parts = [chain[start : start + _WINDOW] for start in starts]
    total = np.sum([_mean(model, convert, part) * len(part) for part in parts], axis=0)
    return np.asarray(total / len(chain), dtype=np.float32)


def _mean(model: Any, convert: Any, part: str) -> Floats:
    import torch

    _, _, tokens = convert([("part", part)])
    with torch.inference_mode():
        layers = model(tokens, repr_layers=[_LAYER])["representations"]
    # The first token begins the chain and the last ends it.
    return np.asarray(layers[_LAYER][0, 1 : len(part) + 1].float().mean(0).cpu().numpy())


@cache
def _model() -> tuple[Any, Any]:
    path = weights()
    if path is None:
        raise EngineUnavailable(
            "The weights of ESM-2 650M are not on this machine.",
            hint=f"Put {_WEIGHTS} into the torch hub's folder of checkpoints.",
        )
    import esm

    # The checkpoint lies beside a regression for contacts that embeddings do not need.
    model, alphabet = esm.pretrained.load_model_and_alphabet_core(_WEIGHTS[:-3], _load(path), None)
    return model.eval(), alphabet.get_batch_converter()


def _load(path: Path) -> Any:
    """Read the checkpoint; of Python objects it may only hold the settings of its training."""
    import argparse

    import torch

    with torch.serialization.safe_globals([argparse.Namespace]):
        return torch.load(path, map_location="cpu", weights_only=True)
