"""Widgets of FoldSight: the structure view and the progress of a job.

``assets``
    Where the built front end lies; imports no widget library.
``structure_view``
    :class:`StructureView`, structures in Mol* with their sequence.
``panels``
    :class:`PaeView`, :class:`SequenceView` and :class:`Workbench`.
``page``
    A view as one HTML file; the exporter ``html``.
``job_progress``
    :class:`JobProgress`, one job as it runs.
``variant_map``
    :class:`VariantMap`, the ddG of a scan, in step with a view.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from foldsight_widgets.assets import engine_name, static_dir

if TYPE_CHECKING:
    from foldsight_widgets.job_progress import JobProgress as JobProgress
    from foldsight_widgets.panels import PaeView as PaeView
    from foldsight_widgets.panels import SequenceView as SequenceView
    from foldsight_widgets.panels import Workbench as Workbench
    from foldsight_widgets.structure_view import StructureView as StructureView
    from foldsight_widgets.variant_map import VariantMap as VariantMap

_HOMES = {
    "JobProgress": "foldsight_widgets.job_progress",
    "PaeView": "foldsight_widgets.panels",
    "SequenceView": "foldsight_widgets.panels",
    "StructureView": "foldsight_widgets.structure_view",
    "Workbench": "foldsight_widgets.panels",
    "VariantMap": "foldsight_widgets.variant_map",
}

__all__ = [
    "JobProgress",
    "PaeView",
    "SequenceView",
    "StructureView",
    "VariantMap",
    "Workbench",
    "engine_name",
    "static_dir",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'foldsight_widgets' has no attribute {name!r}")
