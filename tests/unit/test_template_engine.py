"""The template engine from request to prediction."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from foldsight.engines import gate
from foldsight.engines.base import Context, FoldRequest
from foldsight.engines.template import TemplateEngine
from foldsight.errors import Cancelled, NoStructure
from foldsight.prediction import Prediction
from foldsight.sequence import Query

HIV2 = "PQFSLWKRPVVTAYIEGQPVEVLLDTGADDSIVAGIELGNNYSPKIVGGIGGFINTKEYKNVEIEVLNKKVRATIMTGDTPINIFGRNILTALGMSLNL"
NEDD8 = "MLIKVKTLTGKEIEIDIEPTDKVERIKERVEEKEGIPPQQQRLIYSGKQMNDEKTAADYKILGGSVLHLVLALRGG"
#: Human adenylate kinase 1: 37 % identical to 1AKE, with insertions, deletions and a tail.
KINASE = (
    "MEEKLKKTKIIFVVGGPGSGKGTQCEKIVQKYGYTHLSTGDLLRSEVSSGSARGKKLSEIMEKGQLVPLETVLDMLRDAMVAKVNTSKGFLIDGYPREV"
    "QQGEEFERRIGQPTLLLYVDAGPETMTQRLLKRGETSGRVDDNEETIKKRLETYYKATEPVIAFYEKRGIVRKVNAEGSVDSVFSQVCTHLDALK"
)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDSIGHT_HOME", str(tmp_path))


@cache
def kinase() -> Prediction:
    return fold(KINASE)


def fold(sequence: str, name: str = "query", seed: int = 0) -> Prediction:
    request = FoldRequest(Query.of(sequence, name), engine="template", seed=seed)
    return TemplateEngine().fold(request, Context())


def test_a_dimer_is_built_on_a_dimer() -> None:
    found = fold(f"{HIV2}:{HIV2}", "HIV-2 protease")
    assert found.structure.auth_chains == ("A", "B")
    assert [chain.sequence for chain in found.structure.chains] == [HIV2, HIV2]
    assert found.structure.protein_sequences() == {"A": HIV2, "B": HIV2}
    assert gate.problems(found) == []
    facts = found.manifest.facts
    assert (facts["template"], facts["identity"], facts["coverage"]) == (
        "1hpv",
        pytest.approx(0.485, abs=0.01),
        1.0,
    )
    assert {fact["chain"] for fact in facts["chains"]} == {"A", "B"}
    assert not any("side by side" in warning for warning in found.manifest.warnings)


def test_positions_are_those_of_the_query() -> None:
    found = kinase()
    table = found.structure.residues
    letters = np.array(list(KINASE))
    np.testing.assert_array_equal(found.structure.one_letters, letters[table.label_seq - 1])
    np.testing.assert_array_equal(table.auth_seq, table.label_seq)
    missing = len(KINASE) - len(table)
    assert missing == found.manifest.facts["residues_left_out"] > 0
    assert any("left out" in warning for warning in found.manifest.warnings)


def test_a_distant_relative_is_sane_to_the_last_atom() -> None:
    found = kinase()
    assert gate.problems(found) == []
    assert found.manifest.facts["loops_built"] >= 1
    structure = found.structure
    expected = {"G": 4, "A": 5, "W": 14, "R": 11, "K": 9, "L": 8}
    counts = np.bincount(structure.atoms.residue)
    for letter, count in expected.items():
        assert (counts[structure.one_letters == letter] == count).all()


def test_support_is_a_percentage_and_no_plddt() -> None:
    found = fold(NEDD8)
    assert found.confidence.kind == "template_support"
    assert len(found.confidence.values) == len(NEDD8)
    assert found.confidence.values.min() >= 0
    assert found.confidence.values.max() <= 100
    assert found.confidence.ptm is None
    assert found.confidence.pae is None
    np.testing.assert_array_equal(
        found.structure.atoms.b_factor, found.confidence.values[found.structure.atoms.residue]
    )


def test_support_falls_with_identity() -> None:
    assert fold(NEDD8).confidence.mean > kinase().confidence.mean + 5


def test_the_manifest_says_what_it_rests_on() -> None:
    manifest = fold(NEDD8, "NEDD8").manifest
    assert (manifest.engine, manifest.origin, manifest.sent) == ("template", "homology", ())
    (source,) = manifest.sources
    assert (source.identifier, source.licence) == ("1ubi", "CC0-1.0")
    assert manifest.facts["title"]


def test_the_same_request_gives_the_same_coordinates_whatever_the_seed() -> None:
    first, second = kinase(), fold(KINASE, seed=7)
    np.testing.assert_array_equal(first.structure.atoms.coord, second.structure.atoms.coord)
    np.testing.assert_array_equal(first.confidence.values, second.confidence.values)


def test_chains_on_different_templates_are_set_apart_and_said_so() -> None:
    found = fold(f"{HIV2}:{NEDD8}")
    assert any("side by side" in warning for warning in found.manifest.warnings)
    coord, table = found.structure.ca_coord(), found.structure.residues
    apart = np.linalg.norm(coord[table.chain == 0][:, None] - coord[table.chain == 1], axis=-1)
    assert apart.min() > 10


def test_no_template_is_an_honest_refusal() -> None:
    with pytest.raises(NoStructure):
        fold("MKVLSAQWERTYHHDGPLNAACVVKEWDRSTTYLLMMGHAQWEDDRKPGGSTFYLLVAAHPRRKEW")


def test_a_cancelled_job_stops() -> None:
    request = FoldRequest(Query.of(NEDD8), engine="template")
    with pytest.raises(Cancelled):
        TemplateEngine().fold(request, Context(cancelled=lambda: True))


def test_the_library_is_part_of_the_cache_key(tmp_path: Path) -> None:
    request = FoldRequest(Query.of(NEDD8), engine="template")
    before = TemplateEngine().fingerprint(request)
    from foldsight import io as structure_files
    from foldsight.library import Library

    path = structure_files.write(fold(NEDD8).structure, tmp_path / "mine.cif")
    Library.open().add(path)
    assert TemplateEngine().fingerprint(request) != before
    assert TemplateEngine().available().ready


def test_a_users_structure_serves_as_template(tmp_path: Path) -> None:
    from foldsight import io as structure_files
    from foldsight.library import Library

    Library.open().add(structure_files.write(fold(NEDD8).structure, tmp_path / "mine.pdb"))
    assert fold(NEDD8).manifest.facts["template"] == "mine"


def test_importing_the_engine_is_light() -> None:
    code = (
        "import sys, foldsight.engines.template as t; t.TemplateEngine()\n"
        "heavy = ('scipy', 'parasail', 'pyhmmer', 'gemmi', 'biotite', 'pandas')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
