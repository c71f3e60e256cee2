"""Evidence beside the ddG, in columns of its own: conservation and AlphaMissense.

Neither enters the ddG. A ddG says what a change does to folding, conservation what
evolution let stand, AlphaMissense (Cheng et al. 2023) how likely a change is to harm.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from foldsight.analysis.variants.sites import AMINO_ACIDS, letter_index
from foldsight.analysis.variants.table import VariantRow, VariantTable
from foldsight.errors import BadFile, BadRequest
from foldsight.residues import THREE_TO_ONE
from foldsight.typing import Doubles, Ints

#: Sequences more alike than this share one vote.
ALIKE = 0.8
#: Pseudo-counts, as a number of sequences spread like the background.
PSEUDO = 5.0
#: Fewer effective sequences than this say nothing.
LEAST_DEPTH = 5.0
#: Of deeper alignments this many sequences are used.
MOST_SEQUENCES = 2000
#: Residue frequencies in UniProtKB/Swiss-Prot, in the order of AMINO_ACIDS.
BACKGROUND: Doubles = np.array(
    [8.3, 1.4, 5.5, 6.7, 3.9, 7.1, 2.3, 5.9, 5.8, 9.7, 2.4, 4.1, 4.7, 3.9, 5.5, 6.6, 5.3, 6.9, 1.1, 2.9]
)
_PROTEIN_VARIANT = re.compile(
    rf"^(?:p\.)?([A-Z]|{'|'.join(THREE_TO_ONE)})(\d+)([A-Z]|{'|'.join(THREE_TO_ONE)})$", re.I
)


def add_conservation(table: VariantTable, alignment: str, offset: int = 0) -> VariantTable:
    """Fill the column ``conservation`` from an alignment.

    Parameters
    ----------
    table : VariantTable
    alignment : str
        A3M or aligned FASTA; the first sequence is the protein, its residues numbered
        like ``label_seq`` of the structure.
    offset : int
        Added to ``label_seq`` to give the position in the first sequence.

    Returns
    -------
    VariantTable
        ``conservation`` is ``ln f(wild type) - ln f(mutant)``, > 0 when the wild type is
        the more usual; empty where the alignment is shallow or another residue stands.
    """
    sequence, odds = log_odds(alignment)

    def value(row: VariantRow) -> float:
        place = -1 if row.label_seq is None else row.label_seq + offset - 1
        if not 0 <= place < len(sequence) or sequence[place] != row.wild:
            return math.nan
        return float(odds[place, AMINO_ACIDS.index(row.wild)] - odds[place, AMINO_ACIDS.index(row.mutant)])

    return _filled(table, "conservation", value)


def add_alphamissense(table: VariantTable, text: str) -> VariantTable:
    """Fill the column ``alphamissense`` from the CSV of AlphaFold DB.

    Parameters
    ----------
    table : VariantTable
        Its rows need UniProt numbers.
    text : str
        Columns ``protein_variant`` (``M1A``) and ``am_pathogenicity`` (0-1).
    """
    scores = read_alphamissense(text)

    def value(row: VariantRow) -> float:
        return math.nan if row.uniprot is None else scores.get((row.wild, row.uniprot, row.mutant), math.nan)

    return _filled(table, "alphamissense", value)


def read_alphamissense(text: str) -> dict[tuple[str, int, str], float]:
    """Read AlphaMissense scores by wild type, UniProt position and mutant.

    Raises
    ------
    BadFile
    """
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    reader = csv.DictReader(io.StringIO("\n".join(lines)))
    if not {"protein_variant", "am_pathogenicity"} <= set(reader.fieldnames or ()):
        raise BadFile(
            "This is no AlphaMissense table.", hint="It needs protein_variant and am_pathogenicity."
        )
    found = {}
    for row in reader:
        match = _PROTEIN_VARIANT.match(row["protein_variant"] or "")
        try:
            score = float(row["am_pathogenicity"])
        except (TypeError, ValueError):
            score = math.nan
        if match is None or not 0 <= score <= 1:
            raise BadFile(f"AlphaMissense line {reader.line_num} is broken: {row['protein_variant']!r}.")
        wild, mutant = (THREE_TO_ONE.get(word.upper(), word.upper()) for word in match.group(1, 3))
        found[wild, int(match[2]), mutant] = score
    return found


def log_odds(alignment: str) -> tuple[str, Doubles]:
    """Return the first sequence and the log-frequency of each type at each of its residues.

    Returns
    -------
    sequence : str, length L
    log_frequency : ndarray, shape=(L, 20), dtype=float64
        NaN at columns with fewer than five effective sequences.
    """
    sequence, rows = _read_alignment(alignment)
    # Evenly taken from a deep alignment, whose order is by likeness to the first.
    rows = rows[:: -(-len(rows) // MOST_SEQUENCES)]
    columns = np.stack([letter_index(row) for row in rows])
    weights = _weights(columns)
    counts = np.stack([((columns == k) * weights[:, None]).sum(axis=0) for k in range(20)], axis=1)
    depth = counts.sum(axis=1, keepdims=True)
    background = BACKGROUND / BACKGROUND.sum()
    frequency = (counts + PSEUDO * background) / (depth + PSEUDO)
    return sequence, np.where(depth < LEAST_DEPTH, np.nan, np.log(frequency))


def _read_alignment(text: str) -> tuple[str, list[str]]:
    """Return the first sequence without gaps, and all rows at its residues."""
    records = ["".join(part.splitlines()[1:]) for part in text.split(">")[1:]]
    # A3M writes insertions in lower case; without them every row is as long as the first.
    rows = [re.sub(r"[a-z.\s]", "", record) for record in records]
    if not rows or not rows[0]:
        raise BadRequest("The alignment has no sequence.", hint="Give A3M or aligned FASTA.")
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(rows[0])), None)
    if wrong is not None:
        raise BadRequest(
            f"Sequence {wrong + 1} of the alignment has {len(rows[wrong])} columns, not {len(rows[0])}.",
            hint="Give A3M or aligned FASTA.",
        )
    keep = [i for i, letter in enumerate(rows[0]) if letter != "-"]
    kept = ["".join(row[i] for i in keep) for row in rows]
    return kept[0], kept


def _weights(columns: Ints) -> Doubles:
    """Give each sequence one over the number of sequences like it."""
    known = columns < len(AMINO_ACIDS)
    found = np.empty(len(columns))
    for i, row in enumerate(columns):
        both = known & known[i]
        same = ((columns == row) & both).sum(axis=1)
        found[i] = 1 / max(1, int((same >= ALIKE * np.maximum(both.sum(axis=1), 1)).sum()))
    return found


def _filled(table: VariantTable, name: str, value: Callable[[VariantRow], float]) -> VariantTable:
    if name == "conservation":
        rows = tuple(replace(row, conservation=value(row)) for row in table.rows)
    else:
        rows = tuple(replace(row, alphamissense=value(row)) for row in table.rows)
    return replace(table, rows=rows)
