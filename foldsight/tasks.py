"""Analyses as jobs: a request and the files of structures in, files out.

A request is JSON, and says which analysis, of what, and how::

    {"kind": "variants", "name": "protease", "settings": {"request": "scan"},
     "inputs": ["protease"]}

The files come beside it, one set for each input: those of a job's result, or one
structure file. What comes out is ``result.json`` and ``table.csv``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from foldsight.errors import BadRequest, Cancelled
from foldsight.prediction import Prediction
from foldsight.structure import Structure
from foldsight.typing import Json

Subject: TypeAlias = Structure | Prediction
Files: TypeAlias = Mapping[str, bytes]
Report: TypeAlias = Callable[[float, str], None]

RESULT, TABLE = "result.json", "table.csv"
#: Most structures that one job takes.
MOST_INPUTS = 500


@dataclass(frozen=True)
class Setting:
    """One setting: the type of its values, its default, and what it means."""

    type: type | tuple[type, ...]
    default: Any
    help: str
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """One kind of job.

    Attributes
    ----------
    run : callable
        Takes subjects, settings and a report of progress; returns the result as JSON
        values and its rows.
    fewest, most : int
        How many structures it takes.
    version : str
        Raise it with every change of what comes out: the cache answers by it.
    settings : mapping of str to Setting
    """

    run: Callable[[Sequence[Subject], Mapping[str, Any], Report], tuple[Json, list[Json]]]
    fewest: int
    most: int
    version: str
    settings: Mapping[str, Setting] = field(default_factory=dict)


def check(request: Mapping[str, Any]) -> tuple[Analysis, dict[str, Any]]:
    """Return the analysis that a request asks for, and its settings with defaults filled in.

    Raises
    ------
    BadRequest
        On an unknown kind or setting, a value of the wrong type, or too few or many inputs.
    """
    kind = request.get("kind")
    analysis = ANALYSES.get(str(kind))
    if analysis is None:
        raise BadRequest(f"An analysis {kind!r} is not known.", hint=f"Use one of {', '.join(ANALYSES)}.")
    count = len(request.get("inputs") or ())
    if not analysis.fewest <= count <= analysis.most:
        wanted = f"{analysis.fewest}" if analysis.fewest == analysis.most else f"{analysis.fewest} or more"
        raise BadRequest(
            f"{kind} takes {wanted} structures, not {count}.", hint=f"At most {analysis.most} are taken."
        )
    given = dict(request.get("settings") or {})
    unknown = sorted(set(given) - set(analysis.settings))
    if unknown:
        known = ", ".join(analysis.settings) or "none"
        raise BadRequest(f"{kind} has no setting {unknown[0]!r}.", hint=f"It has: {known}.")
    return analysis, {name: _value(name, each, given) for name, each in analysis.settings.items()}


def _value(name: str, setting: Setting, given: Mapping[str, Any]) -> Any:
    value = given.get(name, setting.default)
    # A bool is an int to Python, never to people.
    wrong = isinstance(value, bool) and setting.type is not bool
    if value is not None and (wrong or not isinstance(value, setting.type)):
        raise BadRequest(f"The setting {name} is {value!r}.", hint=f"{name}: {setting.help}.")
    if setting.choices and value not in setting.choices:
        raise BadRequest(
            f"The setting {name} is {value!r}.", hint=f"Use one of {', '.join(map(str, setting.choices))}."
        )
    return value


def cache_key(request: Mapping[str, Any], digests: Sequence[str]) -> str:
    """Return a SHA-256 (hex) that two requests share when they must give one result."""
    analysis, settings = check(request)
    held = [request["kind"], analysis.version, settings, list(request["inputs"]), list(digests)]
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()


def run_analysis(
    request: Mapping[str, Any],
    inputs: Sequence[Files],
    *,
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, bytes]:
    """Run an analysis.

    Parameters
    ----------
    request : mapping
        As in the module's docstring.
    inputs : sequence of mapping of str to bytes
        The files of each input.
    progress : callable, optional
        Takes a fraction 0-1 and a short sentence.
    cancelled : callable, optional
        Returns True once the job is to stop.

    Returns
    -------
    dict of str to bytes
        ``result.json`` with ``kind``, ``name``, ``summary`` and ``result``, and ``table.csv``.

    Raises
    ------
    Refused
        As the analysis says.
    Cancelled
    """

    def report(share: float, message: str) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled("The job was cancelled.")
        if progress is not None:
            progress(share, message)

    analysis, settings = check(request)
    names = [str(name) for name in request["inputs"]]
    subjects = [subject_of(name, files) for name, files in zip(names, inputs, strict=True)]
    report(0.05, "the structures are read")
    result, rows = analysis.run(subjects, settings, report)
    name = str(request.get("name") or names[0])
    summary = {"name": name, "kind": request["kind"], "inputs": names, "rows": len(rows)}
    text = json.dumps({"kind": request["kind"], "name": name, "summary": summary, "result": result})
    report(1.0, f"{len(rows)} rows")
    return {RESULT: text.encode(), TABLE: _csv(rows)}


def summary_of(files: Files) -> Json:
    """Return what the files of a finished analysis say of themselves."""
    found: Json = json.loads(files[RESULT])["summary"]
    return found


def subject_of(name: str, files: Files) -> Subject:
    """Read an input: the files of a job's result, or one structure file."""
    from foldsight.io.bundle import STRUCTURE, from_bundle
    from foldsight.io.reading import read

    if STRUCTURE in files and len(files) > 1:
        return from_bundle(files)
    found = read(next(iter(files.values())), name=name, network="off")
    assert isinstance(found, Structure | Prediction)
    return found


