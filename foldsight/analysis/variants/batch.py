"""Many variants of many structures, from a CSV of rows to a CSV of predictions."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldsight.analysis.variants.parse import Mutation, Variant, parse_number
from foldsight.analysis.variants.predict import Context, predict_parsed
from foldsight.analysis.variants.table import VariantRow, VariantTable
from foldsight.errors import BadFile, FoldSightError, NotFound, Refused
from foldsight.prediction import Prediction
from foldsight.structure import Structure

NEEDED = ("pdb", "chain", "resnum", "wt", "mut")
ADDED = ("pred", "low", "high", "effect", "warnings", "problem")
#: Endings of a structure file's name, in the order in which they are looked for.
SUFFIXES = tuple(
    f"{kind}{packed}" for kind in (".pdb", ".cif", ".bcif", ".ent", ".mmcif") for packed in ("", ".gz")
)
Reader = Callable[[Path], Structure | Prediction]


@dataclass(frozen=True, slots=True)
class Summary:
    """How a batch went.

    Attributes
    ----------
    rows, structures : int
    problems : int
        Rows without a prediction; each says why in its ``problem`` cell.
    """

    rows: int
    structures: int
    problems: int


def predict_csv(
    rows: str | Path,
    structures: str | Path,
    out: str | Path,
    read: Reader,
    *,
    context: Context = "monomer",
    level: float = 0.8,
    progress: Callable[[float, str], None] | None = None,
) -> Summary:
    """Predict every row of a CSV and write it again with its prediction.

    Parameters
    ----------
    rows : path
        Needs the columns ``pdb,chain,resnum,wt,mut``; ``resnum`` is the author number
        with the insertion code behind it. Other columns are kept.
    structures : path
        Folder with ``<pdb>.pdb``, ``.cif`` or ``.bcif``, gzipped or not.
    out : path
        The rows with ``pred`` (kcal/mol, > 0 destabilises), ``low``, ``high``, ``effect``,
        ``warnings`` and ``problem``.
    read : callable
        Reads a structure file, such as :func:`foldsight.io.read`.

    Raises
    ------
    BadFile
        When the CSV cannot be read or lacks a column.
    """
    given, columns = _read_rows(Path(rows))
    folder = Path(structures)
    groups: dict[str, list[int]] = {}
    for i, row in enumerate(given):
        groups.setdefault(row["pdb"], []).append(i)
    added: list[dict[str, Any]] = [{} for _ in given]
    for done, (name, members) in enumerate(groups.items()):
        if progress:
            progress(done / len(groups), f"{name}: {len(members)} variants")
        table = _one_structure(folder, name, [given[i] for i in members], read, context, level)
        for i, cells in zip(members, table, strict=True):
            added[i] = cells
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, [*(c for c in columns if c not in ADDED), *ADDED], extrasaction="ignore"
        )
        writer.writeheader()
        writer.writerows({**row, **cells} for row, cells in zip(given, added, strict=True))
    return Summary(len(given), len(groups), sum(bool(cells["problem"]) for cells in added))


def find_structure(folder: Path, name: str) -> Path:
    """Return the file of a structure by name, in any case and of any known ending.

    Raises
    ------
    NotFound
    """
    for stem in dict.fromkeys((name, name.lower(), name.upper())):
        for suffix in SUFFIXES:
            if (folder / f"{stem}{suffix}").is_file():
                return folder / f"{stem}{suffix}"
    raise NotFound(f"{folder} holds no structure {name}.", hint=f"Name the file {name}.pdb or {name}.cif.")


def _read_rows(path: Path) -> tuple[list[dict[str, str]], Sequence[str]]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise BadFile(f"{path} cannot be read as CSV: {fault}.") from fault
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise BadFile(f"{path} lacks the column {missing[0]}.", hint=f"It needs {', '.join(NEEDED)}.")
    return [{k: (v or "").strip() for k, v in row.items() if k is not None} for row in rows], columns


def _one_structure(
    folder: Path, name: str, rows: list[dict[str, str]], read: Reader, context: Context, level: float
) -> Iterable[dict[str, Any]]:
    try:
        subject = read(find_structure(folder, name))
        variants: list[Variant | Refused] = [_variant(row) for row in rows]
        table = predict_parsed(
            subject,
            [v for v in variants if isinstance(v, Variant)],
            context=context,
            level=level,
            explain=False,
            keep_faults=True,
        )
    except FoldSightError as fault:
        return [_cells(VariantRow(name, problem=str(fault))) for _ in rows]
    return _in_order(variants, table)


def _in_order(variants: list[Variant | Refused], table: VariantTable) -> list[dict[str, Any]]:
    found = iter(table)
    return [
        _cells(next(found) if isinstance(v, Variant) else VariantRow("", problem=str(v))) for v in variants
    ]


def _variant(row: dict[str, str]) -> Variant | Refused:
    """Read one row; what it says wrongly becomes its problem."""
    try:
        number, code = parse_number(row["resnum"])
        return Variant((Mutation.checked(row["wt"], number, row["mut"], code, row["chain"] or None),))
    except Refused as fault:
        return fault


def _cells(row: VariantRow) -> dict[str, Any]:
    numbers = {"pred": row.ddg_kcal_mol, "low": row.low_kcal_mol, "high": row.high_kcal_mol}
    cells: dict[str, Any] = {k: f"{v:.6f}" if math.isfinite(v) else "" for k, v in numbers.items()}
    return cells | {"effect": row.effect, "warnings": row.warnings, "problem": row.problem}
