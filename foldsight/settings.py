"""Where FoldSight keeps its things and what may leave the machine.

========================  ============================================  ===============================
variable                  what                                          default
========================  ============================================  ===============================
``FOLDSIGHT_HOME``        data folder (database, results, library)      ``~/.local/share/foldsight``
``FOLDSIGHT_WEIGHTS``     folder of downloaded weights                  ``<home>/weights``
``FOLDSIGHT_NETWORK``     ``off``, ``hash`` or ``sequence``             ``hash``
``FOLDSIGHT_URL``         a running FoldSight service                   found or started
``FOLDSIGHT_TOKEN``       its token                                     none
``FOLDSIGHT_SERVICE_URL``   on a Hub, where its FoldSight service is      the Hub is asked
``FOLDSIGHT_DATABASE_URL``  a PostgreSQL to use instead of the embedded  embedded
========================  ============================================  ===============================
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import cast, get_args

from foldsight.errors import BadRequest
from foldsight.typing import Network


def home() -> Path:
    """Return the data folder; it is not created here."""
    chosen = os.environ.get("FOLDSIGHT_HOME")
    if chosen:
        return Path(chosen).expanduser().resolve()
    return _platform_data() / "foldsight"


def _platform_data() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def weights_dir() -> Path:
    """Return the folder of downloaded weights; it is not created here."""
    chosen = os.environ.get("FOLDSIGHT_WEIGHTS")
    return Path(chosen).expanduser().resolve() if chosen else home() / "weights"


def network(value: str | None = None) -> Network:
    """Return the network setting: ``value``, else the environment's, else ``hash``."""
    chosen = value or os.environ.get("FOLDSIGHT_NETWORK") or "hash"
    if chosen not in get_args(Network):
        raise BadRequest(
            f"The network setting is {chosen!r}.", hint="Use off, hash or sequence.", network=chosen
        )
    return cast(Network, chosen)
