"""Reading FASTA: what is accepted, what is refused, and how faults are named."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldsight.errors import BadSequence, NotFound, Refused
from foldsight.io.fasta import MAX_BYTES, read_fasta
from foldsight.sequence import ALPHABET, Query

GOOD = "MKTAYIAKQRQISFVKSHFSRQ"


def test_many_records_in_order() -> None:
    queries = read_fasta(f">one first\n{GOOD}\n>two\n{GOOD[:11]}\n{GOOD[11:]}\n")
    assert [(q.name, q.chains) for q in queries] == [("one", (GOOD,)), ("two", (GOOD,))]


def test_uniprot_headers_give_the_entry_name() -> None:
    assert read_fasta(f">sp|P04637|P53_HUMAN Cellular tumor antigen\n{GOOD}")[0].name == "P53_HUMAN"


def test_chains_join_by_colon_even_across_lines() -> None:
    (query,) = read_fasta(f">dimer\n{GOOD}:\n{GOOD[:12]}\n{GOOD[12:]}\n")
    assert query.chains == (GOOD, GOOD)
    assert query.sequence == f"{GOOD}:{GOOD}"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind(end: str) -> None:
    (query,) = read_fasta(end.join([">a", GOOD[:10], "", GOOD[10:], ""]).encode())
    assert query.chains == (GOOD,)


def test_lower_case_spaces_blank_lines_and_bom() -> None:
    (query,) = read_fasta(f"\ufeff>a\n\n  {GOOD[:10].lower()} {GOOD[10:]}\n\n".encode())
    assert query.chains == (GOOD,)
    assert query.notes == ()


@pytest.mark.parametrize("tail", ["*", "*\n\n", "\n*\n", "**"])
def test_trailing_stop_is_dropped_with_a_note(tail: str) -> None:
    (query,) = read_fasta(f">a\n{GOOD}{tail}")
    assert query.chains == (GOOD,)
    assert len(query.notes) == 1
    assert "stop (*)" in query.notes[0]


def test_gzip_file(tmp_path: Path) -> None:
    path = tmp_path / "x.fasta.gz"
    path.write_bytes(gzip.compress(f">a\n{GOOD}\n".encode()))
    assert read_fasta(path)[0].chains == (GOOD,)


def test_comment_lines_are_dropped_with_a_note() -> None:
    (query,) = read_fasta(f">a\n; checked by hand\n{GOOD}\n")
    assert query.chains == (GOOD,)
    assert "comment on line 2" in query.notes[0]


def test_a_nameless_header_gets_a_name_and_a_note() -> None:
    (query,) = read_fasta(f">\n{GOOD}\n")
    assert query.name == "record-1"
    assert "no name" in query.notes[0]


BAD_LETTERS = [("-", "alignment gap"), (".", "alignment gap"), ("X", "unknown"), ("U", "selenocysteine"),
               ("B", "Asp or Asn"), ("Z", "Glu or Gln"), ("J", "Leu or Ile"), ("O", "pyrrolysine"),
               ("7", "digit"), ("é", "not an amino acid"), ("*", "stop")]  # fmt: skip


@pytest.mark.parametrize(("letter", "word"), BAD_LETTERS)
def test_a_bad_letter_is_named_with_its_place(letter: str, word: str) -> None:
    text = f">ok\n{GOOD}\n>bad\n{GOOD[:10]}\n{GOOD[:4]}{letter}{GOOD[4:]}\n"
    with pytest.raises(BadSequence) as caught:
        read_fasta(text, name="two.fasta")
    error = caught.value
    assert word in error.message
    assert "two.fasta, record 2 (bad), line 5" in error.message
    assert (error.details["record"], error.details["line"], error.details["column"]) == (2, 5, 5)
    assert error.details["residue"] == 15
    assert error.hint


def test_the_residue_counts_within_its_chain() -> None:
    with pytest.raises(BadSequence) as caught:
        read_fasta(f">a\n{GOOD}:{GOOD[:10]}X\n")
    assert caught.value.details["residue"] == 11
    assert caught.value.details["column"] == len(GOOD) + 12


def test_inner_stop_names_the_stop_not_what_follows() -> None:
    with pytest.raises(BadSequence, match="is a stop") as caught:
        read_fasta(f">a\n{GOOD}*\n{GOOD}\n")
    assert (caught.value.details["line"], caught.value.details["column"]) == (2, len(GOOD) + 1)


REFUSED = {
    "empty": (b"", "empty"),
    "only blank lines": (b"\n \n\r\n", "empty"),
    "only a comment": (b"; nothing\n", "empty"),
    "no header": (GOOD.encode() + b"\n", "before any header"),
    "header only": (b">lonely\n", "no residues"),
    "empty second record": (b">a\n" + GOOD.encode() + b"\n>b\n>c\n", "record 2"),
    "empty chain": (b">a\n" + GOOD.encode() + b":\n", "chain 2 has no residues"),
    "too short": (b">a\nMKT\n", "too short"),
    "2001 residues": (b">a\n" + b"A" * 2001, "2,001 residues; the limit is 2,000"),
    "2001 over two chains": (b">a\n" + b"A" * 1000 + b":" + b"G" * 1001, "2,001 residues"),
    "10 MB of one line": (b">a\n" + b"A" * 10_000_000, "10,000,000 residues"),
    "binary junk": (bytes(range(256)) * 8, "not text"),
    "NUL in a sequence": (b">a\nMKTA\x00YIAKQR\n", "not text"),
    "UTF-16": (">a\nMKTAYIAKQR\n".encode("utf-16"), "UTF-16"),
    "truncated gzip": (gzip.compress(b">a\n" + GOOD.encode() * 60)[:-12], "ends too early"),
    "damaged gzip": (b"\x1f\x8b\x08\x00" + b"\xff" * 40, "damaged gzip"),
    "gzip bomb": (gzip.compress(b">a\n" + b"A" * (MAX_BYTES + 10)), "unpacks to more than"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    data, words = REFUSED[case]
    path = tmp_path / "input.fasta"
    path.write_bytes(data)
    with pytest.raises(BadSequence) as caught:
        read_fasta(path)
    assert words in caught.value.message
    assert "input.fasta" in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200


def test_2000_residues_are_accepted() -> None:
    assert len(read_fasta(b">a\n" + b"A" * 2000)[0]) == 2000


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        read_fasta(tmp_path / "nowhere.fasta")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSequence, match="folder"):
        read_fasta(tmp_path)


@given(st.binary(max_size=400))
def test_any_bytes_give_queries_or_a_refusal(data: bytes) -> None:
    try:
        queries = read_fasta(data)
    except Refused:
        return
    assert all(set("".join(q.chains)) <= set(ALPHABET) for q in queries)


@given(st.lists(st.text(ALPHABET, min_size=10, max_size=50), min_size=1, max_size=3), st.integers(5, 30))
def test_wrapping_does_not_matter(chains: list[str], width: int) -> None:
    joined = ":".join(chains)
    wrapped = "\n".join(joined[i : i + width] for i in range(0, len(joined), width))
    assert read_fasta(f">a\n{wrapped}\n")[0].chains == Query.of(joined).chains == tuple(chains)
