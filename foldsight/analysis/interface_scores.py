"""How sure an engine is of an interface, from the PAE between two chains.

PAE is in Å, row = aligned on, column = scored; each score is of one block of it, so that a
pair of chains has two and the larger is what is told, as the authors of the scores do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.typing import Bools, Doubles, Floats

#: Å: pairs with a larger error do not count in ipSAE. Dunbrack takes 10 for AlphaFold 3 and
#: its like and 15 for AlphaFold 2.
PAE_CUTOFF = 10.0
#: Å between CB (CA of glycine) of the residues that pDockQ2 takes as interface.
NEAR = 8.0


@dataclass(frozen=True)
class PairScores:
    """Scores of a pair of chains, 0-1 each; the larger of both directions.

    Attributes
    ----------
    ipsae : float
    iptm_from_pae : float
        ipTM as far as PAE tells; what the engine itself gave is elsewhere.
    pdockq2 : float or None
        None when no pLDDT is known; 0 without an interface.
    """

    ipsae: float
    iptm_from_pae: float
    pdockq2: float | None


def d0(length: float | Doubles) -> Doubles:
    """Return the distance, Å, that scales an error among ``length`` residues.

    1.24 (L - 15)^(1/3) - 1.8 of Zhang & Skolnick 2004 (Proteins 57:702), at least 1 Å and L at
    least 27, as Dunbrack 2025 has it.
    """
    counted = np.maximum(np.asarray(length, dtype=np.float64), 27.0)
    found: Doubles = np.maximum(1.24 * np.cbrt(counted - 15.0) - 1.8, 1.0)
    return found


def ipsae(pae: Floats, cutoff: float = PAE_CUTOFF) -> float:
    """Return ipSAE of one direction (Dunbrack 2025, bioRxiv 2025.02.10.637595), 0-1.

    For each residue aligned on, the mean of ``1 / (1 + (PAE / d0)²)`` over the residues scored
    with an error below the cutoff, d0 by their number; of these means the largest.

    Parameters
    ----------
    pae : ndarray, shape=(n, m)
        From n residues of one chain to m of the other.
    cutoff : float, optional
        Å.
    """
    good = pae < cutoff
    counts = good.sum(axis=1)
    if not counts.any():
        return 0.0
    terms = np.where(good, _term(pae, d0(counts.astype(np.float64))[:, None]), 0.0)
    return float((terms.sum(axis=1) / np.maximum(counts, 1)).max())


def iptm_from_pae(pae: Floats, residues: int) -> float:
    """Return ipTM of one direction, from expected errors and d0 by the ``residues`` of both chains, 0-1.

    Engines take the mean over the distribution of errors instead, which is a little higher
    (Evans et al. 2021, bioRxiv 2021.10.04.463034).
    """
    return float(_term(pae, d0(residues)).mean(axis=1).max(initial=0.0))


def pdockq2(pae: Floats, near: Bools, plddt_first: Floats, plddt_second: Floats) -> float:
    """Return pDockQ2 of one direction (Zhu et al. 2023, Bioinformatics 39:btad424), 0-1.

    ``1.31 / (1 + exp(-0.075 (x - 84.733))) + 0.005`` with x the mean pLDDT of the interface
    times the mean of ``1 / (1 + (PAE / 10)²)`` over its pairs; 0 without an interface.

    Parameters
    ----------
    pae : ndarray, shape=(n, m)
    near : ndarray, shape=(n, m), dtype=bool
        Pairs whose CB are within 8 Å.
    plddt_first, plddt_second : ndarray, shape=(n,) and (m,)
        0-100.
    """
    if not near.any():
        return 0.0
    plddt = np.concatenate([plddt_first[near.any(axis=1)], plddt_second[near.any(axis=0)]])
    x = float(plddt.mean()) * float(_term(pae, np.float64(10.0))[near].mean())
    return 1.31 / (1.0 + float(np.exp(-0.075 * (x - 84.733)))) + 0.005


def pair_scores(
    there: Floats, back: Floats, near: Bools, plddt: tuple[Floats, Floats] | None, cutoff: float = PAE_CUTOFF
) -> PairScores:
    """Score a pair of chains in both directions.

    Parameters
    ----------
    there, back : ndarray, shape=(n, m) and (m, n)
        The two blocks of the PAE between them, without NaN.
    near : ndarray, shape=(n, m), dtype=bool
    plddt : tuple of ndarray or None
        Of both chains.
    cutoff : float, optional
        Å, for ipSAE.
    """
    residues = sum(there.shape)
    docked = None
    if plddt is not None:
        docked = max(pdockq2(there, near, *plddt), pdockq2(back, near.T, *plddt[::-1]))
    return PairScores(
        max(ipsae(there, cutoff), ipsae(back, cutoff)),
        max(iptm_from_pae(there, residues), iptm_from_pae(back, residues)),
        docked,
    )


def _term(pae: Floats, scale: Doubles | np.float64) -> Doubles:
    found: Doubles = 1.0 / (1.0 + (pae.astype(np.float64) / scale) ** 2)
    return found
