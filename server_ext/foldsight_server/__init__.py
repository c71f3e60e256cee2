"""FoldSight's service: jobs from HTTP to PostgreSQL to Dask and back.

``app`` the application without a framework, over ``api``'s routes; ``web`` its two tornado
adapters; ``store`` what lasts; ``dispatch`` what runs; ``service`` ties them together.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from foldsight_server.web.extension import FoldSightExtension

    return [{"module": "foldsight_server", "app": FoldSightExtension}]
