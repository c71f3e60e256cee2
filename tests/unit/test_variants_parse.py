"""Reading variants: every notation, and a reason for each refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldsight.analysis.variants.parse import (
    Mutation,
    Scan,
    Variant,
    parse_mutation,
    parse_number,
    parse_request,
)
from foldsight.errors import BadRequest

LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def words(request: str | list[str]) -> list[str]:
    found = parse_request(request)
    assert not isinstance(found, Scan)
    return [str(variant) for variant in found]


@pytest.mark.parametrize(
    "text",
    ["R175H", "r175h", "p.R175H", "p.Arg175His", "p.(Arg175His)", "Arg175His", "ARG175HIS",
     "NP_000537.3:p.Arg175His",
     "NP_000537.3:p.(R175H)", "P04637:R175H", "P04637 R175H", "A0A024R161:p.R175H"],
)  # fmt: skip
def test_one_change_in_every_notation(text: str) -> None:
    assert words(text) == ["R175H"]


@pytest.mark.parametrize("text", ["A:R175H", "RA175H", "A:p.Arg175His", "A:(R175H)"])
def test_notations_with_a_chain(text: str) -> None:
    assert words(text) == ["A:R175H"]


def test_the_reference_is_kept() -> None:
    found = parse_request("P04637 R175H, G245S")
    assert not isinstance(found, Scan)
    assert [v.mutations[0].reference for v in found] == ["P04637", "P04637"]


def test_insertion_codes_and_negative_numbers() -> None:
    assert parse_mutation("A:R52aH") == Mutation("R", 52, "H", "A", "A")
    assert parse_mutation("S-3G") == Mutation("S", -3, "G")
    assert parse_number("-3") == (-3, "")
    assert parse_number("100C") == (100, "C")


def test_several_variants_and_several_changes() -> None:
    assert words("V82A I84V,L90M;D25N\nG48W") == ["V82A", "I84V", "L90M", "D25N", "G48W"]
    assert words(["V82A+I84V", "L90M"]) == ["V82A+I84V", "L90M"]
    assert words("A:V82A/I84V") == ["A:V82A+A:I84V"]
    assert words("L90M p.[Val82Ala;Ile84Val], D25N") == ["L90M", "V82A+I84V", "D25N"]
    assert words("NP_1.1:p.[Val82Ala;Ile84Val]") == ["V82A+I84V"]


def test_foldx_joins_with_commas() -> None:
    assert words("RA175H,LB10V;\nMA3K;") == ["A:R175H+B:L10V", "A:M3K"]


def test_no_change_and_scan() -> None:
    assert words("p.Arg175=") == ["R175R"]
    assert parse_request("scan") == Scan()
    assert parse_request(" Scan A:25-30 ") == Scan("A:25-30")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("p.Arg175Ter", "stop"),
        ("R175*", "stop"),
        ("p.Arg97ProfsTer23", "frameshift"),
        ("p.Lys23_Leu24del", "inserts or removes"),
        ("c.524G>A", "DNA"),
        ("p.Met1?", "start codon"),
        ("R175X", "none of the twenty"),
        ("R175U", "none of the twenty"),
        ("hello", "not a residue change"),
        ("R175", "not a residue change"),
        ("", "No variant"),
        ("P04637", "stands without a variant"),
        ("R175H+R175K", "changes one residue twice"),
    ],
)
def test_refusals_name_the_fault(text: str, fault: str) -> None:
    with pytest.raises(BadRequest, match=fault) as caught:
        parse_request(text)
    assert caught.value.hint


def test_a_number_must_be_one() -> None:
    with pytest.raises(BadRequest, match="not a residue number"):
        parse_number("x")


@given(
    st.sampled_from(LETTERS),
    st.integers(-99, 9999),
    st.sampled_from(LETTERS),
    st.sampled_from(["", "A", "xy"]),
)
def test_what_is_printed_is_read_again(wild: str, number: int, mutant: str, chain: str) -> None:
    variant = Variant((Mutation(wild, number, mutant, "", chain or None),))
    assert parse_request(str(variant)) == [variant]
