"""What a prediction of variants gives back: plain rows, and a DataFrame when asked.

Sign everywhere: ddG in kcal/mol, > 0 destabilises. A ddG is about folding; it is never a
score of how a variant affects a person's health.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.typing import Doubles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SIGN = "ddG in kcal/mol, > 0 destabilises"
#: Lower edge of each band and its word, as `effect` prints them.
EFFECTS = (
    (2.0, "strongly destabilising"),
    (1.0, "destabilising"),
    (0.5, "slightly destabilising"),
    (-0.5, "neutral"),
    (-math.inf, "stabilising"),
)


def effect(ddg: float) -> str:
    """Return the word for a ddG in kcal/mol; ``""`` for NaN.

    >>> effect(2.3), effect(0.1), effect(-0.8)
    ('strongly destabilising', 'neutral', 'stabilising')
    """
    return next((word for edge, word in EFFECTS if ddg >= edge), "")


@dataclass(frozen=True)
class VariantRow:
    """One variant and what is said about it; the fields are the columns of the table.

    Attributes
    ----------
    variant : str
        Chain, wild type, author number with insertion code, mutant; joined by ``+``.
    chain, auth_seq, ins_code, label_seq, uniprot, wild, mutant
        The residue, when there is one; empty for a multiple variant.
    ddg_kcal_mol : float
        > 0 destabilises. NaN when there is a ``problem``.
    effect : str
        The word for it, see :data:`EFFECTS`.
    low_kcal_mol, high_kcal_mol : float
        Interval that holds the measured value as often as ``VariantTable.level`` says;
        NaN for a method without calibration.
    additive : bool
        Sum of single changes; no coupling between them is computed.
    context : str
        ``monomer`` or ``complex``: which residues made the surroundings.
    secondary_structure : str
        ``H``, ``E`` or ``C``.
    burial : float
        Share of the directions from CB that other residues block, 0-1.
    clash_overlap_a : float
        Worst overlap in Å of the mutant's least clashing rotamer; 0 when none exceeds 0.4.
    clash_with, contacts_lost, hydrogen_bonds_lost, salt_bridges_lost
        What the best rotamer touches; what the wild type's side chain had and it has not.
    flags, warnings, notes, problem : str
        Sentences or words joined by ``; ``.
    conservation, alphamissense : float
        Columns of their own, NaN where not given; never part of the ddG.
    foldx_kcal_mol, thermompnn_kcal_mol, esm2_nats : float
        What other methods say, > 0 destabilising or less usual; NaN where not asked.
    """

    variant: str
    ddg_kcal_mol: float = math.nan
    effect: str = ""
    low_kcal_mol: float = math.nan
    high_kcal_mol: float = math.nan
    additive: bool = False
    chain: str = ""
    auth_seq: int | None = None
    ins_code: str = ""
    label_seq: int | None = None
    uniprot: int | None = None
    wild: str = ""
    mutant: str = ""
    context: str = ""
    secondary_structure: str = ""
    burial: float = math.nan
    clash_overlap_a: float = math.nan
    clash_with: str = ""
    contacts_lost: int | None = None
    hydrogen_bonds_lost: str = ""
    salt_bridges_lost: str = ""
    flags: str = ""
    warnings: str = ""
    notes: str = ""
    problem: str = ""
    conservation: float = math.nan
    alphamissense: float = math.nan
    foldx_kcal_mol: float = math.nan
    thermompnn_kcal_mol: float = math.nan
    esm2_nats: float = math.nan


#: Fields that are shown where any row has them, with what a printed column is called.
BESIDE = {
    "conservation": "conservation",
    "alphamissense": "AlphaMissense",
    "foldx_kcal_mol": "FoldX kcal/mol",
    "thermompnn_kcal_mol": "ThermoMPNN kcal/mol",
    "esm2_nats": "ESM-2 nats",
}


@dataclass(frozen=True, eq=False)
class VariantTable:
    """Predicted ddG of variants of one structure.

    Attributes
    ----------
    rows : tuple of VariantRow
        In the order in which the variants were given; a scan goes by residue, then by
        mutant in the order ``ACDEFGHIKLMNPQRSTVWY``.
    structure : str
        Name of the structure.
    method : str
        What computed the numbers, with its version.
    typical_error : float
        Root-mean-square error in kcal/mol on proteins not seen in training; NaN where
        it is not known.
    level : float
        Stated coverage of the intervals, 0-1.
    """

    rows: tuple[VariantRow, ...]
    structure: str
    method: str
    typical_error: float = math.nan
    level: float = 0.8
    facts: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[VariantRow]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> VariantRow:
        return self.rows[index]

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame, one column per field of :class:`VariantRow`."""
        import pandas as pd

        table = pd.DataFrame([asdict(row) for row in self.rows], columns=[f.name for f in fields(VariantRow)])
        for name in ("auth_seq", "label_seq", "uniprot", "contacts_lost"):
            table[name] = table[name].astype("Int64")
        table.attrs.update(sign=SIGN, method=self.method, structure=self.structure, level=self.level)
        return table

    def with_column(self, name: str, values: Sequence[float]) -> VariantTable:
        """Return the table with one of the fields of :data:`BESIDE` filled."""
        change: Callable[..., VariantRow] = replace
        rows = (change(row, **{name: value}) for row, value in zip(self.rows, values, strict=True))
        return replace(self, rows=tuple(rows))

    @property
    def beside(self) -> list[str]:
        """The fields of :data:`BESIDE` that any row has."""
        return [name for name in BESIDE if any(math.isfinite(getattr(row, name)) for row in self.rows)]

    def matrix(self) -> tuple[list[str], Doubles]:
        """Return the heat map of single changes.

        Returns
        -------
        residues : list of str, length L
            ``A:25`` and so on, in file order.
        ddg : ndarray, shape=(L, 20), dtype=float64
            kcal/mol, > 0 destabilises, in the order ``ACDEFGHIKLMNPQRSTVWY``; 0 for the
            wild type, NaN where nothing was computed.
        """
        singles = [row for row in self.rows if row.auth_seq is not None]
        names = list(dict.fromkeys(_residue_name(row) for row in singles))
        place = {name: i for i, name in enumerate(names)}
        ddg = np.full((len(names), len(AMINO_ACIDS)), np.nan)
        for row in singles:
            i = place[_residue_name(row)]
            ddg[i, AMINO_ACIDS.index(row.mutant)] = row.ddg_kcal_mol
            ddg[i, AMINO_ACIDS.index(row.wild)] = 0.0
        return names, ddg

    def by_residue(self) -> dict[str, dict[str, float]]:
        """Return mean, least and greatest ddG of each residue, for tracks and colours."""
        names, ddg = self.matrix()
        found = {}
        for name, values in zip(names, ddg, strict=True):
            known = values[np.isfinite(values) & (values != 0)]
            if len(known):
                found[name] = {"mean": known.mean(), "min": known.min(), "max": known.max()}
        return {name: {k: round(float(v), 4) for k, v in each.items()} for name, each in found.items()}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as JSON values; NaN becomes ``None``."""
        return [{k: _json(v) for k, v in asdict(row).items()} for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        """Return the whole table as JSON values."""
        return {
            "structure": self.structure,
            "method": self.method,
            "sign": SIGN,
            "typical_error_kcal_mol": _json(self.typical_error),
            "interval_level": self.level,
            "facts": self.facts,
            "rows": self.to_dicts(),
        }

    def write_csv(self, path: str | Path) -> None:
        """Write the rows as CSV, NaN as an empty cell."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [f.name for f in fields(VariantRow)])
            writer.writeheader()
            writer.writerows(self.to_dicts())

    def heat_map(self) -> Figure:
        """Draw the single changes; see :func:`foldsight.analysis.variants.heatmap.heat_map`."""
        from foldsight.analysis.variants.heatmap import heat_map

        return heat_map(self)

    def __str__(self) -> str:
        lines = [f"{self.structure}: {SIGN} ({self.method})"]
        lines += [_line(row) for row in self.rows[:20]]
        if len(self.rows) > 20:
            lines.append(f"... {len(self.rows) - 20} more rows")
        if math.isfinite(self.typical_error):
            lines.append(
                f"Typical error {self.typical_error:.1f} kcal/mol; "
                f"the brackets hold {self.level:.0%} of measured values."
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<VariantTable {self.structure}: {len(self.rows)} variants, {SIGN}>"

    def _repr_html_(self) -> str:
        note = f"<p>{self.structure}: {SIGN}; {self.method}</p>".replace("> 0", "&gt; 0")
        columns = ["variant", "ddg_kcal_mol", "effect", "low_kcal_mol", "high_kcal_mol"]
        shown = self.frame[[*columns, *self.beside, "flags", "warnings", "notes", "problem"]].round(2)
        return note + shown.to_html(index=False, max_rows=40)


def _line(row: VariantRow) -> str:
    if row.problem:
        return f"  {row.variant:<16} {row.problem}"
    interval = (
        f"[{row.low_kcal_mol:+.2f}, {row.high_kcal_mol:+.2f}]" if math.isfinite(row.low_kcal_mol) else ""
    )
    extra = "; ".join(text for text in ("additive" if row.additive else "", row.flags, row.warnings) if text)
    return f"  {row.variant:<16} {row.ddg_kcal_mol:+.2f} {interval:<16} {row.effect:<23} {extra}".rstrip()


def _residue_name(row: VariantRow) -> str:
    return f"{row.chain}:{row.auth_seq}{row.ins_code}"


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
