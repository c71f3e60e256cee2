"""The sanity gate, one engine at a time, and what engines build on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from foldsight.confidence import Confidence
from foldsight.engines import gate
from foldsight.engines.attempt import fold_with
from foldsight.engines.base import Availability, Context, FoldRequest
from foldsight.engines.build import build, chain_id
from foldsight.engines.card import charge, low_complexity, sequence_card
from foldsight.errors import (
    BadRequest,
    BadSequence,
    ConsentNeeded,
    EngineFailed,
    EngineUnavailable,
    NetworkOff,
)
from foldsight.prediction import Prediction
from foldsight.sequence import Query
from foldsight.structure import Structure
from tests.engine_fakes import SEQUENCE, Configured, Fake, ask, ca_structure, prediction


def moved(structure: Structure, coord: np.ndarray[Any, np.dtype[np.float64]]) -> Structure:
    return replace(structure, atoms=replace(structure.atoms, coord=coord))


def test_the_gate_passes_a_helix_and_a_complex() -> None:
    assert gate.problems(prediction(ca_structure(SEQUENCE))) == []
    assert gate.problems(prediction(ca_structure(SEQUENCE, SEQUENCE[::-1]))) == []


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda xyz: np.where(np.arange(len(xyz))[:, None] == 7, np.nan, xyz), "finite"),
        (lambda xyz: xyz * 0.2, "consecutive CA"),
        (lambda xyz: xyz * 2.0, "consecutive CA"),
        (lambda xyz: np.random.default_rng(0).normal(size=xyz.shape) * 20, "consecutive CA"),
        (lambda xyz: np.concatenate([xyz[:25], xyz[24::-1] + 0.5]), "neighbour"),
    ],
)
def test_the_gate_catches_garbage(spoil: Any, word: str) -> None:
    sane = ca_structure(SEQUENCE)
    found = gate.problems(prediction(moved(sane, spoil(sane.atoms.coord))))
    assert any(word in sentence for sentence in found)


def test_the_gate_catches_a_ptm_that_contradicts_plddt() -> None:
    sane = ca_structure(SEQUENCE)
    low = Confidence("plddt", np.full(50, 35.0, np.float32), ptm=0.999)
    found = gate.problems(Prediction(sane, low, prediction().manifest))
    assert found == ["pTM 1.00 contradicts a mean pLDDT of 35."]


def test_a_cis_proline_and_a_gap_are_not_faults() -> None:
    sane = ca_structure(SEQUENCE)
    proline = SEQUENCE.index("P")
    coord = sane.atoms.coord.copy()
    step = coord[proline] - coord[proline - 1]
    coord[proline:] += step * (2.95 / np.linalg.norm(step) - 1)
    assert gate.problems(prediction(moved(sane, coord))) == []
    keep = np.ones(50, dtype=bool)
    keep[20:30] = False
    gapped = sane.subset(keep)
    assert gate.problems(prediction(gapped)) == []


def test_bonds_strained_where_the_engine_is_unsure_are_no_fault_elsewhere_they_are() -> None:
    sane = ca_structure(SEQUENCE)
    strained = moved(sane, sane.atoms.coord * 0.9)  # CA-CA 3.4 Å
    unsure = Confidence("plddt", np.full(50, 30.0, np.float32))
    assert gate.problems(Prediction(strained, unsure, prediction().manifest)) == []
    assert gate.problems(prediction(strained)) != []
    torn = moved(sane, sane.atoms.coord * 1.5)
    assert gate.problems(Prediction(torn, unsure, prediction().manifest)) != []


def test_experimental_structures_are_not_judged() -> None:
    sane = ca_structure(SEQUENCE)
    assert gate.problems(prediction(moved(sane, sane.atoms.coord * 3), origin="experimental")) == []


def test_an_insane_result_is_retried_once_in_the_safe_setting() -> None:
    engine = Configured()
    found = fold_with(engine, ask(), Context())
    assert [dict(r.settings)["chunk"] for r in engine.asked] == [0, 32]
    assert not found.manifest.suspect
    assert "thrown away" in found.manifest.warnings[0]


def test_a_result_that_stays_insane_is_marked_suspect() -> None:
    sane = ca_structure(SEQUENCE)
    engine = Fake(answer=prediction(moved(sane, sane.atoms.coord * 2)))
    found = fold_with(engine, ask(), Context())
    assert found.manifest.suspect
    assert len(engine.asked) == 1


def test_an_exception_of_an_engine_becomes_engine_failed() -> None:
    with pytest.raises(EngineFailed, match="ZeroDivisionError"):
        fold_with(Fake(answer=ZeroDivisionError("x")), ask(), Context())


@pytest.mark.parametrize(
    ("engine", "request_", "error"),
    [
        (Fake(), ask(query=Query.of(f"{SEQUENCE}:{SEQUENCE}")), BadRequest),
        (Fake(max_residues=40), ask(), BadSequence),
        (Fake(sends="hash"), ask(network="off"), NetworkOff),
        (Fake(sends="sequence"), ask(network="hash"), NetworkOff),
        (Fake(availability=Availability("no_gpu", "no GPU", "get one")), ask(), EngineUnavailable),
        (Fake(availability=Availability("needs_consent", "8 GB to load", "say yes")), ask(), ConsentNeeded),
    ],
)
def test_an_engine_that_does_not_fit_is_refused(engine: Fake, request_: FoldRequest, error: Any) -> None:
    with pytest.raises(error) as caught:
        fold_with(engine, request_, Context())
    assert caught.value.refused
    assert caught.value.hint
    assert engine.asked == []


def test_the_sequence_card_names_low_complexity_and_charge() -> None:
    card = sequence_card(Query.of("MKTAYIAKQRQISFVKSHFSRQ" + "Q" * 20))["chains"][0]
    assert card["length"] == 42
    (first, last), = card["low_complexity"]["ranges"]  # fmt: skip
    assert first <= 23
    assert last == 42
    assert sum(card["composition"].values()) == pytest.approx(1)
    assert charge("KKKKKKKKKK") == pytest.approx(10, abs=0.1)
    assert charge("DDDDDDDDDD") == pytest.approx(-10, abs=0.1)
    assert not any(low_complexity("ACDEFGHIKLMNPQRSTVWY"))


def test_chain_ids_go_on_after_z() -> None:
    assert [chain_id(i) for i in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]


def test_arrays_that_do_not_fit_are_an_engine_fault() -> None:
    with pytest.raises(EngineFailed):
        build("q", ["ACD"], ["CA"], np.zeros(1, np.int32), np.zeros((1, 3)), np.zeros(2, np.float32))
