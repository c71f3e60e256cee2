"""Masked marginals of ESM-2 (Lin et al. 2023; Meier et al. 2021): how unusual a change looks.

The score is ``log p(wild type) - log p(mutant)`` at the masked site, in nats, > 0 less
usual. It is no ddG and is shown in a column of its own. The network is read from a local
file with ``fair-esm``; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.errors import BadFile, EngineUnavailable
from foldsight.typing import Doubles

if TYPE_CHECKING:
    import torch

#: Residues that ESM-2 saw at once in training; longer chains go in windows.
WINDOW = 1022
#: Tokens per pass.
BATCH_TOKENS = 4096


def load(path: Path) -> tuple[Any, Any]:
    """Load an ESM-2 checkpoint (``esm2_t33_650M_UR50D.pt`` and its sisters).

    Returns
    -------
    network, alphabet
        As ``fair-esm`` has them, the network in evaluation mode.

    Raises
    ------
    EngineUnavailable
        When ``fair-esm`` or the file is missing.
    BadFile
        When the file is no ESM-2 checkpoint.
    """
    if not path.is_file():
        raise EngineUnavailable(f"There is no ESM-2 checkpoint {path}.", hint="Put esm2_*.pt there.")
    try:
        import argparse

        import torch
        from esm.pretrained import load_model_and_alphabet_core
    except ImportError as fault:
        raise EngineUnavailable(
            "ESM-2 needs fair-esm and torch.", hint="pip install 'foldsight[embeddings]'"
        ) from fault
    try:
        # Only arrays and the settings object are unpickled: a checkpoint runs no code.
        with torch.serialization.safe_globals([argparse.Namespace]):
            content = torch.load(path, map_location="cpu", weights_only=True)
        network, alphabet = load_model_and_alphabet_core(path.stem, content, None)
    except (UnpicklingError, RuntimeError, KeyError, AttributeError, ValueError, EOFError, OSError) as fault:
        raise BadFile(f"{path} is no ESM-2 checkpoint.") from fault
    return network.eval(), alphabet


def masked_marginals(network: Any, alphabet: Any, sequence: str) -> Doubles:
    """Score every change at every site of a sequence.

    Parameters
    ----------
    network, alphabet
        From :func:`load`.
    sequence : str
        One-letter codes; ``X`` where the type is not known.

    Returns
    -------
    ndarray, shape=(L, 20), dtype=float64
        ``log p(wild type) - log p(mutant)`` in the order ``ACDEFGHIKLMNPQRSTVWY``; a row
        of NaN where the wild type is not one of them.
    """
    import torch

    tokens = torch.tensor(alphabet.encode(sequence), dtype=torch.long)
    wanted = torch.tensor([alphabet.get_idx(letter) for letter in AMINO_ACIDS])
    found = np.full((len(sequence), len(AMINO_ACIDS)), np.nan)
    with torch.inference_mode():
        for places, batch, inside in _batches(tokens, alphabet):
            logits = network(batch)["logits"][torch.arange(len(places)), inside]
            log_p = torch.log_softmax(logits.double(), dim=-1)[:, wanted].numpy()
            for place, row in zip(places, log_p, strict=True):
                wild = AMINO_ACIDS.find(sequence[place])
                if wild >= 0:
                    found[place] = row[wild] - row
    return found


def _batches(tokens: torch.Tensor, alphabet: Any) -> Iterator[tuple[list[int], torch.Tensor, torch.Tensor]]:
    """Yield sites, their masked windows with start and end tokens, and where the mask is."""
    import torch

    length = len(tokens)
    width = min(WINDOW, length)
    size = max(1, BATCH_TOKENS // (width + 2))
    start, end = torch.tensor([alphabet.cls_idx]), torch.tensor([alphabet.eos_idx])
    for first in range(0, length, size):
        places = list(range(first, min(first + size, length)))
        begins = [min(max(0, place - width // 2), length - width) for place in places]
        rows = [torch.cat([start, tokens[begin : begin + width], end]) for begin in begins]
        inside = torch.tensor([place - begin + 1 for place, begin in zip(places, begins, strict=True)])
        batch = torch.stack(rows)
        batch[torch.arange(len(places)), inside] = alphabet.mask_idx
        yield places, batch, inside
