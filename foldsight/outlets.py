"""How structures leave the toolkit: saved by an exporter, shown by a viewer.

Both are found by entry point, so that values need not know who draws or writes them:

* ``foldsight.exporters``: a function ``save(item, path, **options)`` under the suffix that it
  writes, such as ``cif`` or ``png``;
* ``foldsight.viewers``: what takes items and style and gives a widget; ``structure`` (Mol*) is the
  default, ``nglview`` another, ``variants`` shows a scan.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from foldsight.errors import BadRequest, Failed, Refused


class Outlets:
    """What predictions and structures share: ``save``, ``figure``, ``view`` and a display."""

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write a file; its suffix says what kind.

        The file is written whole or not at all, and compressed when the name ends in ``.gz``.
        Options are the exporter's own, such as ``size``, ``background`` and ``coloring`` for
        pictures.

        Returns
        -------
        Path
            Where the file is.

        Raises
        ------
        BadRequest
            When there is no exporter for the suffix, or the folder cannot be written to.
        """
        return save(self, path, **options)

    def figure(self, path: str | Path, **options: Any) -> Path:
        """Draw a figure into a ``.png`` or ``.svg`` file.

        Parameters
        ----------
        path : str or Path
        **options
            ``size`` (pixels, width and height), ``background`` (``light``, ``dark``,
            ``transparent``), ``words`` (title and legend), ``coloring`` and ``palette``.
        """
        return save(self, path, **options)

    def view(self, **style: Any) -> Any:
        """Return an interactive view; ``style`` as :class:`foldsight.scene.Style`, ``viewer`` by name."""
        return view(self, **style)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Show the view where a notebook asks; plain text everywhere else."""
        try:
            bundle = view(self)._repr_mimebundle_()
        except Refused:  # nothing a viewer could draw: the words must do
            bundle = ({}, {})
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": repr(self)}, metadata


@cache
def exporters() -> dict[str, EntryPoint]:
    """Return the exporters by suffix without dot."""
    return {point.name: point for point in sorted(entry_points(group="foldsight.exporters"))}


def exporter_for(path: str | Path) -> tuple[str, Any]:
    """Return the suffix and the exporter that a path asks for.

    Raises
    ------
    BadRequest
    """
    parts = Path(path).name.lower().removesuffix(".gz").split(".")
    # The longest suffix first: .pae.json is not .json.
    for suffix in (".".join(parts[i:]) for i in range(1, len(parts))):
        if suffix in exporters():
            return suffix, exporters()[suffix].load()
    known = ", ".join(f".{name}" for name in exporters())
    raise BadRequest(f"{str(path)!r} has no suffix that can be saved.", hint=f"Use one of {known}.")


def save(item: Any, path: str | Path, **options: Any) -> Path:
    """Write ``item`` as the suffix of ``path`` says; see :meth:`Outlets.save`."""
    target = Path(path).expanduser()
    suffix, exporter = exporter_for(target)
    folder, draft = _draft(target, suffix)
    try:
        exporter(item, draft, **options)
        if target.suffix.lower() == ".gz":
            draft.write_bytes(gzip.compress(draft.read_bytes(), mtime=0))
        os.replace(draft, target)
    except OSError as fault:
        raise BadRequest(f"{target} cannot be written: {fault.strerror or fault}.") from None
    finally:
        draft.unlink(missing_ok=True)
        folder.rmdir()
    return target


def _draft(target: Path, suffix: str) -> tuple[Path, Path]:
    """Return a folder of our own beside the target, and a draft in it under the target's name."""
    if target.is_dir():
        raise BadRequest(f"{target} is a folder.", hint="Name a file in it.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=".foldsight-"))
    except OSError as fault:
        raise BadRequest(f"{target} cannot be written: {fault.strerror or fault}.") from None
    return folder, folder / f"draft.{suffix}"


def view(*items: Any, viewer: str = "structure", **style: Any) -> Any:
    """Return an interactive view of items, in the viewer that is named.

    Raises
    ------
    BadRequest
        When there is no viewer of that name.
    Failed
        When ours is not installed.
    """
    return viewer_named(viewer)(*items, **style)


def viewer_named(name: str) -> Any:
    """Return the viewer that an entry point names.

    Raises
    ------
    BadRequest
        When there is none of that name.
    Failed
        When there is none at all.
    """
    points = {point.name: point for point in entry_points(group="foldsight.viewers")}
    if not points:
        raise Failed("No viewer is installed.", hint="Install again with: pip install .")
    if name not in points:
        raise BadRequest(f"There is no viewer {name!r}.", hint=f"Installed are {', '.join(sorted(points))}.")
    return points[name].load()
