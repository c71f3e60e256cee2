"""From laid-out sequences to positions and confidence, many at once or one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.engines.esmfold.layout import Layout
from foldsight.engines.esmfold.trunk import Batch, TrunkResult, embed, run_trunk
from foldsight.engines.neural.aligned_error import alphafold_centers, summarise
from foldsight.engines.neural.engine import Folded
from foldsight.residues import ONE_TO_THREE
from foldsight.typing import Ints

if TYPE_CHECKING:
    import torch

#: AlphaFold's order of the amino acids; the position is the ``aatype``.
AATYPES = "ARNDCQEGHILKMFPSTWYV"
_CA = 1


def predict(
    net: Any,
    layouts: Sequence[Layout],
    *,
    passes: int,
    chunk: int = 0,
    stop_below: float = 0.0,
    step: Callable[[str], None] = lambda message: None,
) -> list[Folded]:
    """Fold each layout; those given together run side by side.

    Parameters
    ----------
    net : EsmForProteinFolding
        On its device, in evaluation mode.
    layouts : sequence of Layout
    passes, chunk, stop_below, step
        See :func:`~foldsight.engines.esmfold.trunk.run_trunk`.
    """
    import torch

    with torch.no_grad():
        batch = collate(layouts, next(net.parameters()).device)
        single = embed(net, batch, step)
        result = run_trunk(net, single, batch, passes=passes, chunk=chunk, stop_below=stop_below, step=step)
        plddt = _plddt(net, result.states)
        return [_one(net, layout, i, result, plddt) for i, layout in enumerate(layouts)]


def collate(layouts: Sequence[Layout], device: torch.device) -> Batch:
    """Return the layouts as one padded batch."""
    import torch

    shape = (len(layouts), max(len(layout.sequence) for layout in layouts))
    aatype, index, mask = (torch.zeros(shape, dtype=torch.int64) for _ in range(3))
    for row, layout in enumerate(layouts):
        n = len(layout.sequence)
        aatype[row, :n] = torch.tensor([AATYPES.index(aa) for aa in layout.sequence])
        index[row, :n] = torch.from_numpy(layout.index.astype(np.int64))
        index[row, n:] = torch.arange(n, shape[1])
        mask[row, :n] = 1
    return Batch(aatype.to(device), index.to(device), mask.to(device))


def _plddt(net: Any, states: torch.Tensor) -> torch.Tensor:
    """Return pLDDT of the CA, 0-100; shape (B, T)."""
    import torch

    logits: torch.Tensor = net.lddt_head(states).unflatten(-1, (37, net.lddt_bins))[:, :, _CA]
    edges = torch.linspace(0, 100, net.lddt_bins + 1, device=logits.device)
    return logits.float().softmax(-1) @ ((edges[:-1] + edges[1:]) / 2)


def _one(net: Any, layout: Layout, row: int, result: TrunkResult, plddt: torch.Tensor) -> Folded:
    import torch

    real = torch.from_numpy(layout.real.astype(np.int64)).to(plddt.device)
    pair = result.pair[row].index_select(0, real).index_select(1, real)
    logits = net.ptm_head(pair)
    centers = alphafold_centers(logits.shape[-1], logits.device)
    names, residues, slots = _atoms("".join(layout.chains))
    positions = result.positions[row, real].double().cpu().numpy()
    return Folded(
        atom_names=names,
        atom_residues=residues,
        coord=positions[residues, slots],
        plddt=plddt[row, real].cpu().numpy().astype(np.float32),
        pair=summarise(logits, centers, layout.chain[layout.real]),
        facts={"passes": result.passes},
    )


def _atoms(sequence: str) -> tuple[tuple[str, ...], Ints, Ints]:
    """Return the name, residue and place (of 14) of every heavy atom of a sequence."""
    from transformers.models.esm.openfold_utils.residue_constants import restype_name_to_atom14_names

    names: list[str] = []
    residues: list[int] = []
    slots: list[int] = []
    for i, aa in enumerate(sequence):
        for slot, name in enumerate(restype_name_to_atom14_names[ONE_TO_THREE[aa]]):
            if name:
                names.append(name)
                residues.append(i)
                slots.append(slot)
    return tuple(names), np.array(residues, dtype=np.int32), np.array(slots, dtype=np.int32)
