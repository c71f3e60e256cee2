"""The default chain."""

from __future__ import annotations

from typing import Any

import pytest

from foldsight.engines import chain
from foldsight.engines.attempt import fold_with
from foldsight.engines.base import Capabilities, Context, FoldRequest
from foldsight.errors import (
    Cancelled,
    EngineFailed,
    NoStructure,
    SourceFailed,
)
from foldsight.prediction import Prediction
from foldsight.sequence import Query
from tests.engine_fakes import MISSING, SEQUENCE, Fake, ask


def test_the_chain_has_designs_order_and_leaves_remote_predictors_out() -> None:
    shuffled = [
        Fake("template", origin="homology"),
        Fake("pdb", origin="experimental"),
        Fake("remote", sends="sequence"),
        Fake("esmfold"),
        Fake("afdb", origin="retrieved", sends="hash"),
        Fake("mine"),
        Fake("esmfold2-fast"),
    ]
    order = [engine.id for engine in chain.members(shuffled)]
    assert order == ["esmfold2-fast", "esmfold", "mine", "afdb", "pdb", "template"]


def test_the_chain_says_why_each_earlier_step_did_not_answer() -> None:
    engines = [
        Fake("esmfold", availability=MISSING),
        Fake("afdb", SourceFailed("AlphaFold DB cannot be reached."), origin="retrieved", sends="hash"),
        Fake("pdb", NoStructure("No entry is near enough."), origin="experimental"),
        Fake("template", origin="homology"),
    ]
    found = chain.fold(ask(), Context(), engines)
    assert [(s.engine, s.outcome) for s in found.manifest.steps] == [
        ("esmfold", "skipped"),
        ("afdb", "failed"),
        ("pdb", "refused"),
        ("template", "answered"),
    ]
    assert "no weights" in found.manifest.steps[0].reason
    assert found.manifest.facts["provisional"] == "AlphaFold DB cannot be reached."


def test_what_was_sent_to_sources_that_had_nothing_is_on_record_too() -> None:
    engines = [
        Fake("esmfold", availability=MISSING),
        Fake("afdb", NoStructure("No entry."), origin="retrieved", sends="hash"),
        Fake(
            "pdb", SourceFailed("No answer.", sent=["The sequence to search.example."]), origin="experimental"
        ),
        Fake("template", origin="homology"),
    ]
    told = ["The MD5 of the sequence to Fake, which gave no structure.", "The sequence to search.example."]
    found = chain.fold(ask(), Context(), engines)
    assert list(found.manifest.sent) == told
    with pytest.raises(NoStructure) as caught:
        chain.fold(ask(), Context(), engines[:3])
    assert len(caught.value.details["sent"]) == 2


def test_the_chain_ends_in_an_honest_refusal_with_the_sequence_card() -> None:
    engines = [Fake("esmfold", availability=MISSING), Fake("template", NoStructure("x"), origin="homology")]
    with pytest.raises(NoStructure) as caught:
        chain.fold(ask(), Context(), engines)
    details = caught.value.details
    assert details["command"] == "foldsight engines pull esmfold"
    assert details["card"]["chains"][0]["length"] == 50
    assert [step["outcome"] for step in details["steps"]] == ["skipped", "refused"]
    assert "template had none" in caught.value.message


def test_with_the_network_off_the_look_up_is_what_would_help() -> None:
    engines = [Fake("esmfold", availability=MISSING), Fake("afdb", origin="retrieved", sends="hash")]
    with pytest.raises(NoStructure) as caught:
        chain.fold(ask(network="off"), Context(), engines)
    assert "--network hash" in caught.value.hint


def test_a_broken_engine_is_a_failure_when_nothing_else_answers() -> None:
    engines = [Fake("esmfold", ValueError("boom")), Fake("template", NoStructure("x"), origin="homology")]
    with pytest.raises(EngineFailed, match="boom"):
        chain.fold(ask(), Context(), engines)


def test_an_engine_may_be_reluctant_in_the_chain_and_still_obeys_by_name(installed: Any) -> None:
    class Slow(Fake):
        def reluctant(self, request: FoldRequest) -> str:
            return "It would take hours." if len(request.query) > 40 else ""

    slow, template = Slow("esmfold"), Fake("template", origin="homology")
    found = chain.fold(ask(), Context(), [slow, template])
    assert found.manifest.steps[0].reason == "It would take hours."
    assert found.manifest.engine == "template"
    assert fold_with(slow, ask(), Context()).manifest.engine == "esmfold"
    short = ask(query=Query.of(SEQUENCE[:30]))
    assert chain.fold(short, Context(), [slow, template]).manifest.steps[-1].engine == "esmfold"


def test_without_a_gpu_long_folds_are_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from foldsight.engines.esmfold.engine import EsmFold
    from foldsight.engines.neural import engine

    long = ask(query=Query.of("ACDEFGHIKL" * 50))
    monkeypatch.setattr(engine, "gpu_present", lambda: False)
    assert "500 residues" in EsmFold().reluctant(long)
    assert EsmFold().reluctant(ask()) == ""
    monkeypatch.setattr(engine, "gpu_present", lambda: True)
    assert EsmFold().reluctant(long) == ""


def test_the_entry_points_of_the_project_lead_to_engines_and_sources() -> None:
    import tomllib
    from importlib import import_module
    from pathlib import Path

    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    points = tomllib.loads(text)["project"]["entry-points"]
    for id, target in points["foldsight.engines"].items():
        module, name = target.split(":")
        found = getattr(import_module(module), name)()
        assert found.id == id
        assert all(
            isinstance(getattr(found, key), str) for key in ("title", "version", "licence", "citation")
        )
        assert isinstance(found.caps, Capabilities)
    for id, target in points["foldsight.sources"].items():
        module, name = target.split(":")
        source = getattr(import_module(module), name)()
        assert source.id == id
        assert callable(source.fetch)


def test_progress_through_the_chain_does_not_go_back() -> None:
    class Talking(Fake):
        def fold(self, request: FoldRequest, context: Context) -> Prediction:
            context.report(0.9, self.id)
            return super().fold(request, context)

    seen: list[float] = []
    engines = [
        Talking("afdb", NoStructure("x"), origin="retrieved", sends="hash"),
        Talking("pdb", NoStructure("x"), origin="experimental"),
        Talking("template", origin="homology"),
    ]
    chain.fold(ask(), Context(lambda f, m: seen.append(f)), engines)
    assert seen == sorted(seen)
    assert seen[-1] > 0.9


def test_cancelling_stops_the_chain() -> None:
    engines = [Fake("esmfold", Cancelled("The job was cancelled.")), Fake("template", origin="homology")]
    with pytest.raises(Cancelled):
        chain.fold(ask(), Context(), engines)
    with pytest.raises(Cancelled):
        chain.fold(ask(), Context(cancelled=lambda: True), engines)
