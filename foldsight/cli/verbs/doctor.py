"""``foldsight doctor``: what is running, what is missing, and what would mend it."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module, metadata

from foldsight import _version, settings
from foldsight.cli.answer import DONE, FAILED, Answer, Table
from foldsight.cli.console import Console
from foldsight.errors import FoldSightError


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``mend`` is what would help."""

    what: str
    ok: bool
    says: str
    mend: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--no-service", action="store_true", help="do not start the service to look at it")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Look at everything, whatever is wrong with the first of it."""
    checks: list[Callable[[], Finding]] = [_python, _home, _network, _front_end, _engines, _library]
    if not args.no_service:
        checks.append(_service)
    found = []
    for number, check in enumerate(checks):
        console.progress(number / len(checks), check.__name__.strip("_").replace("_", " "))
        found.append(_looked(check))
    good = all(finding.ok for finding in found)
    rows = [(f.what, "good" if f.ok else "FAULT", f.says, "" if f.ok else f.mend) for f in found]
    table = Table(("what", "state", "found", "what would mend it"), rows)
    data = {"ok": good, "findings": [asdict(finding) for finding in found]}
    return Answer(data, table=table, status=DONE if good else FAILED)


def _looked(check: Callable[[], Finding]) -> Finding:
    """A check that breaks is a finding too: the doctor goes on."""
    name = check.__name__.strip("_").replace("_", " ")
    try:
        return check()
    except FoldSightError as fault:
        return Finding(name, False, fault.message, fault.hint)
    except Exception as fault:  # whatever is broken, the other findings must be told
        return Finding(
            name, False, f"{type(fault).__name__}: {fault}", "pip install --force-reinstall foldsight"
        )


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    says = f"FoldSight {_version.__version__}, Python {platform.python_version()}, {platform.machine()}"
    return Finding("FoldSight", good, says, "Install Python 3.11 or newer.")


def _home() -> Finding:
    folder = settings.home()
    folder.mkdir(parents=True, exist_ok=True)
    good = os.access(folder, os.W_OK)
    return Finding("data folder", good, str(folder), "Set FOLDSIGHT_HOME to a folder that you may write to.")


def _network() -> Finding:
    value = settings.network()
    words = {
        "off": "nothing leaves the machine",
        "hash": "only the MD5 of a sequence leaves the machine",
        "sequence": "sequences may go to remote engines",
    }
    return Finding("network setting", True, f"{value}: {words[value]}")


def _front_end() -> Finding:
    assets = import_module("foldsight_widgets.assets")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("jupyterlab", "anywidget"))
    return Finding("front end", True, f"{assets.engine_name()}; {versions}")


def _engines() -> Finding:
    from foldsight.engines import registry

    ready = [engine.id for engine in registry.all() if engine.available().ready]
    says = f"ready: {', '.join(ready) or 'none'}"
    return Finding("engines", bool(ready), says, "foldsight engines says what each one lacks.")


def _library() -> Finding:
    from foldsight.library import Library

    count = len(Library.open().list())
    return Finding("structure library", count > 0, f"{count} entries", "foldsight library add pdb:ID")


def _service() -> Finding:
    from foldsight.client import connect

    health = connect().health()
    says = ", ".join(f"{key} {value}" for key, value in health.items() if isinstance(value, str | int))
    return Finding("service", True, says)
