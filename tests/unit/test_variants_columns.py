"""Conservation and AlphaMissense: columns of their own, never part of the ddG."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from foldsight.analysis.variants.columns import add_alphamissense, add_conservation, log_odds
from foldsight.analysis.variants.predict import predict_variants
from foldsight.analysis.variants.sites import AMINO_ACIDS
from foldsight.analysis.variants.table import VariantTable
from foldsight.errors import BadFile, BadRequest
from foldsight.library import Library
from foldsight.structure import Structure

#: Hand-made in the shape of AlphaFold DB's file.
ALPHAMISSENSE = "protein_variant,am_pathogenicity,am_class\nI30A,0.91,LPath\nK48E,0.125,LBen\n"


@pytest.fixture(scope="module")
def ubiquitin() -> Structure:
    return Library.open().structure("1ubi")


@pytest.fixture(scope="module")
def table(ubiquitin: Structure) -> VariantTable:
    residues = ubiquitin.residues
    numbered = replace(ubiquitin, residues=replace(residues, uniprot=residues.auth_seq.astype(np.int32)))
    return predict_variants(numbered, "I30A K48E L50V", explain=False)


def test_alphamissense_goes_by_uniprot_number(table: VariantTable, ubiquitin: Structure) -> None:
    filled = add_alphamissense(table, ALPHAMISSENSE)
    assert [row.alphamissense for row in filled][:2] == [0.91, 0.125]
    assert math.isnan(filled[2].alphamissense)
    assert [row.ddg_kcal_mol for row in filled] == [row.ddg_kcal_mol for row in table]
    unnumbered = predict_variants(ubiquitin, "I30A", explain=False)
    if unnumbered[0].uniprot is None:
        assert math.isnan(add_alphamissense(unnumbered, ALPHAMISSENSE)[0].alphamissense)


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", ALPHAMISSENSE + "I30,0.2,x\n", ALPHAMISSENSE + "I31A,7,x\n"]
)
def test_broken_tables_are_refused(table: VariantTable, text: str) -> None:
    with pytest.raises(BadFile):
        add_alphamissense(table, text)


def alignment(ubiquitin: Structure) -> str:
    """Twenty relatives that all keep isoleucine 30, half of them with glutamate for lysine 48."""
    query = ubiquitin.protein_sequences()["A"]
    rng = np.random.default_rng(0)
    rows = [query]
    for k in range(20):
        letters = [c if rng.random() < 0.6 else str(rng.choice(list(AMINO_ACIDS))) for c in query]
        letters[29], letters[47] = "I", "KE"[k % 2]
        rows.append("".join(letters) + ("" if k else "gg"))
    return "".join(f">{i}\n{row}\n" for i, row in enumerate(rows))


def test_conservation_follows_the_alignment(table: VariantTable, ubiquitin: Structure) -> None:
    filled = add_conservation(table, alignment(ubiquitin), ubiquitin)
    assert filled[0].conservation > 2.0
    assert abs(filled[1].conservation) < 0.5


def test_the_aligned_protein_may_be_longer_than_the_chain(table: VariantTable, ubiquitin: Structure) -> None:
    plain = add_conservation(table, alignment(ubiquitin), ubiquitin)
    longer = re.sub(r"(>\d+\n)", r"\1MWWK", alignment(ubiquitin))
    filled = add_conservation(table, longer, ubiquitin)
    assert [row.conservation for row in filled] == [row.conservation for row in plain]


def test_the_alignment_of_another_protein_is_refused(table: VariantTable, ubiquitin: Structure) -> None:
    with pytest.raises(BadRequest, match="no chain of 1ubi"):
        add_conservation(table, alignment(Library.open().structure("1hpv")), ubiquitin)


def test_a_shallow_alignment_says_nothing(ubiquitin: Structure) -> None:
    _, odds = log_odds(">a\nMQIF\n>b\nMQIF\n")
    assert np.isnan(odds).all()


@pytest.mark.parametrize(
    ("text", "fault"), [("", "no sequence"), (">a\nMQ\n>b\nM\n", "Sequence 2 .* 1 columns, not 2")]
)
def test_broken_alignments_are_refused(text: str, fault: str) -> None:
    with pytest.raises(BadRequest, match=fault):
        log_odds(text)
