"""Numbers of other people's methods beside the built-in ddG, each in a column of its own.

The work is in :mod:`adapters`; here their answers find the rows of a table.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from foldsight.analysis.variants.adapters import esm2, thermompnn
from foldsight.analysis.variants.adapters.foldx import FoldX
from foldsight.analysis.variants.parse import Variant, parse_variants
from foldsight.analysis.variants.predict import Context, split
from foldsight.analysis.variants.resolve import chain_mask
from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.analysis.variants.table import VariantRow, VariantTable
from foldsight.prediction import Prediction
from foldsight.structure import Structure
from foldsight.typing import Doubles

#: A residue as rows name it: chain, author number, insertion code.
_Key = tuple[str, int | None, str]


def add_foldx(table: VariantTable, pdb: bytes, foldx: FoldX | None = None) -> VariantTable:
    """Fill the column ``foldx_kcal_mol`` with FoldX, which models every variant.

    Parameters
    ----------
    table : VariantTable
    pdb : bytes
        The structure as a PDB file.
    foldx : FoldX, optional
        By default the one that :meth:`FoldX.find` finds.

    Raises
    ------
    EngineUnavailable, EngineFailed
    BadRequest
        For a variant that FoldX's list cannot hold.
    """
    rows = [i for i, row in enumerate(table) if not row.problem]
    given = (foldx or FoldX.find()).predict(pdb, [_variant(table[i]) for i in rows]) if rows else []
    values = dict(zip(rows, given, strict=True))
    return table.with_column("foldx_kcal_mol", [values.get(i, math.nan) for i in range(len(table))])


def add_thermompnn(
    table: VariantTable, subject: Structure | Prediction, folder: Path, context: Context = "monomer"
) -> VariantTable:
    """Fill the column ``thermompnn_kcal_mol``; a multiple variant gets the sum.

    Parameters
    ----------
    table : VariantTable
    subject : Structure or Prediction
        What the table was computed from.
    folder : Path
        Holds the checkpoint, see :func:`adapters.thermompnn.load`.
    context : {'monomer', 'complex'}
        Whether other chains count as surroundings.

    Raises
    ------
    EngineUnavailable, BadFile
    """
    structure, parameters = split(subject)[0], thermompnn.load(folder)
    found: dict[_Key, Doubles] = {}
    for chain in _chains(table):
        own = chain_mask(structure, [chain])
        around = own if context == "monomer" else structure.protein_mask
        rows, ddg = thermompnn.predict(structure, around, parameters)
        found |= {_key(structure, row): ddg[i] for i, row in enumerate(rows.tolist()) if own[row]}
    return table.with_column("thermompnn_kcal_mol", _looked_up(table, found))


def add_esm2(table: VariantTable, subject: Structure | Prediction, checkpoint: Path) -> VariantTable:
    """Fill the column ``esm2_nats``: how unusual a change looks to a language model; no ddG.

    The sequence is that of the residues with coordinates. A multiple variant gets the sum.

    Parameters
    ----------
    table : VariantTable
    subject : Structure or Prediction
        What the table was computed from.
    checkpoint : Path
        See :func:`adapters.esm2.load`.

    Raises
    ------
    EngineUnavailable, BadFile
    """
    structure, (network, alphabet) = split(subject)[0], esm2.load(checkpoint)
    found: dict[_Key, Doubles] = {}
    for chain in _chains(table):
        rows = np.flatnonzero(chain_mask(structure, [chain]) & structure.protein_mask).tolist()
        letters = [str(structure.one_letters[row]) for row in rows]
        sequence = "".join(letter if letter in AMINO_ACIDS else "X" for letter in letters)
        scores = esm2.masked_marginals(network, alphabet, sequence)
        found |= {_key(structure, row): scores[i] for i, row in enumerate(rows)}
    return table.with_column("esm2_nats", _looked_up(table, found))


def _variant(row: VariantRow) -> Variant:
    """Read back what the column ``variant`` names; every change in it has a chain."""
    return parse_variants([row.variant])[0]


def _chains(table: VariantTable) -> list[str]:
    named = [mutation.chain for row in table if not row.problem for mutation in _variant(row).mutations]
    return list(dict.fromkeys(chain for chain in named if chain is not None))


def _key(structure: Structure, row: int) -> _Key:
    ref = structure.refs[row]
    return ref.chain, ref.auth_seq, ref.ins_code


def _looked_up(table: VariantTable, found: dict[_Key, Doubles]) -> list[float]:
    """Sum what was found over the changes of each row; NaN where a residue is missing."""

    def value(row: VariantRow) -> float:
        each = [(found.get((m.chain or "", m.number, m.ins_code)), m.mutant) for m in _variant(row).mutations]
        return sum(math.nan if v is None else float(v[AMINO_ACIDS.index(mutant)]) for v, mutant in each)

    return [math.nan if row.problem else value(row) for row in table]
