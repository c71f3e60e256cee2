"""The druggability formula, from four shares that can each be checked."""

from __future__ import annotations

#: Volume, Å3, at which a pocket is as large as it need be.
FULL_VOLUME = 500.0


def druggability(*, volume: float, hydrophobicity: float, enclosure: float, polarity: float) -> float:
    """Return the druggability of a pocket, 0-1.

    0.4 volume score + 0.3 hydrophobicity score + 0.2 enclosure score + 0.1 polarity
    score, where the volume score is volume / 500 Å3 up to 1 and the polarity score half
    the share of polar atoms. A rule of thumb; :attr:`Pocket.drug_score` is the trained one.

    Parameters
    ----------
    volume : float
        Å3.
    hydrophobicity, polarity : float
        Share of hydrophobic and of polar atoms in the lining, 0-1.
    enclosure : float
        1 - solvent accessibility, 0-1.

    Examples
    --------
    >>> round(druggability(volume=250, hydrophobicity=0.6, enclosure=0.7, polarity=0.4), 3)
    0.54
    """
    volume_score = min(volume / FULL_VOLUME, 1.0)
    return 0.4 * volume_score + 0.3 * hydrophobicity + 0.2 * enclosure + 0.1 * (0.5 * polarity)
