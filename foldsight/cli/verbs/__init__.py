"""One file per verb; each holds ``add_arguments`` and ``run``."""

from __future__ import annotations
