"""Annotations in other numberings and other formats."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from foldsight.annotation import Annotation, anchor
from foldsight.annotation.formats import from_csv, from_gff3, from_uniprot, to_csv, to_gff3, to_uniprot
from foldsight.annotation.remap import remap
from foldsight.errors import BadFile, BadRequest
from foldsight.structure import Structure
from tests.samples import helices

ADA = ("ada", "Ada")
SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEV"
PAIR = helices({"A": SEQUENCE, "B": "GSHMLEDP"}, first=24)


def with_uniprot(structure: Structure, offset: int) -> Structure:
    table = replace(structure.residues, uniprot=(structure.residues.label_seq + offset).astype(np.int32))
    return replace(structure, residues=table)


def notes() -> list[Annotation]:
    return [
        Annotation.new(
            anchor("A:25-27,B:26", PAIR), 'a; b="c"\n50 % d', ADA, label="site; 1", kind="active site"
        ),
        Annotation.new(anchor("B:", PAIR), "", ADA, layer="mine", resolved=True),
    ]


def essence(annotation: Annotation) -> tuple[object, ...]:
    return (annotation.ranges, annotation.text, annotation.label, annotation.kind, annotation.colour,
            annotation.layer, annotation.resolved)  # fmt: skip


@pytest.mark.parametrize(("write", "read"), [(to_csv, from_csv), (to_gff3, from_gff3)])
def test_what_is_written_is_read_back(write: object, read: object) -> None:
    made, problems = read(write(notes()), PAIR, ADA)  # type: ignore[operator]
    assert problems == []
    assert list(map(essence, made)) == list(map(essence, notes()))


def test_uniprot_features_go_by_uniprot_positions() -> None:
    known = with_uniprot(PAIR, 100)
    made = Annotation.new(anchor("A:25-27", known), "", ADA, kind="active site", label="D25")
    written = json.loads(to_uniprot([made]))["features"][0]
    assert written["location"]["start"]["value"] == 102
    assert written["type"] == "Active site"
    read, problems = from_uniprot(json.dumps({"features": [written]}), known, ADA)
    assert (read[0].residues, read[0].kind, read[0].label) == ("A:25-27,B:25-27", "active site", "D25")
    assert problems == []
    with pytest.raises(BadRequest, match="no UniProt positions"):
        from_uniprot(json.dumps({"features": []}), PAIR, ADA)


def test_what_cannot_be_placed_is_told_and_the_rest_is_read() -> None:
    made, problems = from_csv("residues,label\nA:25,x\nA:900,y\nA:26,z\n", PAIR, ADA)
    assert [item.label for item in made] == ["x", "z"]
    assert problems == ["Entry 2: No residue matches A:900. The chains are A, B."]
    _, problems = from_gff3("A\tx\n", PAIR, ADA)
    assert problems == ["Line 1 has 2 columns, not 9."]


@pytest.mark.parametrize(
    ("read", "text"), [(from_csv, "chain,start\nA,1\n"), (from_uniprot, "[]"), (from_uniprot, "x")]
)
def test_a_file_of_another_kind_is_refused(read: object, text: str) -> None:
    with pytest.raises(BadFile):
        read(text, PAIR, ADA)  # type: ignore[operator]


def moved(annotation: Annotation, target: Structure, source: Structure | None = None) -> str:
    found, lost = remap([annotation], target, source)
    return found[0].residues if found else lost[0][1]


def test_residues_are_found_again_under_other_author_numbers() -> None:
    renumbered = helices({"A": SEQUENCE, "B": "GSHMLEDP"}, first=501)
    assert moved(notes()[0], renumbered) == "A:502-504,B:503"


def test_residues_are_found_again_in_a_construct_with_a_tag() -> None:
    tagged = helices({"X": "GSHMGS" + SEQUENCE})
    one = helices({"A": SEQUENCE}, first=24)
    annotation = Annotation.new(anchor("A:30-33", one), "", ADA)
    assert moved(annotation, tagged, one) == "X:13-16"
    mutant = helices({"X": "GSHMGS" + SEQUENCE[:7] + "W" + SEQUENCE[8:]})
    assert moved(annotation, mutant, one) == "X:13-16"


def test_uniprot_positions_decide_where_both_have_them() -> None:
    here, there = with_uniprot(PAIR, 100), with_uniprot(helices({"A": SEQUENCE[5:]}, first=1), 105)
    annotation = Annotation.new(anchor("A:30-33", here), "", ADA)
    assert moved(annotation, there) == "A:2-5"


def test_bare_numbers_never_decide() -> None:
    other = helices({"A": "WWWWWWWWWWWWWWWWWWWW"}, first=24)
    assert moved(notes()[0], other) == "None of A:25-27,B:26 is in the structure."
    assert moved(notes()[0], other, PAIR) == "None of A:25-27,B:26 is in the structure."


def test_a_part_that_is_missing_is_left_out() -> None:
    short = helices({"A": SEQUENCE[:10]}, first=24)
    assert moved(Annotation.new(anchor("A:31-40", PAIR), "", ADA), short, PAIR) == "A:31-33"
