"""Threading and structure-aware alignment on a real pair: NEDD8 on ubiquitin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import parasail
import pytest

from foldsight.analysis.vectors import torsion
from foldsight.engines.template import structural
from foldsight.engines.template.draft import LEFT_OUT, TEMPLATE, Draft, TemplateChain, template_chain
from foldsight.engines.template.structural import align, helix_and_strand
from foldsight.engines.template.thread import breaks, built_runs, leave_out_end, thread, trim_ends
from foldsight.library import Library
from foldsight.library.align import Alignment
from foldsight.library.align import align as by_sequence

NEDD8 = "MLIKVKTLTGKEIEIDIEPTDKVERIKERVEEKEGIPPQQQRLIYSGKQMNDEKTAADYKILGGSVLHLVLALRGG"


@pytest.fixture(scope="module")
def ubiquitin() -> TemplateChain:
    return template_chain(Library(Path("no-such-folder")).structure("1ubi"), "A")


def itself(chain: TemplateChain, keep: np.ndarray) -> tuple[str, Alignment]:  # type: ignore[type-arg]
    """Return the query of the kept residues of a chain, on that chain."""
    rows = np.flatnonzero(keep).astype(np.int32)
    sequence = "".join(np.array(list(chain.sequence))[rows])
    places = np.arange(len(rows), dtype=np.int32)
    return sequence, Alignment(places, rows, np.ones(len(rows), dtype=bool), len(rows))


def test_aligned_backbone_is_the_templates(ubiquitin: TemplateChain) -> None:
    alignment = align(NEDD8, ubiquitin)
    draft = thread(NEDD8, ubiquitin, alignment)
    np.testing.assert_array_equal(draft.coord[alignment.query, :4], ubiquitin.coord[alignment.template, :4])
    assert (draft.origin[alignment.query] == TEMPLATE).all()


def test_the_same_residue_keeps_its_side_chain_and_another_ends_at_cb(ubiquitin: TemplateChain) -> None:
    alignment = align(NEDD8, ubiquitin)
    draft = thread(NEDD8, ubiquitin, alignment)
    for i, j, same in zip(alignment.query, alignment.template, alignment.identical, strict=True):
        if same:
            np.testing.assert_array_equal(draft.coord[i], ubiquitin.coord[j])
        else:
            assert np.isnan(draft.coord[i, 5:]).all()
            assert np.isfinite(draft.coord[i, 4]).all() == (NEDD8[i] != "G")


def test_every_cb_is_that_of_an_l_amino_acid(ubiquitin: TemplateChain) -> None:
    draft = thread(NEDD8, ubiquitin, align(NEDD8, ubiquitin))
    xyz = draft.coord[np.isfinite(draft.coord[:, 4, 0])]
    improper = np.degrees(torsion(xyz[:, 0], xyz[:, 2], xyz[:, 1], xyz[:, 4]))
    assert (np.abs(improper - 122) < 25).all()


def test_unaligned_residues_are_left_out(ubiquitin: TemplateChain) -> None:
    longer = "MKRHHHHHHGS" + NEDD8
    draft = thread(longer, ubiquitin, align(longer, ubiquitin))
    assert (draft.origin[:11] == LEFT_OUT).all()
    assert np.isnan(draft.coord[:11]).all()


def test_a_template_without_a_backbone_atom_gives_nothing_there(ubiquitin: TemplateChain) -> None:
    coord = ubiquitin.coord.copy()
    coord[10, 2] = np.nan
    holed = TemplateChain(ubiquitin.sequence, coord)
    sequence, alignment = itself(holed, np.ones(len(coord), dtype=bool))
    assert thread(sequence, holed, alignment).origin[10] == LEFT_OUT


def test_missing_oxygens_are_placed(ubiquitin: TemplateChain) -> None:
    coord = ubiquitin.coord.copy()
    coord[[20, 75], 3] = np.nan
    sequence, alignment = itself(ubiquitin, np.ones(len(coord), dtype=bool))
    draft = thread(sequence, TemplateChain(ubiquitin.sequence, coord), alignment)
    assert np.linalg.norm(draft.coord[20, 3] - ubiquitin.coord[20, 3]) < 0.3
    assert np.linalg.norm(draft.coord[75, 3] - draft.coord[75, 2]) == pytest.approx(1.231, abs=1e-3)


def test_a_deletion_shows_as_a_break(ubiquitin: TemplateChain) -> None:
    keep = np.ones(len(ubiquitin.sequence), dtype=bool)
    keep[8:10] = False
    sequence, alignment = itself(ubiquitin, keep)
    draft = thread(sequence, ubiquitin, alignment)
    assert breaks(draft) == [7]
    assert built_runs(draft) == [(0, len(sequence) - 1)]


def test_stray_residues_at_the_ends_are_left_out() -> None:
    draft = Draft.empty("A" * 30)
    draft.origin[[0, 1, *range(8, 25), 29]] = TEMPLATE
    trim_ends(draft)
    assert built_runs(draft) == [(8, 24)]


def test_only_ends_are_cut_off() -> None:
    draft = Draft.empty("A" * 30)
    draft.origin[:] = TEMPLATE
    leave_out_end(draft, 15)
    assert draft.built.all()
    leave_out_end(draft, 27)
    leave_out_end(draft, 1)
    assert built_runs(draft) == [(2, 26)]


def test_the_letters_are_in_the_order_of_the_matrix() -> None:
    for i, letter in enumerate(structural._LETTERS):
        assert parasail.blosum45.mapper[ord(letter)] == i


def test_without_structure_terms_the_alignment_is_the_usual_one(
    ubiquitin: TemplateChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IN_HELIX_OR_STRAND", "IN_CORE", "CORE_WEIGHT"):
        monkeypatch.setattr(structural, name, 0.0)
    found, usual = align(NEDD8, ubiquitin), by_sequence(NEDD8, ubiquitin.sequence)
    np.testing.assert_array_equal(found.query, usual.query)
    np.testing.assert_array_equal(found.template, usual.template)


def test_gaps_avoid_helices(ubiquitin: TemplateChain) -> None:
    helix, _ = helix_and_strand(ubiquitin.coord[:, 1])
    assert helix[23:33].all()  # the helix of ubiquitin, residues 23-34
    without = ubiquitin.sequence[:33] + ubiquitin.sequence[35:]  # two residues less at its end
    alignment = align(without, ubiquitin)
    skipped = set(range(len(ubiquitin.sequence))) - set(alignment.template.tolist())
    assert not skipped & set(range(24, 32))


def test_helices_and_strands_of_short_chains() -> None:
    helix, strand = helix_and_strand(np.zeros((3, 3)))
    assert not helix.any()
    assert not strand.any()
