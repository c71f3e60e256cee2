"""Loop closure: geometry of what is built, and nothing where nothing fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foldsight.analysis.vectors import torsion
from foldsight.engines.template.closure import CLOSED, carbonyls, close
from foldsight.engines.template.draft import LOOP, TEMPLATE, Draft, TemplateChain, template_chain
from foldsight.engines.template.fragments import spanning
from foldsight.engines.template.loops import MAX_LOOP, build_loops, rebuild, straighten
from foldsight.engines.template.thread import breaks, thread
from foldsight.library import Library
from foldsight.library.align import Alignment

NOTHING = np.empty((0, 3))


@pytest.fixture(scope="module")
def enolase() -> TemplateChain:
    return template_chain(Library(Path("no-such-folder")).structure("3enl"), "A")


def with_gap(chain: TemplateChain, first: int, length: int) -> Draft:
    rows = np.delete(np.arange(len(chain.sequence)), np.arange(first, first + length)).astype(np.int32)
    alignment = Alignment(rows, rows, np.ones(len(rows), dtype=bool), len(chain.sequence))
    return thread(chain.sequence, chain, alignment)


def with_deletion(chain: TemplateChain, first: int, length: int) -> Draft:
    rows = np.delete(np.arange(len(chain.sequence)), np.arange(first, first + length)).astype(np.int32)
    sequence = "".join(np.array(list(chain.sequence))[rows])
    places = np.arange(len(rows), dtype=np.int32)
    return thread(sequence, chain, Alignment(places, rows, np.ones(len(rows), dtype=bool), len(rows)))


def assert_sane(draft: Draft) -> None:
    """Bond lengths, trans peptide bonds, CA-CA distances and L residues in loops and where they join."""
    n, ca, c, o, cb = (draft.coord[:, i] for i in range(5))
    loop = draft.origin == LOOP
    joined = draft.built[:-1] & draft.built[1:] & (loop[:-1] | loop[1:])
    bond = np.linalg.norm(n[1:] - c[:-1], axis=1)[joined]
    step = np.linalg.norm(ca[1:] - ca[:-1], axis=1)[joined]
    omega = np.degrees(torsion(ca[:-1], c[:-1], n[1:], ca[1:]))[joined]
    assert joined.any()
    assert (np.abs(bond - 1.33) < 0.12).all()
    assert (np.abs(step - 3.8) < 0.25).all()
    assert (np.abs(omega) > 150).all()
    assert (np.abs(np.linalg.norm(ca - n, axis=1)[loop] - 1.46) < 0.08).all()
    assert (np.abs(np.linalg.norm(c - ca, axis=1)[loop] - 1.52) < 0.08).all()
    assert (np.abs(np.linalg.norm(o - c, axis=1)[loop] - 1.23) < 0.05).all()
    with_cb = loop & np.array([letter != "G" for letter in draft.sequence])
    assert (np.abs(np.degrees(torsion(n, c, ca, cb))[with_cb] - 122) < 10).all()


@pytest.mark.parametrize(("first", "length"), [(265, 1), (265, 3), (265, 5), (100, MAX_LOOP)])
def test_a_gap_is_bridged(enolase: TemplateChain, first: int, length: int) -> None:
    draft = with_gap(enolase, first, length)
    assert build_loops(draft, NOTHING) == 1
    assert draft.built.all()
    assert (draft.origin[first : first + length] == LOOP).all()
    assert (draft.origin[: first - 5] == TEMPLATE).all()
    assert_sane(draft)


def test_a_deletion_is_closed(enolase: TemplateChain) -> None:
    draft = with_deletion(enolase, 266, 2)
    assert breaks(draft)
    assert build_loops(draft, NOTHING) >= 1
    assert breaks(draft) == []
    assert_sane(draft)


def test_a_long_gap_stays_open(enolase: TemplateChain) -> None:
    draft = with_gap(enolase, 260, MAX_LOOP + 1)
    assert build_loops(draft, NOTHING) == 0
    assert not draft.built[260 : 260 + MAX_LOOP + 1].any()


def test_a_gap_too_wide_for_its_residues_stays_open(enolase: TemplateChain) -> None:
    draft = with_gap(enolase, 265, 2)
    draft.coord[267:] += 40.0
    assert build_loops(draft, NOTHING) == 0
    assert not draft.built[265:267].any()


def test_a_bond_that_cannot_be_closed_is_left_open(enolase: TemplateChain) -> None:
    draft = with_deletion(enolase, 100, 1)
    draft.coord[100:] += 40.0
    build_loops(draft, NOTHING)
    assert breaks(draft) == []
    assert not draft.built[99:101].any()


def test_loops_keep_clear_of_other_chains(enolase: TemplateChain) -> None:
    free = with_gap(enolase, 265, 3)
    build_loops(free, NOTHING)
    wall = free.coord[265:268, :4].reshape(-1, 3)
    walled = with_gap(enolase, 265, 3)
    build_loops(walled, wall)
    atoms = walled.coord[walled.origin == LOOP, :4].reshape(-1, 3)
    if len(atoms):
        assert np.linalg.norm(atoms[:, None] - wall, axis=-1).min() > 2.0


def test_the_same_gap_gives_the_same_loop(enolase: TemplateChain) -> None:
    first, second = with_gap(enolase, 265, 4), with_gap(enolase, 265, 4)
    build_loops(first, NOTHING)
    build_loops(second, NOTHING)
    np.testing.assert_array_equal(first.coord, second.coord)


def test_closure_meets_the_anchor_and_keeps_bonds(enolase: TemplateChain) -> None:
    before, after = enolase.coord[263, :3], enolase.coord[269, :3]
    fragments = spanning(before, after, 5, 20)
    chains, error = close(fragments, after)
    assert (error < CLOSED).any()
    for made in (fragments, chains):
        np.testing.assert_allclose(made[:, :3], np.broadcast_to(before, (20, 3, 3)))
    length = [np.linalg.norm(np.diff(made, axis=1), axis=-1) for made in (fragments, chains)]
    np.testing.assert_allclose(length[0], length[1], atol=1e-6)


def test_oxygens_lie_in_the_peptide_plane(enolase: TemplateChain) -> None:
    chain = enolase.coord[100:110, :3]
    found = carbonyls(chain[None])[0]
    assert np.linalg.norm(found - enolase.coord[100:109, 3], axis=1).max() < 0.3


def test_a_cis_bond_is_made_trans_unless_something_explains_it(enolase: TemplateChain) -> None:
    sequence = enolase.sequence
    step = np.linalg.norm(np.diff(enolase.coord[:, 1], axis=0), axis=1)
    cis = int(np.flatnonzero(step < 3.4)[0])
    rows = np.arange(len(sequence), dtype=np.int32)
    same = Alignment(rows, rows, np.ones(len(rows), dtype=bool), len(rows))
    draft = thread(sequence, enolase, same)
    assert straighten(draft, set(rows.tolist()), NOTHING) == 0
    other = sequence[: cis + 1] + "A" + sequence[cis + 2 :]
    draft = thread(other, enolase, same)
    made = straighten(draft, set(rows.tolist()) - {cis + 1}, NOTHING)
    after = np.linalg.norm(draft.coord[cis + 1, 1] - draft.coord[cis, 1])
    assert (after > 3.6) == (made == 1)


def test_a_stretch_is_built_anew(enolase: TemplateChain) -> None:
    rows = np.arange(len(enolase.sequence), dtype=np.int32)
    draft = thread(
        enolase.sequence, enolase, Alignment(rows, rows, np.ones(len(rows), dtype=bool), len(rows))
    )
    assert rebuild(draft, 266, NOTHING)
    assert draft.origin[266] == LOOP
    assert_sane(draft)
    assert not rebuild(draft, 0, NOTHING)
