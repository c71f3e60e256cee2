"""FoldSight: protein structure prediction, and everything after it, in the notebook.

>>> import foldsight as fs
>>> p = fs.fold("protease.fasta")            # doctest: +SKIP

Names are loaded when first used, so that importing the package costs little and
brings in no heavy library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from foldsight._version import __version__

if TYPE_CHECKING:
    from foldsight.api import align as align
    from foldsight.api import features as features
    from foldsight.api import fold as fold
    from foldsight.api import interfaces as interfaces
    from foldsight.api import pockets as pockets
    from foldsight.api import variants as variants
    from foldsight.api import view as view
    from foldsight.api import workbench as workbench
    from foldsight.io import read as read
    from foldsight.magic import load_ipython_extension as load_ipython_extension
    from foldsight.prediction import Prediction as Prediction
    from foldsight.sequence import Query as Query
    from foldsight.sources import search as search
    from foldsight.structure import Structure as Structure

_HOMES = {
    "align": "foldsight.api",
    "features": "foldsight.api",
    "fold": "foldsight.api",
    "interfaces": "foldsight.api",
    "pockets": "foldsight.api",
    "variants": "foldsight.api",
    "view": "foldsight.api",
    "workbench": "foldsight.api",
    "read": "foldsight.io",
    "search": "foldsight.sources",
    "load_ipython_extension": "foldsight.magic",
    "Prediction": "foldsight.prediction",
    "Query": "foldsight.sequence",
    "Structure": "foldsight.structure",
}

__all__ = [
    "Prediction",
    "Query",
    "Structure",
    "__version__",
    "align",
    "features",
    "fold",
    "interfaces",
    "load_ipython_extension",
    "pockets",
    "read",
    "search",
    "variants",
    "view",
    "workbench",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'foldsight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
