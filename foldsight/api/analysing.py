"""``pockets``, ``variants`` and ``interfaces`` of whatever ``foldsight.read`` takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from foldsight.analysis.interfaces import find_interfaces
from foldsight.analysis.pockets import find_pockets, run_fpocket
from foldsight.analysis.variants import predict_variants
from foldsight.api.shown import ShownInterfaces, ShownPockets, ShownVariants
from foldsight.api.viewing import Source, subject_of


def pockets(
    item: Source, *, method: Literal["foldsight", "fpocket"] = "foldsight", network: str | None = None
) -> ShownPockets:
    """Find the pockets of a protein, the likeliest binding site first.

    Parameters
    ----------
    item : Structure, Prediction, Fold, Path or str
        A ``str`` is a path or an entry such as ``pdb:1HPV``.
    method : {'foldsight', 'fpocket'}, optional
        ``fpocket`` needs that program.
    network : {'off', 'hash', 'sequence'}, optional

    Returns
    -------
    Pockets
        A sequence with ``table`` and ``view()``.

    Raises
    ------
    Refused
        As :func:`foldsight.analysis.pockets.find_pockets` says.
    """
    subject = subject_of(item, network)
    found = run_fpocket(subject) if method == "fpocket" else find_pockets(subject)
    return ShownPockets(**vars(found), subject=subject)


def variants(
    item: Source, request: str | Iterable[str], *, network: str | None = None, **options: Any
) -> ShownVariants:
    """Predict the ddG of folding of variants, kcal/mol, > 0 destabilises.

    Parameters
    ----------
    item : Structure, Prediction, Fold, Path or str
    request : str or iterable of str
        ``V82A I84V``, ``A:R175H``, ``p.Arg175His``, or ``scan``.
    network : {'off', 'hash', 'sequence'}, optional
    **options
        ``chain``, ``context``, ``level``, ``explain``, ``keep_faults``, ``progress``; see
        :func:`foldsight.analysis.variants.predict_variants`.

    Returns
    -------
    VariantTable
        A sequence of rows with ``table``, ``heat_map()`` and ``view()``.
    """
    subject = subject_of(item, network)
    found = predict_variants(subject, request, **options)
    return ShownVariants(**vars(found), subject=subject)


def interfaces(
    item: Source, *, pae_cutoff: float | None = None, network: str | None = None
) -> ShownInterfaces:
    """Describe what holds the chains of a complex together.

    Parameters
    ----------
    item : Structure, Prediction, Fold, Path or str
    pae_cutoff : float, optional
        Å, for ipSAE: 10 by default, 15 for AlphaFold 2.
    network : {'off', 'hash', 'sequence'}, optional

    Returns
    -------
    Interfaces
        A sequence with ``table`` and ``view()``.
    """
    subject = subject_of(item, network)
    options = {} if pae_cutoff is None else {"pae_cutoff": pae_cutoff}
    return ShownInterfaces(**vars(find_interfaces(subject, **options)), subject=subject)
