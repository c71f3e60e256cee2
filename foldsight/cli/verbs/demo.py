"""``foldsight demo``: real proteins through the real job path, and the first two notebooks."""

from __future__ import annotations

import argparse
import sysconfig
import time
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import foldsight
from foldsight import settings
from foldsight.cli.answer import DONE, FAILED, Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.cli.verbs import fold as folding
from foldsight.errors import Failed
from foldsight.io.writing import write_whole
from foldsight.typing import Json

PACKAGE = Path(foldsight.__file__).parent
FASTA = PACKAGE / "demo" / "proteins.fasta"
#: What folds, and what is asked of a structure then: pockets, variants, alignment.
NOTEBOOKS = ("01-first-fold.ipynb", "02-analyse.ipynb")
#: The one protein of the file that nothing in the library resembles.
REFUSED = "SYUA_HUMAN"
#: Seconds that one cell of the notebook may take.
CELL_LIMIT = 180


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    folder = parser.add_argument("-o", "--output", default="demo-output", help="folder (demo-output)")
    completed_by(folder, "file")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Fold, write, execute the notebooks, and say where everything is.

    The network is off, so that the demo shows the same on every machine and nothing
    leaves it.
    """
    from foldsight.api import fold

    started = time.monotonic()
    folder = folding.writable(args.output)
    console.say(f"Folding the proteins of {FASTA}; nothing leaves this machine (--network off).")
    folds = folding.each(fold(FASTA, network="off"))
    records = folding.fold_into(folder, folds, console)
    for record, each in zip(records, folds, strict=True):
        record["seconds"] = _seconds(each.job)
    notebooks = [execute(name, folder, console) for name in NOTEBOOKS]
    total = time.monotonic() - started
    good = all(each["ok"] for each in notebooks) and all(_as_expected(record) for record in records)
    data = {"output": str(folder), "seconds": round(total, 1), "records": records, "notebooks": notebooks}
    return Answer(data, _closing(folder, notebooks, total), _table(records), DONE if good else FAILED)


def _as_expected(record: Json) -> bool:
    return bool(record["state"] == ("refused" if record["name"] == REFUSED else "done"))


def _seconds(job: Json) -> float:
    """Return how long the job ran; 0 for one that was answered from the cache."""
    if job.get("cached") or not (job.get("started") and job.get("finished")):
        return 0.0
    begin, end = (datetime.fromisoformat(job[key]) for key in ("started", "finished"))
    return round((end - begin).total_seconds(), 2)


def _table(records: list[Json]) -> Table:
    headings = ("protein", "template", "identity", "coverage", "support", "files", "seconds")
    return Table(headings, [_row(record) for record in records])


def _row(record: Json) -> tuple[str, ...]:
    took = "cached" if record["cached"] else f"{record['seconds']:.1f}"
    if record["state"] != "done":
        expected = ", as it should be" if _as_expected(record) else ""
        return (record["name"], f"none: {record['state']}{expected}", "", "", "", "", took)
    summary = record["summary"]
    facts, mean = summary["facts"], summary["confidence"]["mean"]
    suffixes = " ".join(Path(name).name.split(".", 1)[1] for name in record["files"])
    template = f"{facts['template'].upper()} {facts['chain']}"
    return (
        record["name"], template, f"{facts['identity']:.0%}", f"{facts['coverage']:.0%}",
        f"{mean:.1f}", suffixes, took,
    )  # fmt: skip


def _closing(folder: Path, notebooks: list[Json], total: float) -> str:
    lines = [
        "",
        "support is template support (estimated lDDT x 100), not pLDDT.",
        f"Structures, pictures and facts are in {folder}/",
        *(f"An executed notebook is {each['file']}" for each in notebooks),
        f"All of it took {total:.1f} s.",
    ]
    return "\n".join(lines)


def execute(name: str, folder: Path, console: Console) -> Json:
    """Execute a notebook in the folder; keep it with its output.

    Raises
    ------
    Failed
        When it cannot be executed here.
    """
    try:
        nbformat: Any = import_module("nbformat")
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError:
        raise Failed("The notebooks cannot be executed.", hint="pip install 'foldsight[notebook]'") from None
    console.say(f"Executing {name}.")
    notebook = nbformat.reads(notebook_path(name).read_text(encoding="utf-8"), as_version=4)
    started, count = time.monotonic(), len(notebook.cells)

    def told(cell_index: int, **_: object) -> None:
        console.progress(cell_index / count, f"{name}, cell {cell_index + 1} of {count}")

    client = NotebookClient(
        notebook,
        timeout=CELL_LIMIT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=told,
    )
    fault, log = "", settings.home() / "demo-kernel.log"
    try:
        with log.open("wb") as stream:
            client.execute(stderr=stream)
    except CellExecutionError as broken:
        fault = f"{broken.ename}: {broken.evalue}"
        console.say(f"A cell of {name} failed: {fault}")
    page = folder / name
    write_whole(page, nbformat.writes(notebook).encode())
    facts = {"ok": not fault, "file": str(page), "seconds": round(time.monotonic() - started, 1)}
    return {**facts, **({"error": fault} if fault else {})}


def notebook_path(name: str) -> Path:
    """Return where a notebook is: beside the package in a checkout, else among the shared data.

    Raises
    ------
    Failed
    """
    shared = Path(sysconfig.get_path("data")) / "share" / "foldsight"
    for path in (folder / "notebooks" / name for folder in (PACKAGE.parent, shared)):
        if path.is_file():
            return path
    raise Failed(f"{name} is not installed.", hint="Install again with: pip install .")
