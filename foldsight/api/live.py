"""A job as it shows itself in a notebook: progress, then the structure, in one output.

The output is replaced through its display id, so that it keeps living when the cell is
over, and what is saved in the notebook is the structure with its picture.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from html import escape
from importlib import import_module
from typing import Any

from foldsight import outlets
from foldsight.api.handle import Fold, Folds
from foldsight.errors import Failed, FoldSightError
from foldsight.typing import Json

Bundle = tuple[Json, Json]


def show(fold: Fold) -> None:
    """Display a fold: now, and again when it is over."""
    if fold.over or not _in_notebook():
        _publish(bundle_of(fold))
        return
    progress = _progress_widget(fold)
    first = bundle_of(fold) if progress is None else _bundle(progress, repr(fold))
    handle = _publish(first)
    _in_background(lambda: _follow(fold, handle, progress))


def show_all(folds: Folds) -> None:
    """Display several folds as one table that keeps itself up to date."""
    handle = _publish(table_of(folds))
    if _in_notebook():
        for fold in folds:
            if not fold.over:
                _in_background(
                    lambda fold=fold: fold.wait(on_change=lambda _: _update(handle, table_of(folds)))  # type: ignore[misc]
                )


def bundle_of(fold: Fold) -> Bundle:
    """Return what a fold looks like at this moment."""
    if not fold.over:
        return {"text/plain": repr(fold)}, {}
    try:
        prediction = fold.result()
    except FoldSightError as fault:
        return {"text/plain": f"{fold.name}: {fold.status}", "text/html": _refusal(fold, fault)}, {}
    return _bundle(outlets.view(prediction), str(prediction))


def table_of(folds: Folds) -> Bundle:
    """Return the table of several folds."""
    rows = "".join(
        f"<tr><td style='text-align:left'><b>{escape(fold.name)}</b></td>"
        f"<td style='text-align:left'>{escape(fold.status)}</td></tr>"
        for fold in folds
    )
    return {"text/plain": repr(folds), "text/html": f"<table>{rows}</table>"}, {}


def _follow(fold: Fold, handle: str, progress: Any) -> None:
    def changed(job: Json) -> None:
        if progress is not None:
            progress.job = job

    try:
        fold.wait(on_change=changed)
    except FoldSightError as fault:  # the service is gone for good: say so where the progress was
        _update(handle, ({"text/plain": str(fault), "text/html": _refusal(fold, fault)}, {}))
        return
    _update(handle, bundle_of(fold))


def _progress_widget(fold: Fold) -> Any:
    """Return the progress widget, or None where it is not installed."""
    try:
        widget = import_module("foldsight_widgets").JobProgress(fold.job)
    except (ImportError, Failed):
        return None
    widget.on_cancel(fold.cancel)
    return widget


def _bundle(widget: Any, words: str) -> Bundle:
    found = widget._repr_mimebundle_()
    data, metadata = found if isinstance(found, tuple) else (found or {}, {})
    return {**data, "text/plain": words}, metadata


def _refusal(fold: Fold, fault: FoldSightError) -> str:
    word, color = ("Refused", "#9a6700") if fault.refused else ("Failed", "#b42318")
    hint = f"<br><span style='opacity:.75'>{escape(fault.hint)}</span>" if fault.hint else ""
    return (
        f"<div style='border-left:4px solid {color};padding:.4em .8em'><b style='color:{color}'>{word}: "
        f"{escape(fold.name)}</b><br>{escape(fault.message)}{hint}</div>"
    )


def _in_notebook() -> bool:
    """Say whether there is a kernel that can change an output later."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def _publish(bundle: Bundle) -> str:
    from IPython import display

    data, metadata = bundle
    show_one: Any = display.display
    handle = show_one(data, metadata=metadata, raw=True, display_id=True)
    return str(handle.display_id) if handle is not None else ""


def _update(handle: str, bundle: Bundle) -> None:
    from IPython import display

    data, metadata = bundle
    change: Any = display.update_display
    change(data, metadata=metadata, raw=True, display_id=handle)


def _in_background(work: Callable[[], object]) -> None:
    threading.Thread(target=work, name="foldsight-display", daemon=True).start()
