"""``view``: show whatever holds structures."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias, cast

from foldsight import outlets
from foldsight.api.handle import Fold
from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.scene import Scene
from foldsight.structure import Structure

#: A structure, or what ``foldsight.read`` takes for one.
Source: TypeAlias = Fold | Structure | Prediction | str | Path | bytes


def view(*items: Any, network: str | None = None, **style: Any) -> Any:
    """Return an interactive view.

    Parameters
    ----------
    *items : Fold, Prediction, Structure, Scene, result of an analysis, Path or str
        A ``str`` is a path or ``pdb:1HPV``, ``afdb:P04637``.
    network : {'off', 'hash', 'sequence'}, optional
        For records of a source.
    **style
        Fields of :class:`foldsight.scene.Style`: ``representation``, ``coloring``,
        ``palette``, ``height``, ``strip``.

    Returns
    -------
    StructureView
    """
    return outlets.view(*(shown(item, network=network) for item in items), **style)


def shown(item: Any, *, network: str | None = None) -> Prediction | Structure | Scene:
    """Return what a view or picture shows of ``item``.

    Raises
    ------
    Refused
        When it holds no structure.
    """
    if isinstance(item, Prediction | Structure | Scene):
        return item
    if isinstance(item, Fold):
        return item.result()
    if isinstance(getattr(item, "scene", None), Scene):  # a result: pockets, a superposition ...
        return cast("Scene", item.scene)
    if not isinstance(item, str | Path | bytes):
        raise BadRequest(
            f"A {type(item).__name__} cannot be shown.", hint="Give a prediction, a structure or a file."
        )
    return structure_of(item, network=network)


def structure_of(source: Any, *, network: str | None = None) -> Prediction | Structure:
    """Read what must be a structure.

    Raises
    ------
    Refused
        When it is none.
    """
    from foldsight.io import read

    found = read(source, network=network)
    if isinstance(found, Prediction | Structure):
        return found
    raise BadRequest(f"{source!r} is a sequence, not a structure.", hint="Fold it first.")


def subject_of(item: Source, network: str | None = None) -> Prediction | Structure:
    """Return the structure that an analysis is asked of.

    Raises
    ------
    Refused
        When it is none.
    """
    return item.result() if isinstance(item, Fold) else structure_of(item, network=network)
