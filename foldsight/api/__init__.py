"""What a notebook or script calls: ``fold`` and ``view``.

``inputs``
    Turns whatever a person has at hand into queries.
``handle``
    :class:`Fold` and :class:`Folds`: jobs that become predictions.
``live``
    A job as it shows itself in a notebook.
``folding``, ``viewing``
    The two verbs.
"""

from __future__ import annotations

from foldsight.api.folding import fold
from foldsight.api.handle import Fold, Folds
from foldsight.api.viewing import view

__all__ = ["Fold", "Folds", "fold", "view"]
