"""``foldsight fold``: sequences in, a folder of structures out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foldsight.cli.answer import DONE, FAILED, REFUSED, Answer
from foldsight.cli.console import Console
from foldsight.cli.names import safe_stems
from foldsight.cli.parser import completed_by
from foldsight.errors import BadRequest, FoldSightError
from foldsight.typing import Json

if TYPE_CHECKING:
    from foldsight.api import Fold, Folds
    from foldsight.prediction import Prediction

#: What is written for each record; PAE besides, where there is one.
SUFFIXES = ("cif", "pdb", "json", "png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_argument(
        "source", nargs="?", help="FASTA file, uniprot:ID, a sequence, or - for standard input"
    )
    completed_by(source, "file")
    folder = parser.add_argument("-o", "--output", help="folder for the structures")
    completed_by(folder, "file")
    engine = parser.add_argument("--engine", default="auto", help="engine id; auto tries the default chain")
    completed_by(engine, "engine")
    parser.add_argument("--seed", type=int, default=0, help="seed of engines that draw random numbers (0)")
    parser.add_argument("--name", help="name of a single sequence")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the engine; repeat it"
    )
    parser.add_argument("--network", choices=("off", "hash", "sequence"), help="what may leave the machine")


def options_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options of a fold as :func:`foldsight.fold` takes them."""
    return {
        "engine": args.engine,
        "seed": args.seed,
        "name": args.name,
        "settings": dict(map(_setting, args.set)),
        "network": args.network,
    }


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise BadRequest(f"--set {text} is no setting.", hint="Write --set name=value.")
    try:
        return key.strip(), json.loads(value)
    except ValueError:
        return key.strip(), value


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Fold every record, write what is done, and say of each what came of it."""
    folder = writable(args.output or "foldsight-output")
    source = _source(args.source)
    from foldsight.api import fold

    folds = each(fold(source, **options_of(args)))
    try:
        records = fold_into(folder, folds, console)
    except KeyboardInterrupt:
        for one in folds:
            if not one.over:
                one.cancel()
        raise
    counts = {state: sum(r["state"] == state for r in records) for state in ("done", "refused", "failed")}
    status = FAILED if counts["failed"] else REFUSED if counts["refused"] else DONE
    data = {"output": str(folder), **counts, "records": records}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return Answer(data, f"{told}; files are in {folder}", status=status)


def each(found: Fold | Folds) -> list[Fold]:
    """Return one or several folds as a list."""
    return list(found) if isinstance(found, Sequence) else [found]


def _source(text: str | None) -> str | bytes:
    if text is None:
        raise BadRequest("There is nothing to fold.", hint="foldsight fold x.fasta -o out/")
    return sys.stdin.buffer.read() if text == "-" else text


def writable(name: str) -> Path:
    """Return the folder once it is sure that it can be written to."""
    folder = Path(name).expanduser()
    if folder.exists() and not folder.is_dir():
        raise BadRequest(f"{folder} is a file.", hint="Name a folder with -o.")
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".foldsight-probe"
    probe.touch()
    probe.unlink()
    return folder


def fold_into(folder: Path, folds: Sequence[Fold], console: Console) -> list[Json]:
    """Wait for each fold in turn and write what is done; return a record of each."""
    stems = safe_stems(fold.name for fold in folds)
    records = []
    for number, (fold, stem) in enumerate(zip(folds, stems, strict=True)):
        _wait(fold, number, len(folds), console)
        record = _finish(fold, folder, stem)
        console.say(_line(record))
        records.append(record)
    return records


def _wait(fold: Fold, number: int, total: int, console: Console) -> None:
    from foldsight.api.handle import status_of

    def changed(job: Json) -> None:
        share = (number + float(job.get("progress") or 0)) / total
        console.progress(share, f"{fold.name}: {status_of(job)}")

    fold.wait(on_change=changed)


def _finish(fold: Fold, folder: Path, stem: str) -> Json:
    """Write the files of one fold and return its record."""
    started = time.monotonic()
    record: Json = {"name": fold.name, "job": fold.id, "cached": bool(fold.job.get("cached")), "files": []}
    try:
        prediction = fold.result()
        record["files"] = [str(path) for path in write_all(prediction, folder, stem)]
    except FoldSightError as fault:
        return {**record, "state": "refused" if fault.refused else "failed", "error": fault.to_dict()}
    record["seconds_writing"] = round(time.monotonic() - started, 2)
    return {**record, "state": "done", "summary": prediction.summary()}


def write_all(prediction: Prediction, folder: Path, stem: str) -> list[Path]:
    """Write ModelCIF, PDB, facts, picture and PAE; a PDB that cannot hold it is left out."""
    paths = []
    for suffix in SUFFIXES:
        try:
            paths.append(prediction.save(folder / f"{stem}.{suffix}"))
        except FoldSightError:
            if suffix != "pdb":
                raise
    if prediction.confidence.pae is not None:
        paths.append(prediction.save(folder / f"{stem}.pae.json"))
    return paths


def _line(record: Json) -> str:
    if record["state"] != "done":
        error = record["error"]
        return f"{record['name']}: {record['state']}. {error['message']} {error['hint']}".rstrip()
    return f"{says(record['summary'])} -> {record['files'][0]}"


def says(summary: Json) -> str:
    """Return a summary in a sentence."""
    confidence = summary["confidence"]
    mean = "" if confidence["mean"] is None else f", mean {confidence['label']} {confidence['mean']:.1f}"
    suspect = ", SUSPECT (did not pass the sanity gate)" if summary["suspect"] else ""
    return f"{summary['name']}: {summary['residues']} residues by {summary['engine']}{mean}{suspect}"
