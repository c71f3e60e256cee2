"""PAE, pTM and ipTM from the logits of a pair head, one sequence at a time.

Convention: row = aligned on, column = scored, as AlphaFold's. pTM is that of Jumper et
al. (2021), supplement 1.9.7, with d0 of Zhang & Skolnick (2004) from the number of real
residues, so that padding and linkers change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from foldsight.typing import Floats, Ints

if TYPE_CHECKING:
    import torch

#: Rows worked on at once: keeps the softmax of 2,000 residues under 100 MB.
_ROWS = 128


@dataclass(frozen=True, eq=False)
class PairConfidence:
    """What a pair head says of one structure.

    Attributes
    ----------
    pae : ndarray, shape=(R, R), dtype=float32
        In Å.
    ptm : float
    iptm : ndarray, shape=(C, C), dtype=float32, or None
        ``iptm[a, b]``: aligned on chain a, scored in chain b; NaN on the diagonal. None
        for a single chain.
    """

    pae: Floats
    ptm: float
    iptm: Floats | None


def alphafold_centers(bins: int, device: torch.device, top: float = 31.0) -> torch.Tensor:
    """Return the bin centres (Å) of AlphaFold's and ESMFold's pair head; shape (bins,)."""
    import torch

    edges = torch.linspace(0, top, bins - 1, device=device)
    step = edges[1] - edges[0]
    return torch.cat([edges + step / 2, (edges[-1:] + 1.5 * step)])


def even_centers(bins: int, device: torch.device, top: float = 32.0) -> torch.Tensor:
    """Return the centres (Å) of ``bins`` equal bins from 0 to ``top``; shape (bins,)."""
    import torch

    return (torch.arange(bins, device=device, dtype=torch.float32) + 0.5) * (top / bins)


def summarise(logits: torch.Tensor, centers: torch.Tensor, chain: Ints) -> PairConfidence:
    """Reduce logits to PAE, pTM and ipTM.

    Parameters
    ----------
    logits : Tensor, shape=(R, R, bins)
        Of real residues only, in their order.
    centers : Tensor, shape=(bins,)
        In Å.
    chain : ndarray, shape=(R,), dtype=int32
        Chain index of each residue, from 0.
    """
    import torch

    weights = 1 / (1 + (centers / d0(len(chain))) ** 2)
    table = torch.stack([centers, weights], dim=1)
    starts = range(0, len(logits), _ROWS)
    parts = [logits[start : start + _ROWS].float().softmax(-1) @ table for start in starts]
    both = torch.cat(parts).cpu().numpy()
    pae, tm = both[..., 0].astype(np.float32), both[..., 1].astype(np.float64)
    return PairConfidence(pae, float(tm.mean(axis=1).max()), _interfaces(tm, chain))


def d0(residues: int) -> float:
    """Return the TM-score's length scale in Å; short chains count as 19 residues."""
    return 1.24 * float(np.cbrt(max(residues, 19) - 15)) - 1.8


def _interfaces(tm: np.ndarray[tuple[int, int], np.dtype[np.float64]], chain: Ints) -> Floats | None:
    chains = np.unique(chain)
    if len(chains) < 2:
        return None
    found = np.full((len(chains), len(chains)), np.nan, dtype=np.float32)
    for a in chains:
        for b in chains:
            if a != b:
                found[a, b] = tm[np.ix_(chain == a, chain == b)].mean(axis=1).max()
    return found
