"""``python -m foldsight_server``: the service on its own."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from foldsight import settings
from foldsight.errors import FoldSightError
from foldsight_server.hub import service as hub
from foldsight_server.operations import logs, tracing
from foldsight_server.web.standalone import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="foldsight serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=os.environ.get("FOLDSIGHT_TOKEN", ""), help="made up when empty")
    parser.add_argument(
        "--idle-exit", type=float, metavar="SECONDS", help="end after so long without calls and jobs"
    )
    chosen = parser.parse_args(arguments)
    try:
        logs.set_up(os.environ, default="json" if hub.is_service() else "text")
        tracing.set_up(os.environ)
        if hub.is_service():
            asyncio.run(hub.serve(settings.home()))
        else:
            asyncio.run(serve(settings.home(), chosen.host, chosen.port, chosen.token, chosen.idle_exit))
    except FoldSightError as error:
        print(error, file=sys.stderr)
        return 2 if error.refused else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
