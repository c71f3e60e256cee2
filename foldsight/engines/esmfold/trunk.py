"""ESMFold's forward pass with what the stock one lacks: progress, cancellation, early stop.

The parts are those of ``transformers``' ``EsmForProteinFolding``; only the loop around
them is ours, and this is where a faster trunk would be put in. A contract test holds it
to the stock implementation within 1e-4 Å.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foldsight.engines.neural.runtime import watched

if TYPE_CHECKING:
    import torch

#: Bins of the recycled distogram, and its edges in Å (as in AlphaFold).
_FIRST_EDGE, _LAST_EDGE = 3.375, 21.375
_PAD_TOKEN = 1


@dataclass(frozen=True, eq=False)
class Batch:
    """Sequences side by side, padded.

    Attributes
    ----------
    aatype, index, mask : Tensor, shape=(B, T), dtype=int64
        Amino acid (AlphaFold's order), residue index, 1 where there is a residue.
    """

    aatype: torch.Tensor
    index: torch.Tensor
    mask: torch.Tensor


@dataclass(frozen=True, eq=False)
class TrunkResult:
    """What the trunk computed in its last pass.

    Attributes
    ----------
    positions : Tensor, shape=(B, T, 14, 3)
        In Å.
    states : Tensor, shape=(B, T, C)
    pair : Tensor, shape=(B, T, T, C)
    passes : int
        Passes that ran.
    """

    positions: torch.Tensor
    states: torch.Tensor
    pair: torch.Tensor
    passes: int


def embed(net: Any, batch: Batch, step: Callable[[str], None]) -> torch.Tensor:
    """Run the language part and return the trunk's sequence input; shape (B, T, C).

    A half-precision language part that overflows is run again in float32.
    """
    layers = net.esm.encoder.layer
    tokens = net.af2_idx_to_esm_idx(batch.aatype, batch.mask)
    with watched(layers, lambda i: step(f"language layer {i + 1} of {len(layers)}")):
        hidden = net.compute_language_model_representations(tokens)
    if not hidden.isfinite().all():
        step("language part again in float32, half precision overflowed")
        net.esm.float()
        hidden = net.compute_language_model_representations(tokens)
    hidden = hidden.to(net.esm_s_combine.dtype)
    mixed = (net.esm_s_combine.softmax(0).unsqueeze(0) @ hidden).squeeze(2)
    single: torch.Tensor = net.esm_s_mlp(mixed)
    if net.config.esmfold_config.embed_aa:
        single = single + net.embedding(batch.aatype)
    return single


def run_trunk(
    net: Any,
    single_0: torch.Tensor,
    batch: Batch,
    *,
    passes: int,
    chunk: int,
    stop_below: float,
    step: Callable[[str], None],
) -> TrunkResult:
    """Fold: the blocks and the structure module, ``passes`` times with recycling.

    Parameters
    ----------
    net : EsmForProteinFolding
    single_0 : Tensor, shape=(B, T, C)
    batch : Batch
    passes : int
        At most this many.
    chunk : int
        Rows of the triangle attention at once; 0 takes all.
    stop_below : float
        Stop when CA-CA distances changed less than this since the pass before (Å, root
        mean square, the worst sequence of the batch); 0 never stops early.
    step : callable
        Called ahead of each block with a sentence; may raise to stop.
    """
    trunk = net.trunk
    size = batch.aatype.shape
    pair_0 = single_0.new_zeros(*size, size[1], trunk.config.pairwise_state_dim)
    single, pair = single_0.new_zeros(single_0.shape), pair_0
    bins = single_0.new_zeros(*size, size[1]).long()
    before: torch.Tensor | None = None
    for number in range(1, passes + 1):
        single = single_0 + trunk.recycle_s_norm(single)
        pair = pair_0 + (trunk.recycle_z_norm(pair) + trunk.recycle_disto(bins))
        pair = pair + trunk.pairwise_positional_embedding(batch.index, mask=batch.mask)
        for i, block in enumerate(trunk.blocks, start=1):
            step(f"pass {number} of {passes}, block {i} of {len(trunk.blocks)}")
            single, pair = block(
                single, pair, mask=batch.mask, residue_index=batch.index, chunk_size=chunk or None
            )
        structure = _structure_module(trunk, single, pair, batch)
        positions = structure["positions"][-1]
        before, change = _change(positions, batch.mask, before)
        if change < stop_below:
            break
        bins = trunk.distogram(positions[:, :, :3], _FIRST_EDGE, _LAST_EDGE, trunk.recycle_bins)
    return TrunkResult(positions, structure["states"][-1], pair, number)


def _structure_module(trunk: Any, single: torch.Tensor, pair: torch.Tensor, batch: Batch) -> Any:
    return trunk.structure_module(
        {"single": trunk.trunk2sm_s(single), "pair": trunk.trunk2sm_z(pair)}, batch.aatype, batch.mask.float()
    )


def _change(
    positions: torch.Tensor, mask: torch.Tensor, before: torch.Tensor | None
) -> tuple[torch.Tensor, float]:
    """Return CA-CA distances, and how far they are from those before (Å, worst of the batch)."""
    import torch

    ca = positions[:, :, 1]
    now = torch.cdist(ca, ca)
    if before is None:
        return now, float("inf")
    pairs = (mask[:, :, None] * mask[:, None, :]).float()
    square = ((now - before) ** 2 * pairs).sum((1, 2)) / pairs.sum((1, 2))
    return now, float(square.sqrt().max())
