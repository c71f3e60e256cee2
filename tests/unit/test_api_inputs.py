"""Whatever a person has at hand becomes queries, or is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foldsight.api.inputs import queries_of
from foldsight.errors import BadRequest, BadSequence, NotFound
from foldsight.sequence import Query

SEQUENCE = "MQIFVKTLTGKTITLEVEPS"


class Record:
    """Looks like Biopython's SeqRecord."""

    id = "record"
    seq = SEQUENCE


@pytest.mark.parametrize(
    ("anything", "names"),
    [
        (SEQUENCE, ["query"]),
        (f"  {SEQUENCE.lower()}\n", ["query"]),
        (f"{SEQUENCE}:{SEQUENCE}", ["query"]),
        (f"{SEQUENCE[:10]}\n{SEQUENCE[10:]}", ["query"]),
        (f">a\n{SEQUENCE}\n>b\n{SEQUENCE}", ["a", "b"]),
        (f"\ufeff>a\n{SEQUENCE}".encode(), ["a"]),
        (Query.of(SEQUENCE, "q"), ["q"]),
        ([Query.of(SEQUENCE, "q"), f">a\n{SEQUENCE}", (Record(),)], ["q", "a", "record"]),
        (Record(), ["record"]),
    ],
)
def test_what_is_accepted(anything: Any, names: list[str]) -> None:
    queries = queries_of(anything)
    assert [query.name for query in queries] == names
    assert all(set(query.chains) == {SEQUENCE} for query in queries)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_is_read(tmp_path: Path, kind: type) -> None:
    path = tmp_path / "x.fasta"
    path.write_text(f">a\n{SEQUENCE}\n")
    assert queries_of(kind(path))[0].name == "a"


def test_a_file_without_suffix_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sequences").write_text(f">a\n{SEQUENCE}\n")
    assert queries_of("sequences")[0].name == "a"


def test_a_name_is_given_to_one_alone() -> None:
    assert queries_of(SEQUENCE, name="mine")[0].name == "mine"
    with pytest.raises(BadRequest, match="One name cannot serve 2"):
        queries_of([SEQUENCE, SEQUENCE], name="mine")


@pytest.mark.parametrize(
    ("anything", "error", "fault"),
    [
        ("", BadSequence, "empty"),
        ([], BadRequest, "no sequence to fold"),
        (7, BadRequest, "A int cannot be folded"),
        ("missing.fasta", NotFound, "no file missing.fasta"),
        ("~/missing.fa.gz", NotFound, "missing.fa.gz"),
        ("protease", BadSequence, "Nor is there a file 'protease'"),
        ("nowhere:P04637", BadRequest, "no database 'nowhere'"),
        (SEQUENCE[:5], BadSequence, "too short"),
        (">a\n>b\n", BadSequence, "no residues"),
    ],
)
def test_what_is_refused(anything: Any, error: type[Exception], fault: str) -> None:
    with pytest.raises(error, match=fault):
        queries_of(anything)
