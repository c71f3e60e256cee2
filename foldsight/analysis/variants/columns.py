"""Evidence beside the ddG, in columns of its own: conservation and AlphaMissense.

Neither enters the ddG. A ddG says what a change does to folding, conservation what
evolution let stand, AlphaMissense (Cheng et al. 2023) how likely a change is to harm.
Other methods' numbers have columns too, see :mod:`others`.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from foldsight.analysis.variants.sites import AMINO_ACIDS, letter_index
from foldsight.analysis.variants.table import VariantRow, VariantTable
from foldsight.errors import BadFile, BadRequest
from foldsight.prediction import Prediction
from foldsight.residues import THREE_TO_ONE
from foldsight.structure import Structure
from foldsight.typing import Doubles, Ints

#: Sequences more alike than this share one vote.
ALIKE = 0.8
#: Pseudo-counts, as a number of sequences spread like the background.
PSEUDO = 5.0
#: Fewer effective sequences than this say nothing.
LEAST_DEPTH = 5.0
#: Of deeper alignments this many sequences are used.
MOST_SEQUENCES = 2000
#: A chain is the aligned protein when this share of its residues is found there; mutations of
#: the crystallised construct and tags are the rest.
SAME = 0.8
#: Residue frequencies in UniProtKB/Swiss-Prot, in the order of AMINO_ACIDS.
BACKGROUND: Doubles = np.array(
    [8.3, 1.4, 5.5, 6.7, 3.9, 7.1, 2.3, 5.9, 5.8, 9.7, 2.4, 4.1, 4.7, 3.9, 5.5, 6.6, 5.3, 6.9, 1.1, 2.9]
)
_PROTEIN_VARIANT = re.compile(
    rf"^(?:p\.)?([A-Z]|{'|'.join(THREE_TO_ONE)})(\d+)([A-Z]|{'|'.join(THREE_TO_ONE)})$", re.I
)


def add_conservation(table: VariantTable, alignment: str, subject: Structure | Prediction) -> VariantTable:
    """Fill the column ``conservation`` from an alignment.

    Parameters
    ----------
    table : VariantTable
    alignment : str
        A3M or aligned FASTA; the first sequence is the protein. It may be longer than the
        chain, the UniProt sequence for instance; where they match is found here.
    subject : Structure or Prediction
        What the table was computed from.

    Returns
    -------
    VariantTable
        ``conservation`` is ``ln f(wild type) - ln f(mutant)``, > 0 when the wild type is
        the more usual; empty where the alignment is shallow or another residue stands, and
        in chains that are not this protein.

    Raises
    ------
    BadRequest
        When the alignment cannot be read or its first sequence is no chain of the structure.
    """
    sequence, odds = log_odds(alignment)
    place = _places(subject.structure if isinstance(subject, Prediction) else subject, sequence)
    if not place:
        raise BadRequest(
            f"The first sequence of the alignment is no chain of {table.structure}.",
            hint=f"At least {SAME:.0%} of a chain's residues must be found in it, in order.",
        )

    def value(row: VariantRow) -> float:
        at = place.get((row.chain, row.auth_seq, row.ins_code))
        if at is None or sequence[at] != row.wild:
            return math.nan
        return float(odds[at, AMINO_ACIDS.index(row.wild)] - odds[at, AMINO_ACIDS.index(row.mutant)])

    return table.with_column("conservation", [value(row) for row in table])


def _places(structure: Structure, sequence: str) -> dict[tuple[str, int | None, str], int]:
    """Find each residue's position in ``sequence``, in the chains that it describes.

    Numbers may be shifted against the sequence. ``label_seq`` counts missing residues where
    the file says what is missing; author numbers usually do where it does not.
    """
    found: dict[tuple[str, int | None, str], int] = {}
    rows = np.flatnonzero(structure.protein_mask).tolist()
    for chain in structure.auth_chains:
        refs = [(structure.refs[row], str(structure.one_letters[row])) for row in rows]
        refs = [(ref, letter) for ref, letter in refs if ref.chain == chain]
        numberings = (
            [(ref.label_seq, letter) for ref, letter in refs],
            [(None if ref.ins_code else ref.auth_seq, letter) for ref, letter in refs],
        )
        hits, shift, k = max((*_best_shift(pairs, sequence), k) for k, pairs in enumerate(numberings))
        if refs and hits >= SAME * len(refs):
            for (ref, _), (number, _) in zip(refs, numberings[k], strict=True):
                if number is not None and 0 <= number + shift < len(sequence):
                    found[ref.chain, ref.auth_seq, ref.ins_code] = number + shift
    return found


def _best_shift(pairs: Sequence[tuple[int | None, str]], sequence: str) -> tuple[int, int]:
    """Return how many letters match with the best shift of the numbers, and that shift."""
    places: dict[str, list[int]] = {}
    for i, letter in enumerate(sequence):
        places.setdefault(letter, []).append(i)
    votes = Counter(
        at - number for number, letter in pairs if number is not None for at in places.get(letter, ())
    )
    shift, hits = max(votes.items(), key=lambda item: (item[1], -abs(item[0])), default=(0, 0))
    return hits, shift


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

    return table.with_column("alphamissense", [value(row) for row in table])


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
