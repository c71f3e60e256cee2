"""``foldsight serve``: the service on its own, for a lab or a script."""

from __future__ import annotations

import argparse

from foldsight.cli.answer import Answer
from foldsight.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8765, help="port to listen on (8765)")
