"""What a notebook or script calls: ``fold``, ``view`` and the analyses.

``inputs``
    Turns whatever a person has at hand into queries.
``handle``
    :class:`Fold` and :class:`Folds`: jobs that become predictions.
``live``
    A job as it shows itself in a notebook.
``folding``, ``viewing``, ``aligning``, ``analysing``, ``featuring``
    The verbs.
``annotating``
    Rooms that are shared.
``shown``
    Results with a table and a view.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foldsight.api.aligning import align as align
    from foldsight.api.analysing import interfaces as interfaces
    from foldsight.api.analysing import pockets as pockets
    from foldsight.api.analysing import variants as variants
    from foldsight.api.featuring import features as features
    from foldsight.api.folding import fold as fold
    from foldsight.api.handle import Fold as Fold
    from foldsight.api.handle import Folds as Folds
    from foldsight.api.viewing import view as view
    from foldsight.api.viewing import workbench as workbench

_HOMES = {
    "Fold": "handle",
    "Folds": "handle",
    "align": "aligning",
    "features": "featuring",
    "fold": "folding",
    "interfaces": "analysing",
    "pockets": "analysing",
    "variants": "analysing",
    "view": "viewing",
    "workbench": "viewing",
}

__all__ = [
    "Fold",
    "Folds",
    "align",
    "features",
    "fold",
    "interfaces",
    "pockets",
    "variants",
    "view",
    "workbench",
]


def __getattr__(name: str) -> Any:
    # Lazy, so that folding from the shell does not load the analyses.
    if name in _HOMES:
        return getattr(import_module(f"foldsight.api.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'foldsight.api' has no attribute {name!r}")
