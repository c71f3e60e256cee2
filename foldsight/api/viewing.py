"""``view``: show whatever holds structures."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias, cast

from foldsight import outlets
from foldsight.api.handle import Fold
from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.scene import Coloring, Scene
from foldsight.scene.mvs_file import is_mvs, read_mvs
from foldsight.structure import Structure

#: A structure, or what ``foldsight.read`` takes for one.
Source: TypeAlias = Fold | Structure | Prediction | str | Path | bytes


def view(*items: Any, network: str | None = None, viewer: str = "structure", **style: Any) -> Any:
    """Return an interactive view.

    Parameters
    ----------
    *items : Fold, Prediction, Structure, Scene, result of an analysis, Path or str
        A MolViewSpec scene (``.mvsj``, ``.mvsx``, or a builder of the package ``molviewspec``) is
        shown alone and as it is; ``remote=True`` lets the page ask the servers that it names.
        A ``str`` is a path or ``pdb:1HPV``, ``afdb:P04637``. Items in one list are superposed on
        its first; ``layout="grid"`` shows them side by side, turning together.
    network : {'off', 'hash', 'sequence'}, optional
        For records of a source.
    viewer : str, optional
        ``structure`` (Mol*), or another that is installed, such as ``nglview``.
    **style
        Fields of :class:`foldsight.scene.Style`: ``representation``, ``coloring``,
        ``palette``, ``height``, ``strip``.

    Returns
    -------
    StructureView
        Or the other viewer's widget.
    """
    if len(items) == 1 and is_mvs(items[0]):
        return outlets.view(
            read_mvs(items[0], remote=style.pop("remote", False)), viewer="molviewspec", **style
        )
    return outlets.view(*(shown(item, network=network) for item in items), viewer=viewer, **style)


def workbench(*items: Any, network: str | None = None, **style: Any) -> Any:
    """Return everything about a structure in one view: 3D, sequence, PAE and details, one selection.

    Parameters
    ----------
    *items : Fold, Prediction, Structure, Path or str, then results of analyses
        What is shown, then pockets, variants or interfaces of it; each result is one more track.
    network : {'off', 'hash', 'sequence'}, optional
        For records of a source.
    **style
        Fields of :class:`foldsight.scene.Style`.

    Returns
    -------
    StructureView
    """
    from foldsight.scene.tracks import with_tracks

    subjects = [item for item in items if not isinstance(getattr(item, "coloring", None), Coloring)]
    found = [shown(item, network=network) for item in subjects]
    scenes = [item for item in found if isinstance(item, Scene)]
    scene = scenes[0] if scenes else Scene.of(*[item for item in found if not isinstance(item, Scene)])
    tracked = with_tracks(scene)
    for result in items:
        if result not in subjects:
            tracked = tracked.colored_by(result.coloring)
    first = {"layout": "workbench", "height": 760, "coloring": scene.style.coloring}
    bench = outlets.view(tracked.styled(**{**first, **style}))
    annotated = next((item for item in found if isinstance(item, Prediction | Structure)), None)
    if annotated is not None:
        bench.keep_notes(annotated)
    return bench


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
    if isinstance(item, list | tuple):
        from foldsight.scene.superposed import together

        return together([subject_of(one, network) for one in item])
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
