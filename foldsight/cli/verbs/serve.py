"""``foldsight serve``: the service on its own, for a lab or a script."""

from __future__ import annotations

import argparse
import contextlib
import sys
from importlib import import_module

from foldsight import settings
from foldsight.cli.answer import Answer
from foldsight.cli.console import Console
from foldsight.errors import BadRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on; 0, the default, takes a free one"
    )
    parser.add_argument("--token", help="what callers must show; FOLDSIGHT_TOKEN, or made up, when not given")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Serve until stopped."""
    if not 0 <= args.port < 65536:
        raise BadRequest(f"There is no port {args.port}.", hint="Use 0 to 65535.")
    console.say(f"Address and token are written to {settings.home() / 'service.json'}; stop with Ctrl-C.")
    words = ["--host", args.host, "--port", str(args.port)]
    words += ["--token", args.token] if args.token else []
    # The answer alone belongs on standard output; what the service says is a message.
    with contextlib.redirect_stdout(sys.stderr):
        import_module("foldsight_server.__main__").main(words)
    return Answer({"stopped": True})
