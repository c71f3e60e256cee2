"""From a query to positions and confidence, with progress and a seed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.engines.esmfold2.features import atoms, features
from foldsight.engines.neural.aligned_error import even_centers, summarise
from foldsight.engines.neural.engine import Folded
from foldsight.engines.neural.runtime import seeded, watched
from foldsight.typing import Floats, Ints

if TYPE_CHECKING:
    import torch


def predict(
    net: Any,
    chains: tuple[str, ...],
    *,
    seed: int,
    loops: int,
    steps: int,
    samples: int,
    step: Callable[[str], None] = lambda message: None,
) -> Folded:
    """Fold, and return the sample with the highest pTM.

    The initial pair state, the dropout of the language part and the diffusion noise are
    random: the seed is part of what identifies the result.

    Parameters
    ----------
    net : EsmFold2Model
        On its device, in evaluation mode.
    chains : tuple of str
    seed, loops, steps, samples : int
        ``loops`` trunk loops after the first, ``steps`` of the noise schedule,
        ``samples`` structures to choose from.
    step : callable, optional
        Called ahead of each block with a sentence; may raise to stop.
    """
    device = next(net.parameters()).device
    given = features(chains, device)
    with ExitStack() as watch:
        for label, modules in stages(net).items():
            watch.enter_context(watched(modules, _teller(step, label, len(modules))))
        watch.enter_context(seeded(seed, device))
        out = net.fold(**given, num_loops=loops, num_sampling_steps=steps, num_diffusion_samples=samples)
    return _best(out, chains)


def _teller(step: Callable[[str], None], label: str, count: int) -> Callable[[int], None]:
    return lambda i: step(label if count == 1 else f"{label} {i + 1} of {count}")


def stages(net: Any) -> dict[str, Any]:
    """Return the modules whose calls are counted, by what they do."""
    return {
        "language layer": net.esmc.layers,
        "language pair block": net.lm_encoder.layers,
        "trunk block": net.folding_trunk.layers,
        "final trunk block": net.parcae.output_stack.layers,
        "denoising step": [net.structure_head],
        "confidence block": net.confidence_head.folding_trunk.layers,
    }


def calls(net: Any, loops: int, steps: int) -> int:
    """Return how many calls :func:`stages` sees in one fold."""
    count = {label: len(modules) for label, modules in stages(net).items()}
    often = {"language pair block": loops + 1, "trunk block": loops + 1, "denoising step": steps}
    return sum(size * often.get(label, 1) for label, size in count.items())


def set_chunk(net: Any, size: int) -> None:
    """Set the rows of the pair track that are worked on at once, in trunk and heads."""
    for module in net.modules():
        # Modules built without a chunk size (the diffusion part) stay as they are.
        if getattr(module, "chunk_size", None):
            module.chunk_size = size


def _best(out: Any, chains: tuple[str, ...]) -> Folded:
    names, residues = atoms(chains)
    chain: Ints = np.repeat(np.arange(len(chains)), [len(text) for text in chains]).astype(np.int32)
    centers = even_centers(out.pae_logits.shape[-1], out.pae_logits.device)
    pairs = [summarise(logits, centers, chain) for logits in out.pae_logits]
    best = int(np.argmax([pair.ptm for pair in pairs]))
    coord = out.sample_atom_coords.reshape(len(pairs), -1, 3)[best, : len(names)]
    return Folded(
        atom_names=names,
        atom_residues=residues,
        coord=coord.double().cpu().numpy(),
        plddt=_of_ca(out.plddt_per_atom[best], names),
        pair=pairs[best],
        facts={"samples": len(pairs), "ptm_of_samples": [round(pair.ptm, 4) for pair in pairs]},
    )


def _of_ca(per_atom: torch.Tensor, names: tuple[str, ...]) -> Floats:
    """Return pLDDT of the CA, 0-100. (The stock ``plddt_ca`` is that of the CB.)"""
    rows = np.flatnonzero(np.array(names) == "CA")
    values: Floats = (per_atom.float().cpu().numpy()[rows] * 100).astype(np.float32)
    return values
