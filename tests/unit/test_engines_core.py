"""Registry, settings, sanity gate, default chain, run_fold and the cache key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest

from foldsight.confidence import Confidence
from foldsight.engines import chain, gate, registry, run
from foldsight.engines.attempt import fold_with
from foldsight.engines.base import Availability, Capabilities, Context, FoldRequest
from foldsight.engines.build import build, chain_id
from foldsight.engines.card import charge, low_complexity, sequence_card
from foldsight.engines.options import Option, resolve
from foldsight.errors import (
    BadRequest,
    BadSequence,
    Cancelled,
    ConsentNeeded,
    EngineFailed,
    EngineUnavailable,
    FoldSightError,
    NetworkOff,
    NoStructure,
    SourceFailed,
)
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.sequence import Query
from foldsight.structure import Structure

SEQUENCE = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQL"


def helix(n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """CA positions of an alpha helix: 100 degrees and 1.5 Å per residue, radius 2.3 Å."""
    turn = np.radians(100.0) * np.arange(n)
    return np.stack([2.3 * np.cos(turn), 2.3 * np.sin(turn), 1.5 * np.arange(n)], axis=1)


def ca_structure(*chains: str) -> Structure:
    n = sum(map(len, chains))
    coord = helix(n)
    first = len(chains[0])
    coord[first:, 0] += 30.0
    return build("q", chains, ["CA"] * n, np.arange(n, dtype=np.int32), coord, np.full(n, 80, np.float32))


def prediction(
    structure: Structure | None = None,
    engine: str = "fake",
    origin: Any = "predicted",
    ptm: float | None = 0.8,
) -> Prediction:
    structure = structure or ca_structure(SEQUENCE)
    values = np.full(len(structure.residues), 80.0, np.float32)
    manifest = FoldManifest(engine, "1", origin, Query.of(SEQUENCE).key)
    return Prediction(structure, Confidence("plddt", values, ptm=ptm), manifest)


class Fake:
    """An engine that does as it is told; ``answer`` is a prediction or an error."""

    title = "Fake"
    version = "1"
    licence = "MIT"
    citation = ""

    def __init__(
        self,
        id: str = "fake",
        answer: Prediction | Exception | None = None,
        availability: Availability | None = None,
        **caps: Any,
    ) -> None:
        self.id = id
        self.answer = answer
        self.caps = Capabilities(**{"origin": "predicted", "confidence": "plddt", **caps})
        self.availability = availability or Availability("ready")
        self.mark = ""
        self.asked: list[FoldRequest] = []

    def available(self) -> Availability:
        return self.availability

    def fingerprint(self, request: FoldRequest) -> str:
        return self.mark

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or prediction(engine=self.id, origin=self.caps.origin)


class Configured(Fake):
    """A fake with settings and a safe way to run, which alone gives a sane structure."""

    options = (Option("recycles", 3, "passes after the first", low=0, high=12), Option("chunk", 0, "size"))
    safe_settings: Mapping[str, Any] = {"chunk": 32}

    def fold(self, request: FoldRequest, context: Context) -> Prediction:
        found = super().fold(request, context)
        if request.settings["chunk"] == 32:
            return found
        squashed = replace(found.structure.atoms, coord=found.structure.atoms.coord * 0.1)
        return replace(found, structure=replace(found.structure, atoms=squashed))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(*engines: Any) -> None:
        monkeypatch.setattr(registry, "_engines", lambda: {engine.id: engine for engine in engines})

    return install


def ask(**changes: Any) -> FoldRequest:
    return replace(FoldRequest(Query.of(SEQUENCE, "ubq")), **changes)


# -- registry ---------------------------------------------------------------------


def test_an_engine_that_cannot_be_imported_is_listed_and_breaks_nothing() -> None:
    broken = registry._load(EntryPoint("ghost", "no.such.module:Engine", registry.GROUP))
    facts = registry.describe(broken)
    assert facts["id"] == "ghost"
    assert not facts["ready"]
    assert "no.such.module" in facts["reason"]
    with pytest.raises(EngineUnavailable, match="ghost"):
        broken.fold(ask(), Context())


def test_an_engine_that_cannot_say_whether_it_can_run_cannot() -> None:
    class Confused(Fake):
        def available(self) -> Availability:
            raise OSError("disk gone")

    assert registry.describe(Confused())["reason"] == "disk gone"


def test_an_unknown_engine_is_refused_with_the_names_that_exist(installed: Any) -> None:
    installed(Fake("one"), Fake("two"))
    with pytest.raises(BadRequest, match="no engine 'three'") as caught:
        registry.get("three")
    assert "auto or one of one, two" in caught.value.hint


def test_every_installed_engine_describes_itself() -> None:
    for engine in registry.all():
        facts = registry.describe(engine)
        assert facts["ready"] or facts["fix"], facts


# -- settings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recycle": 3}, "no setting 'recycle'"),
        ({"recycles": "3"}, "cannot be '3'"),
        ({"recycles": True}, "cannot be True"),
        ({"recycles": 99}, "cannot be 99"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        resolve(Configured(), settings)


def test_settings_get_their_defaults() -> None:
    assert resolve(Configured(), {"chunk": 64}) == {"recycles": 3, "chunk": 64}


# -- gate ---------------------------------------------------------------------------


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


# -- one engine ---------------------------------------------------------------------


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


# -- chain --------------------------------------------------------------------------

MISSING = Availability("missing_weights", "no weights", "foldsight engines pull esmfold")


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


# -- run ----------------------------------------------------------------------------


def request(**changes: Any) -> dict[str, Any]:
    return {"kind": "fold", "name": "ubq", "sequence": SEQUENCE, "engine": "fake", **changes}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kind": "align"}, BadRequest),
        ({"engine": "alphafold9"}, BadRequest),
        ({"settings": {"speed": 11}}, BadRequest),
        ({"settings": [1]}, BadRequest),
        ({"seed": "1"}, BadRequest),
        ({"seed": -1}, BadRequest),
        ({"seed": True}, BadRequest),
        ({"sequence": None}, BadRequest),
        ({"sequence": "MKTXIAKQRQIS"}, BadSequence),
        ({"network": "open"}, BadRequest),
        ({"sequences": []}, BadRequest),
        ({"engine": "auto", "settings": {"speed": 11}}, BadRequest),
    ],
)
def test_a_wrong_request_is_refused_before_anything_runs(
    installed: Any, changes: dict[str, Any], error: type[FoldSightError]
) -> None:
    installed(Configured())
    with pytest.raises(error) as caught:
        run.parse_request(request(**changes))
    assert caught.value.refused


def test_run_fold_returns_a_bundle_that_reads_back(installed: Any) -> None:
    from foldsight.io.bundle import from_bundle

    installed(Configured())
    seen: list[tuple[float, str]] = []
    files = run.run_fold(request(seed=3), progress=lambda f, m: seen.append((f, m)))
    found = from_bundle(files)
    assert found.name == "ubq"
    assert len(found.structure.residues) == 50
    assert found.confidence.mean == pytest.approx(80)
    assert seen[-1][0] == 1.0


def test_the_cache_key_holds_what_decides_the_result(installed: Any) -> None:
    engine = Configured(deterministic=False)
    installed(engine)
    base = run.cache_key(request())
    assert base == run.cache_key(request(name="other", sequence=SEQUENCE.lower(), settings={"recycles": 3}))
    others = [request(sequence=SEQUENCE[:-1]), request(settings={"recycles": 4}), request(seed=1),
              request(engine="auto")]  # fmt: skip
    keys = {base, *(run.cache_key(other) for other in others)}
    engine.mark = "other weights"
    keys.add(run.cache_key(request()))
    assert len(keys) == 6


def test_the_seed_does_not_count_for_a_deterministic_engine(installed: Any) -> None:
    installed(Configured())
    assert run.cache_key(request(seed=1)) == run.cache_key(request(seed=2))


def test_the_key_of_auto_follows_what_the_chain_would_see(installed: Any) -> None:
    afdb = Fake("afdb", origin="retrieved", sends="hash")
    neural = Fake("esmfold", availability=MISSING)
    installed(afdb, neural)
    base = run.cache_key(request(engine="auto"))
    assert run.cache_key(request(engine="auto", network="off")) != base
    assert run.cache_key(request(engine="auto", network="sequence")) == base
    neural.availability = Availability("ready")
    assert run.cache_key(request(engine="auto")) != base


# -- card and builder ---------------------------------------------------------------


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