def _csv(rows: Sequence[Json]) -> bytes:
    import csv
    import io

    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue().encode()


def _pockets(subjects: Sequence[Subject], settings: Mapping[str, Any], report: Report) -> Any:
    from foldsight.analysis.pockets import find_pockets

    found = find_pockets(subjects[0])
    rows = found.table.to_dict(orient="records")
    return found.to_dict(), rows


def _variants(subjects: Sequence[Subject], settings: Mapping[str, Any], report: Report) -> Any:
    from foldsight.analysis.variants import predict_variants

    found = predict_variants(
        subjects[0], settings["request"], chain=settings["chain"], context=settings["context"],
        progress=report,
    )  # fmt: skip
    return found.to_dict(), found.to_dicts()


def _interfaces(subjects: Sequence[Subject], settings: Mapping[str, Any], report: Report) -> Any:
    from foldsight.analysis.interfaces import find_interfaces

    found = find_interfaces(subjects[0])
    return found.to_dict(), found.table.to_dict(orient="records")


def _align(subjects: Sequence[Subject], settings: Mapping[str, Any], report: Report) -> Any:
    from foldsight.analysis.alignment import align_all

    structures = [each.structure if isinstance(each, Prediction) else each for each in subjects]

    def counted(done: int, total: int) -> None:
        report(0.05 + 0.9 * done / max(total, 1), f"{done} of {total} pairs are aligned")

    found = align_all(structures, min_tm=settings["min_tm"], progress=counted)
    return found.to_dict(), found.table.to_dict(orient="records")


#: The kinds of jobs that analyse.
ANALYSES: Mapping[str, Analysis] = {
    "align": Analysis(
        _align, 2, MOST_INPUTS, "1",
        {"min_tm": Setting((int, float), None, "leave out pairs that cannot reach this TM-score, 0-1")},
    ),
    "interfaces": Analysis(_interfaces, 1, 1, "1"),
    "pockets": Analysis(_pockets, 1, 1, "1"),
    "variants": Analysis(
        _variants, 1, 1, "1",
        {
            "request": Setting(str, "scan", "variants such as 'V82A I84V', or scan"),
            "chain": Setting(str, None, "author chain for variants that name none"),
            "context": Setting(str, "monomer", "monomer or complex", ("monomer", "complex")),
        },
    ),
}  # fmt: skip
